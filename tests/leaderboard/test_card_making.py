"""A card holds all that its numbers need, and nothing that must not leave the machine."""

from __future__ import annotations

import hashlib
import json

import pytest

from ugcbench.errors import RunError
from ugcbench.plans import read_config
from ugcbench.store import read_records, read_summary
from ugcbench_leaderboard.cards.card import About
from ugcbench_leaderboard.cards.making import make_card, write_out
from ugcbench_leaderboard.cards.portable import find_places, make_portable

KEY = "sk-planted-5f0c77aa1e"


def test_a_card_has_the_whole_run(mini_run, mini_card):
    config, summary = read_config(mini_run), read_summary(mini_run)
    assert mini_card["schema_version"] == 1
    assert mini_card["protocol"] == config.protocol.model_dump(mode="json")
    assert mini_card["summary"] == summary.model_dump(mode="json")
    assert mini_card["clips"]["revision"] == config.dataset_revision
    assert mini_card["judge"]["name"] == "lexical"
    assert mini_card["environment"]["versions"]["python"]
    assert set(mini_card["hashes"]["tasks"]) == set(config.tasks)
    assert mini_card["hashes"]["gold"]
    records = list(read_records(mini_run))
    assert len(mini_card["records"]) == len(records)
    for told, record in zip(mini_card["records"], records, strict=True):
        assert (told["task"], told["sample"]) == (record.task, record.sample_id)
        assert told["answer"] == record.prediction.text
        assert told["sha256"] == hashlib.sha256(told["answer"].encode()).hexdigest()
        assert told["score"]["value"] == record.score.value
        assert tuple(told["score"].get("verdicts", ())) == record.score.verdicts
        assert "note" not in told["score"]


def test_answers_can_be_left_out(mini_run, mini_card, plugins):
    text = write_out(make_card(mini_run, plugins, answers=False).card)
    without = json.loads(text)["records"]
    assert all("answer" not in record for record in without)
    assert [r["sha256"] for r in without] == [r["sha256"] for r in mini_card["records"]]


def test_it_says_what_the_submitter_says(mini_run, plugins):
    about = About(link="https://example.org/m", weights="open", parameters="3B")
    assert make_card(mini_run, plugins, about).card.about == about


def test_no_key_no_server_and_no_folder_gets_in(changed_run, plugins, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", KEY)

    def plant(config):
        config["options"] = {
            "path": "/vault/cellar/models/my-model/step-400",
            "base_url": "http://user:geheim@10.7.7.7:8000/v1",
            "note": f"made with {KEY}",
            "cache": ["~/cache/deep/down", r"D:\vault\cellar\cache\it"],
        }
        config["judge_options"] = {"lexical:file": "/vault/private/words/list.txt"}
        config["git"] = "/vault/cellar/repo/work/tree"

    made = make_card(changed_run(plant), plugins)
    text = write_out(made.card)
    for secret in (KEY, "vault", "cellar", "10.7.7.7", "geheim", "private"):
        assert secret not in text, secret
    assert made.card.system.checkpoint == "my-model/step-400"
    assert made.card.system.options["path"] == "my-model/step-400"
    assert made.card.system.options["base_url"] == "(address)"


def test_an_answer_with_a_key_keeps_only_its_digest(mini_run, plugins, monkeypatch):
    answers = [record.prediction.text for record in read_records(mini_run)]
    longest = max(answers, key=len)
    monkeypatch.setenv("SOME_API_KEY", longest[:40])
    made = make_card(mini_run, plugins)
    assert longest[:40] not in write_out(made.card)
    assert "secret" in made.notices[0]


@pytest.mark.parametrize(
    ("text", "portable"),
    [
        ("vllm//vault/cellar/models/x/step-4", "vllm/x/step-4"),
        ("hf//ckpt", "hf/ckpt"),
        ("openai/Qwen/Qwen2.5-Omni-3B", "openai/Qwen/Qwen2.5-Omni-3B"),
        ("~/a/b/c d/e", "c d/e"),
        (r"D:\data\runs\one", "runs/one"),
        ("and/or 3/4 a / b", "and/or 3/4 a / b"),
        ("file:///etc/passwd", "(address)"),
        ("a//x/y/z,b//x/y/q", "a/y/z,b/y/q"),
    ],
)
def test_of_a_path_the_last_two_names_stay(text, portable):
    assert make_portable({"name": [text]}) == {"name": [portable]}
    assert find_places(text) == ([] if text == portable else [text])
    assert find_places(portable) == []


def test_a_judge_of_ones_own_machine_is_marked(changed_run, plugins):
    def plant(config):
        config["judge"] = "hf//vault/cellar/judges/mine"

    card = make_card(changed_run(plant), plugins).card
    assert (card.judge.name, card.judge.shortened) == ("hf/judges/mine", True)


def test_a_dataset_that_is_gone_leaves_no_digest_of_the_gold(changed_run, plugins):
    made = make_card(changed_run(lambda config: config.update(dataset="gone.jsonl")), plugins)
    assert made.card.hashes.gold is None
    assert "gone.jsonl" in made.notices[0]


def test_a_run_that_is_not_whole_gives_no_card(changed_run, plugins):
    path = changed_run(lambda _: None)
    lines = (path / "records.jsonl").read_text().splitlines(keepends=True)
    (path / "records.jsonl").write_text("".join(lines[1:]))
    with pytest.raises(RunError, match="ugcbench verify"):
        make_card(path, plugins)
    (path / "summary.json").unlink()
    with pytest.raises(RunError, match="--resume"):
        make_card(path, plugins)


def test_the_command(ugcbench, mini_run, tmp_path):
    done = ugcbench("card", mini_run, "--output", "mine.json", "--weights", "open")
    assert done.returncode == 0, done.stderr
    assert "ugcbench leaderboard validate mine.json" in done.stderr
    card = json.loads((tmp_path / "mine.json").read_text())
    assert card["about"]["weights"] == "open"
    piped = ugcbench("card", mini_run, "--output", "-", "--no-answers")
    assert json.loads(piped.stdout)["summary"] == card["summary"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--link", "javascript:alert(1)"], "--link: must be an address"),
        (["--licence", "a\nb"], "--licence: must be one line"),
        (["--weights", "ajar"], "is not one of"),
        (["--output", "no/such/folder/x.json"], "choose another --output"),
    ],
)
def test_mistakes_are_answered(ugcbench, mini_run, arguments, message):
    done = ugcbench("card", mini_run, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
