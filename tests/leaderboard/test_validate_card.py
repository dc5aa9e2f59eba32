"""What is wrong with a card is found and told in one line."""

from __future__ import annotations

import copy
import json
from importlib import resources
from pathlib import Path

import pytest

from ugcbench_leaderboard.cards.card import hash_answer
from ugcbench_leaderboard.cards.claims import LEAST_COVERAGE
from ugcbench_leaderboard.cards.validating import validate_file


@pytest.fixture
def find(mini_card, plugins, tmp_path):
    """The findings in a changed card, by level."""

    def validate(change=lambda card: None, dataset=None):
        card = copy.deepcopy(mini_card)
        change(card)
        file = tmp_path / "card.json"
        file.write_text(json.dumps(card))
        found = validate_file(file, plugins, dataset)
        assert all("\n" not in str(finding) for finding in found)
        return {
            level: [f"{f.subject}: {f.text}" for f in found if f.level == level]
            for level in ("error", "warning")
        }

    return validate


def cell(card, name):
    return next(cell for cell in card["summary"]["cells"] if cell["name"] == name)


def record(card, task):
    return next(record for record in card["records"] if record["task"] == task)


def answer(text, score=None):
    def change(card):
        for each in card["records"]:
            if each["task"] == "ugc/ocr":
                each.update(answer=text, sha256=hash_answer(text))
                each["score"].update(score or {})

    return change


def drop_a_sample(card):
    card["records"].remove(record(card, "ugc/tone"))
    card["summary"]["requests"] -= 1


def drop_most_verdicts(card):
    for each in [r for r in card["records"] if r["task"] == "ugc/background"][:6]:
        each["score"] = {"status": "malformed", "source": "judge"}
    told = cell(card, "ugc/background")
    told.update(n=told["n"] - 6, coverage=(told["n"] - 6) / told["asked"])


def test_a_card_of_a_run_holds(find):
    found = find()
    assert found["error"] == []
    assert any("offline judge" in text for text in found["warning"])
    assert any("--link" in text for text in found["warning"])


CHANGES = {
    "another mean": (
        lambda card: cell(card, "ugc/tone").update(value=0.9),
        "ugc/tone: the card says value 0.9, its records give",
    ),
    "a narrower interval": (
        lambda card: cell(card, "ugc/tone").update(low=0.4),
        "ugc/tone: the card says low 0.4",
    ),
    "a count": (
        lambda card: cell(card, "ugc/caption:audio").update(n=11),
        "ugc/caption:audio: the card says n 11",
    ),
    "a baseline": (
        lambda card: cell(card, "ugc/tone").update(baseline=0.01),
        "ugc/tone: the card says baseline 0.01",
    ),
    "the average": (
        lambda card: card["summary"].update(average=0.99),
        "average: the card says 0.99",
    ),
    "a column twice": (
        lambda card: card["summary"]["cells"].append(cell(card, "ugc/tone")),
        "summary: one column stands twice",
    ),
    "a column left out": (
        lambda card: card["summary"]["cells"].remove(cell(card, "ugc/caption:audio")),
        "ugc/caption:audio: is missing",
    ),
    "the protocol's hash": (
        lambda card: card["hashes"].update(protocol="0" * 12),
        "protocol: its rules have the hash",
    ),
    "a rule of the protocol": (
        lambda card: card["protocol"]["sampling"].update(temperature=0.7),
        "protocol: is called v1, but has other rules than that: sampling",
    ),
    "the media profile": (
        lambda card: card["hashes"].update(media_profile="0" * 12),
        "media profile: has the hash",
    ),
    "a cell's rules": (
        lambda card: cell(card, "ugc/ocr").update(protocol_hash="0" * 12),
        "ugc/ocr: made by other rules (000000000000)",
    ),
    "a task's digests": (
        lambda card: card["hashes"]["tasks"]["ugc/ocr"].update(prompt="0" * 12),
        "ugc/ocr: the digests of prompt and scorer",
    ),
    "the model's name": (
        lambda card: card["system"].update(model="gemini-2.5-pro"),
        "system: is gemini-2.5-pro, in the summary blind",
    ),
    "the dataset's name": (
        lambda card: card["clips"].update(dataset="ugc-videocap"),
        "dataset: is ugc-videocap@",
    ),
    "a judge said to be comparable": (
        lambda card: cell(card, "ugc/objects").update(comparable=True),
        "ugc/objects: verdicts of lexical can't be compared",
    ),
    "no judge": (lambda card: card.update(judge=None), "but the card names no judge"),
    "an unknown judge": (
        lambda card: card["judge"].update(name="nobody"),
        "judge: is not known here",
    ),
    "a checkpoint kept quiet": (
        lambda card: card["system"].update(options={"path": "mine/step-4"}),
        "system: was loaded from a folder of its own",
    ),
    "a sample twice": (
        lambda card: card["records"].append(record(card, "ugc/tone")),
        "ugc/tone: stands twice (mini-01)",
    ),
    "a sample left out": (drop_a_sample, "ugc/tone: is missing: the dataset has it (mini-01)"),
    "a sample made up": (
        lambda card: record(card, "ugc/tone").update(sample="mini-99"),
        "ugc/tone: is no sample of the dataset, or of its chosen clips (mini-99)",
    ),
    "another clip": (
        lambda card: record(card, "ugc/tone").update(clip="mini-02"),
        "ugc/tone: is of another clip",
    ),
    "an answer changed": (
        lambda card: record(card, "ugc/caption").update(answer="A much better caption."),
        "ugc/caption: the digest is not that of the answer (mini-01)",
    ),
    "an answer changed with its digest": (
        lambda card: record(card, "ugc/caption").update(
            answer="Better.", sha256=hash_answer("Better.")
        ),
        "ugc/caption: the verdict is filed under another answer, reference, rubric or judge",
    ),
    "an answer that a rule scores": (
        answer("nothing of the kind"),
        "ugc/ocr: the score is not that of the answer",
    ),
    "a value without an answer": (
        lambda card: record(card, "ugc/caption").update(answer=None, sha256=None, failure="x"),
        "ugc/caption: has a verdict or a value, but no answer",
    ),
    "a value without a verdict": (
        lambda card: record(card, "ugc/caption")["score"].update(verdicts=[]),
        "ugc/caption: has a value, but no verdict",
    ),
    "a verdict of nobody": (
        lambda card: record(card, "ugc/tone")["score"].update(verdicts=["0" * 32]),
        "ugc/tone: has a verdict, but its column has no judge",
    ),
    "other gold": (lambda card: card["hashes"].update(gold="0" * 12), "gold: has the digest"),
    "too few verdicts": (drop_most_verdicts, f"at least {LEAST_COVERAGE:.0%} must"),
    "a folder": (
        lambda card: card["system"].update(options={"x": "/vault/cellar/x"}),
        "card: names a folder, a server or a secret of a machine: '/vault/cellar/x'",
    ),
    "a control character": (
        lambda card: card["summary"].update(run="\x1b[2J"),
        r"card: holds control characters: '\x1b[2J'",
    ),
    "a task of no plugin": (
        lambda card: record(card, "ugc/tone").update(task="no/such"),
        "no/such: can't be computed again",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_wrong_is_found(find, name):
    change, expected = CHANGES[name]
    errors = find(change)["error"]
    assert any(expected in text for text in errors), errors


def test_a_drawn_part_and_the_first_clips_are_told(find):
    subset = find(lambda card: card["clips"].update(subset={"size": 12, "seed": 3}))
    assert subset["error"] == []
    assert any("12 drawn clips (seed 3): the row has no rank" in w for w in subset["warning"])
    limit = find(lambda card: card["clips"].update(limit=12))
    assert any("the first 12 clips" in text for text in limit["warning"])
    too_few = find(lambda card: card["clips"].update(limit=3))
    assert any("is no sample of the dataset" in text for text in too_few["error"])


def test_without_the_gold_and_the_texts_the_numbers_are_still_checked(find):
    def rename(card):
        card["clips"]["dataset"] = "somebody-elses"
        card["summary"]["dataset"] = f"somebody-elses@{card['clips']['revision']}"
        for each in card["records"]:
            del each["answer"]

    found = find(rename)
    assert found["error"] == []
    assert any("is not at hand" in text for text in found["warning"])
    told = find(lambda card: (rename(card), cell(card, "ugc/tone").update(value=0.9)))
    assert any("the card says value 0.9" in text for text in told["error"])
    absent = find(rename, dataset="mini")
    assert absent["error"] == []
    assert any("the text is left out" in text for text in absent["warning"])


def test_a_card_never_chooses_which_files_are_opened(find, tmp_path):
    (tmp_path / "gold.jsonl").write_text("not to be read")

    def point(card):
        card["clips"]["dataset"] = str(tmp_path / "gold.jsonl")

    assert any("no registered dataset" in text for text in find(point)["warning"])


def test_the_command_and_its_exit_codes(ugcbench, mini_card, tmp_path):
    (tmp_path / "good.json").write_text(json.dumps(mini_card))
    (tmp_path / "bad.json").write_text("{")
    done = ugcbench("leaderboard", "validate", "good.json")
    assert done.returncode == 0, done.stdout
    assert "good.json holds: 2 warnings" in done.stdout
    done = ugcbench("leaderboard", "validate", "good.json", "bad.json", "--format", "json")
    assert done.returncode == 1
    good, bad = json.loads(done.stdout)
    assert (good["valid"], bad["valid"]) == (True, False)
    assert bad["findings"][0]["level"] == "error"
    assert ugcbench("leaderboard", "validate", "absent.json").returncode == 2
    absent = ugcbench("leaderboard", "validate", "good.json", "--dataset", "absent")
    assert (absent.returncode, "no dataset 'absent'" in absent.stderr) == (2, True)
    text = ugcbench("leaderboard", "validate", "bad.json", "--format", "csv").stdout
    assert text.splitlines()[0] == "card,level,about,finding"


def test_the_leaderboard_takes_runs_and_options_beside_it(ugcbench, mini_run):
    done = ugcbench("leaderboard", mini_run, "--table", "caption", "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert "blind" in done.stdout
    assert "validate" in ugcbench("leaderboard", "--help").stdout
    assert (
        "leaderboard validate [OPTIONS] CARD"
        in ugcbench("leaderboard", "validate", "--help").stdout
    )


def test_no_bundled_card_has_an_error(plugins):
    shelf = Path(str(resources.files("ugcbench_leaderboard"))) / "entries" / "cards"
    found = {file.name: validate_file(file, plugins) for file in shelf.glob("*.json")}
    assert {
        name: [str(f) for f in findings if f.level == "error"]
        for name, findings in found.items()
        if any(f.level == "error" for f in findings)
    } == {}
