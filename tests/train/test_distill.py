"""A teacher's captions become rows: each clip once, the good ones only, and all else is said."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from ugcbench.errors import (
    BudgetReachedError,
    DatasetError,
    FatalModelError,
    RequestRejectedError,
    RunError,
    UnknownNameError,
    UsageError,
)
from ugcbench.models import Fake, Price
from ugcbench.plugins import Registry
from ugcbench.protocol import digest, get_protocol
from ugcbench.types import Receipt, Usage
from ugcbench_train.data.contents import hash_file
from ugcbench_train.data.files import read_rows, write_rows
from ugcbench_train.distillation.distilling import Order, distill, foresee
from ugcbench_train.distillation.sources import list_sources
from ugcbench_train.rows import Row

REGISTRY = Registry()
OFFICIAL_PROMPT = "You are given a short video with both audio and visual content."


def caption_of(prompt):
    """Sixty words that are different for each clip."""
    name = digest(Path(prompt.media).read_bytes().hex())
    return " ".join(f"{name}{number}" for number in range(60))


@pytest.fixture
def clips(tmp_path):
    """A folder of four files, of which two hold the same bytes."""
    folder = tmp_path / "clips"
    (folder / "more").mkdir(parents=True)
    for name, content in {"a": b"1", "b": b"2", "more/a": b"3", "more/twin": b"2"}.items():
        (folder / f"{name}.mp4").write_bytes(content)
    (folder / "notes.txt").write_text("no clip")
    return folder


@pytest.fixture
def order(clips, tmp_path):
    """An order for these clips; by default the teacher always answers well."""

    def order(reply=caption_of, *, teacher=None, **more):
        given = {"clips": clips, "output": tmp_path / "out", "registry": REGISTRY, **more}
        return Order(teacher=teacher or Fake(reply=reply), **given)

    return order


def left_out(folder):
    lines = (folder / "rejected.jsonl").read_text().splitlines()
    return {line["id"]: line["reason"] for line in map(json.loads, lines)}


async def test_each_content_becomes_one_row(order, clips, tmp_path):
    fake = Fake(reply=caption_of)
    report = await distill(order(teacher=fake))
    rows = read_rows(tmp_path / "out" / "rows.jsonl").rows
    assert [Path(row.video).relative_to(clips).as_posix() for row in rows] == [
        "a.mp4",
        "b.mp4",
        "more/a.mp4",
    ]
    assert [row.id for row in rows[:2]] == ["a", "b"]
    assert rows[2].id == f"a-{rows[2].sha256[:8]}"
    assert (report.clips, report.accepted, report.rejected) == (4, 3, {"duplicate_clip": 1})
    assert left_out(tmp_path / "out") == {"twin": "duplicate_clip"}
    assert len(fake.prompts) == 3
    assert fake.closed


async def test_a_row_says_who_wrote_it_from_what(order, tmp_path):
    usage = Usage(input_tokens=100, output_tokens=50)
    await distill(order(teacher=Fake(reply=caption_of, usage=usage)))
    row = read_rows(tmp_path / "out" / "rows.jsonl").rows[0]
    assert row.prompt.startswith(OFFICIAL_PROMPT)
    told = row.provenance
    assert (told["teacher"], told["answered"]) == ("Fake", "fake")
    assert (told["input_tokens"], told["output_tokens"]) == (100, 50)
    assert told["prompt"] == digest(row.prompt, 32)
    assert told["profile"] == "paper@1"
    assert told["protocol"] == f"v1@{get_protocol('v1').hash()}"
    assert told["sampling"] == {"temperature": 0.0, "top_p": 1.0, "max_tokens": 1024}
    assert told["created"].startswith("20")


async def test_faults_are_counted_and_listed_and_never_rows(order, clips, tmp_path):
    def reply(prompt):
        match Path(prompt.media).relative_to(clips).as_posix():
            case "a.mp4":
                return "I'm sorry, I can't help with that."
            case "b.mp4":
                return RequestRejectedError("too long")
        return caption_of(prompt)

    report = await distill(order(reply))
    assert report.accepted == 1
    assert report.rejected == {"duplicate_clip": 1, "refusal": 1}
    assert report.failed == {"RequestRejectedError": 1}
    assert left_out(tmp_path / "out") == {
        "twin": "duplicate_clip",
        "a": "refusal",
        "b": "RequestRejectedError",
    }
    assert report.clips == report.accepted + 2 + 1
    stored = json.loads((tmp_path / "out" / "distillation.json").read_text())
    assert stored == report.model_dump(mode="json")


async def test_one_caption_for_two_clips_is_taken_once(order, tmp_path):
    report = await distill(order(" ".join(map(str, range(60)))))
    assert report.rejected == {"duplicate_clip": 1, "duplicate_caption": 2}
    assert [row.id for row in read_rows(tmp_path / "out" / "rows.jsonl").rows] == ["a"]


async def test_going_on_asks_only_for_what_failed_and_what_is_new(order, clips, tmp_path):
    def reply(prompt):
        return RequestRejectedError("no") if prompt.media.endswith("b.mp4") else caption_of(prompt)

    assert (await distill(order(reply))).failed == {"RequestRejectedError": 1}
    before = (tmp_path / "out" / "rows.jsonl").read_text()
    (clips / "z.mp4").write_bytes(b"new")
    (clips / "a.mp4").rename(clips / "renamed.mp4")
    again = Fake(reply=caption_of)
    report = await distill(order(teacher=again))
    assert sorted(Path(prompt.media).name for prompt in again.prompts) == ["b.mp4", "z.mp4"]
    assert (report.accepted, report.failed) == (4, {})
    rows = {row.sha256: row.caption for row in read_rows(tmp_path / "out" / "rows.jsonl").rows}
    assert all(
        rows[line["sha256"]] == line["caption"] for line in map(json.loads, before.split("\n")[:-1])
    )
    silent = Fake(reply=caption_of)
    assert (await distill(order(teacher=silent))).accepted == 4
    assert not silent.prompts


async def test_a_clip_that_was_replaced_is_asked_about_anew(order, clips):
    await distill(order())
    (clips / "a.mp4").write_bytes(b"another one")
    again = Fake(reply=caption_of)
    await distill(order(teacher=again))
    assert [Path(prompt.media).name for prompt in again.prompts] == ["a.mp4"]


async def test_a_caption_of_other_bytes_is_not_taken(order):
    class Hasty(Fake):
        """Reads the file when it is another one already."""

        async def generate(self, prompt):
            read = Receipt(
                sha256="0" * 64,
                file_bytes=1,
                decoder="d",
                profile="p",
                duration=1,
                frame_times=(0,),
                frame_size=(28, 28),
                source_size=(28, 28),
                audio_seconds=0,
            )
            return (await super().generate(prompt)).model_copy(update={"receipt": read})

    report = await distill(order(teacher=Hasty(reply=caption_of)))
    assert report.rejected == {"clip_changed": 3, "duplicate_clip": 1}


async def test_a_place_that_cannot_be_written_loses_no_answer(order, tmp_path):
    (tmp_path / "out").mkdir()
    blocked = tmp_path / "out" / "rows.jsonl.partial"

    def reply(prompt):
        blocked.mkdir(exist_ok=True)
        return caption_of(prompt)

    with pytest.raises(RunError, match=r"rows\.jsonl\b.*the answers are stored"):
        await distill(order(reply))
    blocked.rmdir()
    silent = Fake(reply=caption_of)
    assert (await distill(order(teacher=silent))).accepted == 3
    assert not silent.prompts


async def test_stopping_does_not_wait_for_all_clips_to_be_read(order, clips, monkeypatch):
    read = []

    def slowly(path):
        read.append(path)
        time.sleep(0.05)
        return hash_file(path)

    for number in range(200):
        (clips / f"{number}.mp4").write_bytes(b"%d" % number)
    monkeypatch.setattr("ugcbench_train.data.contents.hash_file", slowly)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(distill(order()), 0.3)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert len(read) < 100


async def test_what_was_gone_is_asked_about_when_it_is_back(order, clips, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text("clips/a.mp4\nclips/gone.mp4\n")
    report = await distill(order(clips=listed))
    assert (report.accepted, report.failed) == (1, {"media_missing": 1})
    (clips / "gone.mp4").write_bytes(b"back")
    report = await distill(order(clips=listed))
    assert (report.accepted, report.failed) == (2, {})


async def test_only_some_clips_are_asked_about(order, tmp_path):
    assert (await distill(order(limit=2))).clips == 2
    assert (await distill(order(limit=1, output=tmp_path / "other"))).clips == 1
    assert (await distill(order())).accepted == 3


async def test_a_stop_leaves_the_rows_that_are_there(order, tmp_path):
    def reply(prompt):
        return (
            FatalModelError("wrong key") if prompt.media.endswith("b.mp4") else caption_of(prompt)
        )

    with pytest.raises(FatalModelError, match="wrong key"):
        await distill(order(reply, asked={"concurrency": 1}))
    report = json.loads((tmp_path / "out" / "distillation.json").read_text())
    assert (report["accepted"], report["unasked"], report["clips"]) == (1, 2, 4)
    assert len(read_rows(tmp_path / "out" / "rows.jsonl").rows) == 1


async def test_the_budget_holds_over_several_calls(order, tmp_path):
    used = Usage(input_tokens=1_000_000)
    asked = {"concurrency": 1, "max_cost": 1.5, "prices": {"Fake": Price(input=1, output=0)}}
    with pytest.raises(BudgetReachedError):
        await distill(order(teacher=Fake(reply=caption_of, usage=used), asked=asked))
    assert len(read_rows(tmp_path / "out" / "rows.jsonl").rows) == 2
    refused = Fake(reply=caption_of, usage=used)
    with pytest.raises(BudgetReachedError):
        await distill(order(teacher=refused, asked=asked))
    assert not refused.prompts
    more = {**asked, "max_cost": 9.0}
    report = await distill(order(teacher=Fake(reply=caption_of, usage=used), asked=more))
    assert (report.accepted, report.usage.cost_usd) == (3, 3.0)


async def test_a_folder_is_one_teacher_s_by_one_set_of_rules(order):
    await distill(order(teacher="fake", asked={"options": {"reply": "x"}}))
    paper = get_protocol("paper")
    for changes, what in (
        ({"teacher": Fake()}, "--teacher: fake instead of Fake"),
        ({"task": "ugc/audio_caption"}, "--task: ugc/caption instead of ugc/audio_caption"),
        ({"protocol": paper}, "protocol and sampling"),
        ({"asked": {"options": {"reply": "y"}}}, "--option reply: x instead of y"),
    ):
        given = {"teacher": "fake", **changes}
        with pytest.raises(UsageError, match=f"begun with another {what}.*choose another --output"):
            await distill(order(**given))


async def test_own_words_are_asked_and_are_another_question(order, tmp_path):
    first, second = Fake(reply=caption_of), Fake(reply=caption_of)
    await distill(order(teacher=first))
    await distill(order(teacher=second, wording="What is heard?"))
    assert {prompt.text for prompt in second.prompts} == {"What is heard?"}
    assert len(second.prompts) == len(first.prompts)
    rows = read_rows(tmp_path / "out" / "rows.jsonl").rows
    assert {row.prompt for row in rows} == {"What is heard?"}


async def test_the_prompt_is_the_task_s_or_under_the_paper_s_rules_the_row_s(
    order, clips, tmp_path
):
    write_rows(
        [
            Row(
                id="mine",
                video=str(clips / "a.mp4"),
                prompt="Tell me!",
                url="https://example.org/a",
            )
        ],
        tmp_path / "in.jsonl",
    )
    await distill(order(clips=tmp_path / "in.jsonl"))
    row = read_rows(tmp_path / "out" / "rows.jsonl").rows[0]
    assert (row.id, row.url) == ("mine", "https://example.org/a")
    assert row.prompt.startswith(OFFICIAL_PROMPT)
    paper = {"protocol": get_protocol("paper"), "output": tmp_path / "paper"}
    await distill(order(clips=tmp_path / "in.jsonl", **paper))
    assert read_rows(tmp_path / "paper" / "rows.jsonl").rows[0].prompt == "Tell me!"


async def test_clips_of_a_test_or_another_stage_are_left_out(order, clips, tmp_path, mini_clips):
    shutil.copy(mini_clips[0], clips / "b.mp4")
    write_rows([Row(id="a", video="/train/a.mp4", prompt="?")], tmp_path / "sft.jsonl")
    fake = Fake(reply=caption_of)
    apart = {"test": ["mini"], "apart_from": [tmp_path / "sft.jsonl"]}
    report = await distill(order(teacher=fake, **apart))
    assert report.rejected == {"overlap": 3}
    assert [Path(prompt.media).name for prompt in fake.prompts] == ["twin.mp4"]
    details = (tmp_path / "out" / "rejected.jsonl").read_text()
    assert "mini-01 of mini, by content" in details


async def test_nothing_is_left_to_ask(order, tmp_path, mini_clips):
    report = await distill(order(clips=Path(mini_clips[0]).parent, test=["mini"]))
    assert report.rejected == {"overlap": 12}
    assert "tokens in, out     0, 0" in report.table()


async def test_no_price_is_not_no_cost(order, tmp_path):
    assert (await distill(order())).usage.cost_usd is None
    price = {"prices": {"Fake": Price(input=1, output=1)}}
    report = await distill(order(output=tmp_path / "priced", asked=price))
    assert report.usage.cost_usd == 0


async def test_rows_are_written_for_other_trainers_too(order, tmp_path):
    report = await distill(order(styles=["official-sft", "official-grpo"]))
    rows = read_rows(tmp_path / "out" / "rows.jsonl").rows
    for name in ("official-sft.jsonl", "official-grpo.jsonl"):
        assert name in report.files
        written = read_rows(tmp_path / "out" / name).rows
        assert [(r.video, r.prompt, r.caption) for r in written] == [
            (r.video, r.prompt, r.caption) for r in rows
        ]


async def test_a_dry_run_says_what_is_left_and_leaves_nothing(order, tmp_path, mini_clips):
    clips = Path(mini_clips[0]).parent
    asked = {"prices": {"Fake": Price(input=1, output=1000)}}
    found = foresee(order(clips=clips, asked=asked))
    assert not (tmp_path / "out").exists()
    assert (found.clips, found.requests, found.answered, found.unreadable) == (12, 12, 0, 0)
    assert found.output_tokens == 12 * 350
    assert found.cost_usd == pytest.approx(found.input_tokens / 1e6 + 4.2)
    await distill(order(clips=clips, limit=5))
    before = sorted((tmp_path / "out").iterdir())
    found = foresee(order(clips=clips))
    assert (found.requests, found.answered, found.cost_usd) == (7, 5, None)
    assert sorted((tmp_path / "out").iterdir()) == before
    assert "requests to the teacher  7" in found.table()


async def test_what_is_wrong_is_said_before_anything_is_asked(order, tmp_path):
    for changes, error, message in (
        ({"teacher": "gemnii/x"}, UnknownNameError, "no model 'gemnii/x'"),
        ({"task": "ugc/captoin"}, UnknownNameError, "no task 'ugc/captoin'"),
        ({"clips": tmp_path / "no"}, DatasetError, "no such file or folder"),
        ({"test": ["nothing"]}, UnknownNameError, "no dataset 'nothing'"),
        ({"teacher": "openai/x", "asked": {"max_cost": 1.0}}, UsageError, "no price is known"),
    ):
        with pytest.raises(error, match=message):
            await distill(order(**changes))
    assert not (tmp_path / "out").exists()


def test_a_list_names_clips_and_their_addresses(clips, tmp_path):
    listed = tmp_path / "list.txt"
    elsewhere = tmp_path / "media"
    elsewhere.mkdir()
    shutil.move(clips / "b.mp4", elsewhere)
    listed.write_text(
        f"\ufeff# mine\n\nclips/a.mp4\thttps://example.org/a\n/train/b.mp4\n{clips}/x.mp4\n",
        encoding="utf-8",
    )
    found = list_sources(listed, elsewhere)
    assert [(source.id, source.path, source.url) for source in found] == [
        ("a", str(clips / "a.mp4"), "https://example.org/a"),
        ("b", str(elsewhere / "b.mp4"), None),
        ("x", str(clips / "x.mp4"), None),
    ]


def test_a_place_without_clips_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r"no video file in it; looked for \.3gp"):
        list_sources(tmp_path)
    (tmp_path / "list.txt").write_text("# nothing\n")
    with pytest.raises(DatasetError, match="names no clip"):
        list_sources(tmp_path / "list.txt")
    (tmp_path / "list.bin").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match="can't be read as a list"):
        list_sources(tmp_path / "list.bin")


async def test_every_clip_is_counted_once(order, clips, tmp_path):
    """Whatever happens to them: the counts of the report add up to what was named."""
    for number in range(40):
        (clips / f"{number}.mp4").write_bytes(b"%d" % (number % 31 + 10))
    fates = {
        0: lambda _: "",
        1: lambda _: RequestRejectedError("no"),
        2: lambda _: "I cannot do that.",
        3: lambda _: "short",
    }

    def reply(prompt):
        content = int(Path(prompt.media).read_bytes())
        return fates.get(content % 5, caption_of)(prompt)

    report = await distill(order(reply))
    out = sum(report.rejected.values()) + sum(report.failed.values())
    assert report.clips == 44 == report.accepted + out + report.unasked
    listed = Counter(left_out(tmp_path / "out").values())
    assert listed == Counter({**report.rejected, **report.failed})
