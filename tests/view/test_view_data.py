"""Do the data of a page say what the runs say?"""

from __future__ import annotations

import json
import shutil

import pytest
from watched_runs import (
    CAPTION,
    CLIPS,
    FEWER,
    HOSTILE,
    find_detail,
    read_details,
    read_index,
    read_script,
)

from ugcbench.errors import (
    RunCorruptError,
    RunError,
    RunLockedError,
    UnknownNameError,
    UsageError,
)
from ugcbench.store import Store, read_records, read_summary


def places(index, task):
    number = [shown.name for shown in index.tasks].index(task)
    return [place for place, found in enumerate(index.entries.task) if found == number]


def test_list_holds_each_record_of_each_run(shown, watched, blind):
    index = read_index(shown)
    entries = index.entries
    for path, columns in zip((watched, blind), entries.runs, strict=True):
        found = {}
        for place, outcome in enumerate(columns.outcome):
            if outcome >= 0:
                clip = index.clips[entries.clip[place]]
                key = index.tasks[entries.task[place]].name, entries.sample[place] or clip
                found[key] = index.outcomes[outcome], columns.value[place]
        stored = {
            (record.task, record.sample_id): (record.score.status, record.score.value)
            for record in read_records(path)
        }
        assert found.keys() == stored.keys()
        for key, (status, value) in stored.items():
            assert found[key] == (status, pytest.approx(value) if value is not None else None)


def test_every_column_is_as_long_as_the_list(shown):
    entries = read_index(shown).entries
    lengths = {len(column) for run in entries.runs for _, column in run}
    lengths |= {len(getattr(entries, name)) for name in ("task", "clip", "sample", "spread")}
    assert lengths == {2 * CLIPS}


def test_details_stand_where_the_index_says(shown):
    index = read_index(shown)
    for place, (detail, _) in enumerate(read_details(shown)):
        assert detail.entry == place
        assert detail.clip == index.clips[index.entries.clip[place]]
        assert detail.task == index.tasks[index.entries.task[place]].name
        assert len(detail.runs) == len(index.runs) == 2


def test_disagreement_between_runs_and_between_votes_is_listed(shown):
    entries = read_index(shown).entries
    index = read_index(shown)
    place = places(index, CAPTION)[0]
    watcher, other = entries.runs
    gap = abs(watcher.value[place] - other.value[place])
    assert entries.spread[place] == pytest.approx(gap, abs=1e-6) != 0
    assert watcher.disagreement[place] > 0
    assert other.disagreement[place] is None


def test_tokens_and_seconds_come_from_the_predictions(shown):
    index = read_index(shown)
    watcher, _ = index.entries.runs
    place = places(index, CAPTION)[0]
    assert (watcher.tokens_in[place], watcher.tokens_out[place]) == (900, len(HOSTILE))
    assert watcher.seconds[place] == 1.5
    detail, _ = find_detail(shown, CAPTION, "mini-01")
    assert detail.runs[0].usage.output_tokens == len(HOSTILE)
    assert detail.runs[0].seconds == 1.5


def test_prompt_reference_and_answer_stand_side_by_side(shown):
    detail, prompts = find_detail(shown, "ugc/tone", "mini-01")
    first, second = detail.runs
    assert detail.reference[0] in detail.choices
    assert (first.text, second.text) == (detail.choices[0], detail.choices[-1])
    prompt = prompts[first.prompt]
    assert all(choice in prompt.text for choice in detail.choices)
    assert prompt.media
    assert prompt.profile == "paper/1"


def test_votes_are_listed_with_their_reasons(shown):
    first, second = find_detail(shown, CAPTION, "mini-01")[0].runs
    assert [verdict.fields["audio"] for verdict in first.verdicts] == [2, 3, 4]
    assert {verdict.model for verdict in first.verdicts} == {"wavering-1"}
    assert {verdict.reason for verdict in first.verdicts} == {HOSTILE}
    assert first.parts["audio"] == pytest.approx(0.6)
    assert len(second.verdicts) == 1


def test_hostile_texts_stay_data(shown):
    detail, _ = find_detail(shown, CAPTION, "mini-01")
    assert detail.runs[0].text == HOSTILE
    for file in (shown / "data").rglob("*.js"):
        text = file.read_text("utf-8")
        assert "\u2028" not in text
        assert text.count("\n") == 1


def test_refusal_tells_why_and_names_no_folder(shown):
    refused = find_detail(shown, CAPTION, "mini-03")[0].runs[0]
    assert (refused.text, refused.outcome, refused.value) == (None, "refused", None)
    assert refused.failure.message == "\N{HORIZONTAL ELLIPSIS}/x.mp4: no"
    assert "secret" not in refused.note


def test_runs_tell_what_they_do_not_share(shown):
    index = read_index(shown)
    assert [run.key for run in index.runs] == ["watched", "blind-run"]
    assert index.shared.in_all == 2 * FEWER
    assert index.shared.only == {"watched": 2 * (CLIPS - FEWER), "blind-run": 0}
    assert any("judge.votes" in told and "Caption" in told for told in index.shared.told)
    absent = find_detail(shown, "ugc/tone", "mini-05")[0]
    assert absent.runs[1] is None


def test_runs_show_their_summary(shown, watched):
    run = read_index(shown).runs[0]
    summary = read_summary(watched)
    assert (run.cells, run.average, run.usage) == (summary.cells, summary.average, summary.usage)
    assert run.provenance["limit"] == f"the first {CLIPS} clips"


def test_tasks_can_be_chosen(watched, write_export):
    folder = write_export(watched, tasks=[CAPTION], wanted="none")
    index = read_index(folder)
    assert [(task.name, task.label) for task in index.tasks] == [(CAPTION, "Caption")]
    assert index.tasks[0].parts == ("audio", "visual", "details", "average")
    assert {cell.name.partition(":")[0] for cell in index.runs[0].cells} == {CAPTION}
    assert index.runs[0].average is None
    with pytest.raises(UnknownNameError, match=r"did you mean ugc/caption"):
        write_export(watched, tasks=["ugc/captoin"])


def test_unopened_dataset_is_told(watched, tmp_path, write_export):
    run = shutil.copytree(watched, tmp_path / "run")
    config = json.loads((run / "run.json").read_text())
    config["dataset"] = "/gone/with/gold.jsonl"
    (run / "run.json").write_text(json.dumps(config))
    folder = write_export(run)
    index = read_index(folder)
    assert "no such dataset" in index.runs[0].notices[0]
    assert "/gone/with" not in index.runs[0].notices[0]
    assert index.media == "none"
    assert not (folder / "media").exists()
    detail, prompts = find_detail(folder, CAPTION, "mini-01")
    assert (detail.reference, detail.runs[0].prompt, prompts) == (None, None, ())
    assert detail.runs[0].text == HOSTILE


def test_changed_gold_is_told(watched, tmp_path, write_export):
    run = shutil.copytree(watched, tmp_path / "run")
    config = json.loads((run / "run.json").read_text())
    config["dataset_revision"] = "0123456789ab"
    (run / "run.json").write_text(json.dumps(config))
    index = read_index(write_export(run, watched, wanted="none"))
    assert "may differ" in index.runs[0].notices[0]
    assert index.runs[1].notices == ()
    assert any("different datasets" in told for told in index.shared.told)


def test_unfinished_and_torn_runs_are_refused_with_what_to_do(watched, tmp_path, write_export):
    run = shutil.copytree(watched, tmp_path / "run")
    records = (run / "records.jsonl").read_bytes()
    (run / "records.jsonl").write_bytes(records[:-100])
    with pytest.raises(RunCorruptError, match=r"ugcbench run --resume"):
        write_export(run)
    (run / "records.jsonl").unlink()
    with pytest.raises(RunError, match=r"no records yet.*--resume"):
        write_export(run)
    (run / "records.jsonl").write_bytes(records)
    (run / "summary.json").unlink()
    with pytest.raises(RunError, match=r"no summary.*--resume"):
        write_export(run)


def test_a_run_still_being_made_is_told(watched, tmp_path, write_export):
    run = shutil.copytree(watched, tmp_path / "run")
    (run / "records.jsonl").unlink()
    with Store(run), pytest.raises(RunLockedError, match="still being made"):
        write_export(run)
    with pytest.raises(RunError, match="--resume"):
        write_export(run)


def test_imported_answers_are_marked(watched, tmp_path, write_export):
    run = shutil.copytree(watched, tmp_path / "run")
    config = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**config, "source": "recorded"}))
    index = read_index(write_export(run, wanted="none"))
    assert index.runs[0].recorded
    assert "imported" in index.runs[0].notices[0]
    assert set(index.entries.runs[0].seconds) == {None}


def test_torn_end_of_the_logs_is_passed_over(watched, tmp_path, write_export):
    run = shutil.copytree(watched, tmp_path / "run")
    for name in ("predictions.jsonl", "verdicts.jsonl"):
        whole = (run / name).read_bytes()
        (run / name).write_bytes(whole + b'{"crc32":"00')
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    detail, _ = find_detail(write_export(run, wanted="none"), CAPTION, "mini-01")
    assert detail.runs[0].seconds == 1.5
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_runs_of_one_name_get_keys_of_their_own(watched, blind, tmp_path, write_export):
    first = shutil.copytree(watched, tmp_path / "a" / "run")
    second = shutil.copytree(blind, tmp_path / "b" / "run")
    index = read_index(write_export(first, second, wanted="none"))
    assert [run.key for run in index.runs] == ["run", "run-2"]
    with pytest.raises(UsageError, match="twice"):
        write_export(first, first / ".")


def test_gold_of_another_run_is_shown_beside_the_first(watched, blind, tmp_path, write_export):
    run = shutil.copytree(blind, tmp_path / "other")
    gold = [{"id": f"mini-0{n}", "tone": "Neutral", "final_caption": "Rain."} for n in (1, 2, 3)]
    (run / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in gold))
    config = json.loads((run / "run.json").read_text())
    config["dataset"] = "gold.jsonl"
    (run / "run.json").write_text(json.dumps(config))
    detail, _ = find_detail(write_export(watched, run, wanted="none"), CAPTION, "mini-02")
    assert detail.reference != ("Rain.",)
    assert detail.runs[0].expected is None
    assert detail.runs[1].expected == ("Rain.",)


def test_every_data_file_calls_with_its_own_name(shown):
    data = shown / "data"
    for file in data.rglob("*.js"):
        assert read_script(file)[0] == str(file.relative_to(data).with_suffix(""))
