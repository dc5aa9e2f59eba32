"""Does the choice scorer read every unambiguous answer, and no ambiguous one?"""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ugcbench.scorers.choice import ChoiceScorer
from ugcbench.scorers.chosen_options import UnclearAnswerError, canonicalise, read_choice
from ugcbench.types import Failure, Prediction, Sample

VOICES = ("Narration", "In-Video Voice", "Out-Video Voice")
TONES = ("Positive", "Negative", "Neutral")

anything = st.text(st.characters(codec=None), max_size=300)
PIECES = """a A B C (b) option answer is: not or positive Neutral negative. the ** {" "} ' no
 <think> </think> ```json { } \\boxed{ because \n"""
sentences = st.lists(st.sampled_from(PIECES.split(" ")), max_size=25).map(" ".join)
names = st.text(st.sampled_from("abcdefgh XYZ-'12éжあ"), min_size=1, max_size=12)


def sample(answer, choices=TONES):
    return Sample(id="s", clip="c", media=None, answer=answer, choices=choices)


def score(text, answer, choices=TONES, rule="lenient"):
    # Built without validation, which would refuse texts that no file could hold.
    prediction = Prediction.model_construct(task="t", sample_id="s", text=text, failure=None)
    return asyncio.run(ChoiceScorer(rule).score(sample(answer, choices), prediction))


@pytest.mark.parametrize(
    "text",
    [
        "B",
        "b",
        " (B) ",
        "B.",
        "[b]",
        "**B**",
        "`B`",
        "'B'",
        "> B",
        "- B",
        "\N{LEFT DOUBLE QUOTATION MARK}B\N{RIGHT DOUBLE QUOTATION MARK}",
        "\N{FULLWIDTH LATIN CAPITAL LETTER B}",
        "```\nB\n```",
        '```json\n{"answer": "B"}\n```',
        '{"answer": "B", "reason": "Narration would be A."}',
        '{"answer": "B", "reason": "cut of',
        '["B"]',
        '{"voice": "In-Video Voice"}',
        "Answer: B",
        "Final answer:\n**B**",
        "Option B",
        "I choose option B.",
        "I think it's B.",
        "The correct option is (B).",
        "The answer to the question is: B",
        "The answer is clearly option B.",
        "The answer is B because A is wrong.",
        "The answer is B which can be seen.",
        "Option B seems right",
        "B. In-Video Voice because narration is absent",
        "B: In-Video Voice",
        "B - In-Video Voice",
        "B.In-Video Voice",
        "B In-Video Voice",
        "B\n\nIt is neither narration nor an out-video voice.",
        "In-Video Voice",
        "IN-VIDEO VOICE.",
        "in-video  voice",
        "In-Video Voice\n\nThere is no narration.",
        "The voice is an in-video voice.",
        "The answer is 'In-Video Voice'",
        "<think>A or C? Narration?</think>B",
        "A or C?</think>\nB",
        "<answer>B</answer>",
        r"\boxed{B}",
        r"So it is $\boxed{\text{B}}$",
        "# Answer\n**B. In-Video Voice**",
    ],
)
def test_one_named_option_is_read(text):
    assert read_choice(text, VOICES) == "In-Video Voice"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I don't know",
        "A man speaks",
        "A-list star",
        "B roll footage",
        "Option A is better than option B",
        "A.M. radio",
        "D",
        "Voice",
        "A or B",
        "A, B",
        "A and B",
        "A/B",
        "(A) or (B)",
        "A. Narration\nB. In-Video Voice\nC. Out-Video Voice",
        "A. In-Video Voice",
        "Narration or In-Video Voice",
        "The answer is Narration or In-Video Voice",
        "The answer is B or C",
        "Answer: A. Answer: B",
        "not B",
        "The answer is not B",
        "The answer isn't B",
        "B is wrong",
        "not Narration",
        "It is not the Narration",
        "non-narration",
        "Narration isn't right",
        "neither Narration",
        "<think>B",
    ],
)
def test_an_unclear_answer_is_refused(text):
    with pytest.raises(UnclearAnswerError):
        read_choice(text, VOICES)


@pytest.mark.parametrize(
    ("text", "choices", "expected"),
    [
        ("It is an in-video voice", ("Voice", "In-Video Voice"), "In-Video Voice"),
        ("Voice", ("Voice", "In-Video Voice"), "Voice"),
        ("a", TONES, "Positive"),
        ("A negative tone.", TONES, "Negative"),
        ("The answer is a negative tone", TONES, "Negative"),
        ("No, there isn't", ("Yes", "No"), "No"),
        ("There is no music", ("Yes", "No"), "No"),
        ("B", ("A. Yes", "B. No"), "B. No"),
        ("No", ("A. Yes", "B. No"), "B. No"),
        ("A", ("B", "A"), "A"),
    ],
)
def test_options_that_resemble_each_other_or_words(text, choices, expected):
    assert read_choice(text, choices) == expected


def test_the_gold_is_compared_without_case():
    assert score("The tone is neutral.", "neutral").value == 1
    assert score("C", "neutral").value == 1
    assert score("A", "neutral").value == 0


def test_an_unclear_answer_is_malformed_and_says_why():
    result = score("Positive or Negative", "Positive")
    assert (result.status, result.value, result.source) == ("malformed", None, "model")
    assert result.note == "unparsed: the answer names 2 options"


def test_a_gold_that_is_no_choice_counts_by_text_and_has_no_letter():
    assert score("Mixed", "Mixed").value == 1
    assert score("Positive", "Mixed").value == 0
    assert score("D", "Mixed").status == "malformed"
    assert score("Mixed", "mixed", choices=()).value == 1


def test_the_exact_rule_compares_to_the_letter_and_is_never_malformed():
    assert score(" Neutral\n", "Neutral", rule="exact").value == 1
    for wrong in ("neutral", "C", "Neutral.", "", "Positive or Negative"):
        result = score(wrong, "Neutral", rule="exact")
        assert (result.status, result.value) == ("ok", 0)


@pytest.mark.parametrize("rule", ["lenient", "exact"])
def test_a_prediction_without_text_keeps_its_reason(rule):
    failure = Failure(status="timeout", kind="timeout", message="no answer within 60 s")
    prediction = Prediction(task="t", sample_id="s", failure=failure)
    result = asyncio.run(ChoiceScorer(rule).score(sample("Positive"), prediction))
    assert (result.status, result.value) == ("timeout", None)
    assert result.note == "timeout: no answer within 60 s"


def test_the_fingerprint_names_the_rule():
    assert ChoiceScorer().fingerprint == "choice/lenient/1"
    assert ChoiceScorer("exact").fingerprint == "choice/exact/1"
    assert ChoiceScorer().judge is None


@given(text=anything | sentences, rule=st.sampled_from(["lenient", "exact"]))
def test_any_text_gets_a_score(text, rule):
    result = score(text, "Neutral", rule=rule)
    assert result.status == "malformed" if result.value is None else result.value in (0, 1)


@pytest.mark.parametrize(
    "piece",
    ["not ", "a", "(", "Positive, ", "answer is ", "A. ", "\n", "[", '{"answer": ', "<think>"],
)
def test_a_long_text_is_read_in_linear_time(piece):
    assert score(piece * 20_000, "Neutral").status in ("ok", "malformed")


@given(choices=st.lists(names, min_size=2, max_size=6, unique_by=canonicalise), data=st.data())
def test_an_option_text_is_always_read_as_itself(choices, data):
    gold = data.draw(st.sampled_from([name for name in choices if canonicalise(name)] or ["x"]))
    assume(canonicalise(gold))
    assert score(gold, gold, choices=tuple(choices)).value == 1
    assert score(gold.upper(), gold.lower(), choices=tuple(choices)).value == 1


@given(order=st.permutations(VOICES), text=sentences)
def test_answers_in_words_do_not_depend_on_the_order_of_options(order, text):
    answer = f"{text.translate(str.maketrans('', '', 'abcABC'))} narration"
    assert outcome(answer, VOICES) == outcome(answer, order)


@given(order=st.permutations(TONES), form=st.sampled_from(["{}", "({})", "Answer: {}", "{}. Yes."]))
def test_letters_follow_the_order_of_options(order, form):
    for letter, choice in zip("ABC", order, strict=True):
        assert read_choice(form.format(letter), order) == choice


def outcome(text, choices):
    try:
        return read_choice(text, choices)
    except UnclearAnswerError as error:
        return str(error)
