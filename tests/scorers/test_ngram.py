"""Are on-screen-text scores rouge-score's, the released ones, and fair to any script?"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import CHRF

from ugcbench.scorers import ngram, tokens
from ugcbench.scorers.ngram import NgramScorer
from ugcbench.scorers.ocr_answers import read_lines, text_of_recorded
from ugcbench.types import Failure, Prediction, Sample

VARIANTS = ("v1", "ocr-keep-empty", "ocr-skip-empty")
GOLD = ("WESTWOOD", "Los Angeles", "I can't give you 2 answers")
RELEASE = Path(
    os.environ.get("UGCBENCH_UGC_VIDEOCAP") or Path(__file__).parents[3] / "shared" / "ugc-videocap"
)

anything = st.text(st.characters(codec=None), max_size=200)
jsonish = st.lists(
    st.sampled_from(
        ["{", "}", "[", "]", '"', "'", '"ocr":', ",", "\\", "\\n", "```", "```json\n", "a"]
    ),
    max_size=30,
).map("".join)
WORDS = "the cat cats runs running can't I'm 24 2024 Zürich flies dying a"
prose = st.lists(st.sampled_from(WORDS.split()), max_size=40).map(" ".join)


def score(gold, text, variant="v1"):
    sample = Sample(id="s", clip="c", media=None, answer=gold)
    # Built without validation, which would refuse texts that no file could hold.
    prediction = Prediction.model_construct(task="t", sample_id="s", text=text, failure=None)
    return asyncio.run(NgramScorer(variant).score(sample, prediction))


# What is counted.


@given(gold=prose | anything, predicted=prose | anything)
def test_rouge_is_identical_to_rouge_score(gold, predicted):
    theirs = ROUGE.score(gold, predicted)
    first, second = tokens.stems(gold), tokens.stems(predicted)
    assert ngram.rouge_n(first, second, 1) == pytest.approx(theirs["rouge1"].fmeasure, abs=1e-12)
    assert ngram.rouge_n(first, second, 2) == pytest.approx(theirs["rouge2"].fmeasure, abs=1e-12)
    assert ngram.rouge_l(first, second) == pytest.approx(theirs["rougeL"].fmeasure, abs=1e-12)


ROUGE = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)


@given(gold=prose, predicted=prose)
def test_bleu1_is_clipped_precision_without_brevity_penalty(gold, predicted):
    known, clipped = Counter(gold.split()), 0
    for word in predicted.split():
        clipped += known[word] > 0
        known[word] -= 1
    expected = clipped / len(predicted.split()) if predicted else 0
    assert ngram.unigram_precision(gold.split(), predicted.split()) == expected


def test_bleu1_words_are_ascii_with_an_inner_apostrophe():
    assert tokens.ascii_words("i can't, 'quoted' rock'n'roll über 24h") == [
        *("i", "can't", "quoted", "rock'n", "roll", "ber", "24h")
    ]


@given(gold=prose, predicted=prose)
def test_chrf_is_sacrebleus_in_unit_range(gold, predicted):
    expected = CHRF().sentence_score(predicted, [gold]).score
    assert ngram.chrf(gold, predicted) == pytest.approx(expected / 100)


def test_the_value_is_the_mean_of_four_parts_without_chrf():
    result = score(("the cat sat",), "the cat ran fast")
    assert result.parts == pytest.approx(
        {
            "bleu1": 2 / 4,
            "rouge1": 2 * 2 / 7,
            "rouge2": 2 * 1 / 5,
            "rougeL": 2 * 2 / 7,
            "chrf": CHRF().sentence_score("the cat ran fast", ["the cat sat"]).score / 100,
        }
    )
    assert result.value == pytest.approx((2 / 4 + 2 * 2 / 7 + 2 * 1 / 5 + 2 * 2 / 7) / 4)


# How v1 tells words.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't STOP", ["don", "t", "stop"]),
        ("stra\N{LATIN SMALL LETTER SHARP S}e STRASSE", ["strasse", "strasse"]),
        (
            "\N{CIRCLED DIGIT ONE}\N{FULLWIDTH DIGIT TWO} \N{LATIN SMALL LIGATURE FI}ne",
            ["12", "fine"],
        ),
        ("东京Tower2024年", ["东", "京", "tower2024", "年"]),
        ("ラーメン", ["ラ", "ー", "メ", "ン"]),
        ("ดีครับ", ["ดี", "ค", "รั", "บ"]),
        ("नमस्ते 한국어 мир", ["नमस्ते", "한국어", "мир"]),
        ("e\N{COMBINING ACUTE ACCENT}té", ["été"]),
        ("\N{GRINNING FACE} !? _ \N{COMBINING ACUTE ACCENT}", []),
    ],
)
def test_words_of_any_script(text, words):
    assert tokens.words(text) == [tokens.fold(word) for word in words]


@pytest.mark.parametrize("gold", [("东京塔",), ("مرحبا بالعالم",), ("สวัสดีครับ",), ("ΟΔΌΣ",)])
def test_v1_scores_other_scripts_where_the_released_scorers_can_not(gold):
    assert score(gold, json.dumps([line.casefold() for line in gold])).value == 1
    assert score(gold, json.dumps(gold), "ocr-keep-empty").value == 0


# How v1 reads answers.


@pytest.mark.parametrize(
    "text",
    [
        '["WESTWOOD", "LOS ANGELES"]',
        '{"ocr": ["WESTWOOD", "LOS ANGELES"]}',
        '{"language": "en", "ocr": ["WESTWOOD", "LOS ANGELES"]}',
        '{"lines": [{"text": "WESTWOOD"}, {"text": "LOS ANGELES"}]}',
        '```json\n{\n  "ocr": [\n    "WESTWOOD",\n    "LOS ANGELES"\n  ]\n}\n```',
        'Here it is:\n\n["WESTWOOD", "LOS ANGELES"]\n\nI hope this helps.',
        '{"ocr": ["WESTWOOD"]}\n{"ocr": ["LOS ANGELES"]}',
        '<think>["no"]</think>["WESTWOOD", "LOS ANGELES"]',
        '"WESTWOOD\\nLOS ANGELES"',
        '{"ocr": ["json\\n{\\"ocr\\": [\\"WESTWOOD\\", \\"LOS ANGELES\\"]}"]}',
        "{'ocr': ['WESTWOOD', 'LOS ANGELES']}",
        '{"ocr": ["WESTWOOD", "LOS ANGELES',
        '```json\n{"ocr": ["WESTWOOD",\n "\\u004cOS ANGELES"',
        "WESTWOOD\nLOS ANGELES",
        "```\nWESTWOOD\nLOS ANGELES\n```",
        "- WESTWOOD\n- LOS ANGELES",
        "1. WESTWOOD\n\n2. LOS ANGELES",
    ],
)
def test_an_answer_is_read_in_any_form(text):
    assert read_lines(text) == ("WESTWOOD", "LOS ANGELES")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("[]", ()),
        ('{"ocr": []}', ()),
        ("null", ()),
        ("There is none: []", ()),
        ("[Music] hello", ("[Music] hello",)),
        ("24. December\n1. Advent", ("24. December", "Advent")),
        ("1.50", ("1.50",)),
        ("[1.50, 7, true]", ("1.50", "7")),
        ("{'ocr': ['I'm here', 'it's me']}", ("I'm here", "it's me")),
    ],
)
def test_what_counts_as_a_line(text, lines):
    assert read_lines(text) == lines


def test_json_within_json_is_read_to_a_limit():
    text = "deep"
    for _ in range(6):
        text = json.dumps([text])
    assert tokens.words(" ".join(read_lines(text))) == ["deep"]


def test_a_recorded_value_becomes_text():
    assert text_of_recorded("```json\n[]```") == "```json\n[]```"
    assert text_of_recorded({"ocr": ["é", "b"]}) == '{"ocr": ["é", "b"]}'


# What comes out.


def test_a_gold_of_one_word_is_met_in_v1_though_it_has_no_bigram():
    assert score(("SALE",), '["sale"]').value == 1
    assert score(("SALE",), '["big sale"]').parts["rouge2"] == pytest.approx(2 / 3)
    assert score(("SALE",), '["sale"]', "ocr-keep-empty").value == 0.75


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_gold_scores_one_and_a_foreign_answer_nothing(variant):
    assert ("chrf" in score(GOLD, json.dumps(GOLD), variant).parts) == (variant == "v1")
    assert score(GOLD, json.dumps(GOLD), variant).value == 1
    assert score(GOLD, json.dumps({"ocr": GOLD}), variant).value == 1
    assert score(GOLD, '["vibing", "subscribe"]', variant).value == 0


def test_shuffled_answers_score_low():
    golds = [(f"alpha{i} beta{i} the gamma{i}",) for i in range(20)]
    shifted = zip(golds, golds[1:] + golds[:1], strict=True)
    assert max(score(gold, other[0]).value for gold, other in shifted) < 0.25


@pytest.mark.parametrize(
    ("gold", "text", "value"),
    [(GOLD, "[]", 0), (GOLD, "", 0), ((), "[]", 1), (("!?",), "[]", 1), ((), "words", 0)],
)
def test_empty_sides_in_v1(gold, text, value):
    result = score(gold, text)
    assert (result.status, result.value) == ("ok", value)
    assert set(result.parts.values()) == {value}


def test_keep_empty_scores_an_empty_answer_and_skip_empty_leaves_it_out():
    assert score(GOLD, '{"ocr": []}', "ocr-keep-empty").value == 0
    for gold, text in ((GOLD, '{"ocr": []}'), (GOLD, "no quotes"), ((), '["WESTWOOD"]')):
        left_out = score(gold, text, "ocr-skip-empty")
        assert (left_out.status, left_out.value) == ("missing", None)
        assert left_out.note.startswith("left out")


def test_a_prediction_without_text_keeps_its_reason():
    failure = Failure(status="refused", kind="refusal", message="no")
    prediction = Prediction(task="t", sample_id="s", failure=failure)
    sample = Sample(id="s", clip="c", media=None, answer=GOLD)
    result = asyncio.run(NgramScorer().score(sample, prediction))
    assert (result.status, result.value, result.note) == ("refused", None, "refusal: no")


def test_the_fingerprint_names_the_variant():
    prints = {NgramScorer(variant).fingerprint for variant in VARIANTS}
    assert prints == {"ngram/v1/1", "ngram/ocr-keep-empty/1", "ngram/ocr-skip-empty/1"}


@given(text=anything | jsonish, gold=st.lists(prose | st.just(""), max_size=3).map(tuple))
@pytest.mark.parametrize("variant", VARIANTS)
def test_any_text_gets_a_score(variant, text, gold):
    result = score(gold, text, variant)
    assert (result.value is None) == (result.status == "missing")
    assert all(0 <= part <= 1 for part in result.parts.values())


@given(lines=st.lists(prose, min_size=1, max_size=4), data=st.data())
def test_unigrams_do_not_depend_on_the_order_of_lines(lines, data):
    order = data.draw(st.permutations(lines))
    first, second = score(GOLD, json.dumps(lines)), score(GOLD, json.dumps(order))
    assert first.parts["bleu1"] == second.parts["bleu1"]
    assert first.parts["rouge1"] == second.parts["rouge1"]


@pytest.mark.parametrize(
    "piece", ["[", '{"ocr": ', '["', '"', "\\", "```\n", "1. ", " ", "<think>"]
)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_long_answer_is_read_in_linear_time(variant, piece):
    assert score(GOLD, piece * 20_000, variant).value in (0, None)


def test_v1_imports_no_stemmer():
    script = "import sys, ugcbench.scorers.ngram; sys.exit('nltk' in sys.modules)"
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True)


# The released files, where they are at hand.


@pytest.mark.parametrize(
    ("name", "variant", "published", "n"),
    [
        ("gemini-2.5-flash.jsonl", "ocr-keep-empty", 0.6938, 826),
        ("ocr_omni3b.jsonl", "ocr-keep-empty", 0.5608, 826),
        ("gemma_e4b_ocr_output.jsonl", "ocr-skip-empty", 0.1239, 820),
    ],
)
def test_the_released_answers_give_the_published_figures(name, variant, published, n):
    path = RELEASE / "results" / "ocr" / name
    if not path.is_file():
        pytest.skip(f"{path} is absent; set UGCBENCH_UGC_VIDEOCAP to the released files")
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    scores = [score(r["ocr"], text_of_recorded(r["predict_ocr"]), variant) for r in rows]
    values = [result.value for result in scores if result.status == "ok"]
    assert len(values) == n
    assert round(sum(values) / n, 4) == published
