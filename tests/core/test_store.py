"""Append-only files, repair, the lock and the index."""

from __future__ import annotations

import json
import multiprocessing
import resource
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ugcbench import Prediction, Record, Score
from ugcbench.errors import RunCorruptError, RunError, RunLockedError
from ugcbench.lines import repair_tail
from ugcbench.offsets import OffsetIndex
from ugcbench.store import Store, read_records, read_summary
from ugcbench.types import Failure, Usage, Verdict


def prediction(name="a", text="x", **more):
    return Prediction(task="t", sample_id=name, text=text, **more)


def test_what_was_appended_is_found_again(tmp_path):
    with Store(tmp_path) as store:
        store.predictions.append(prediction("a", "first"))
        store.predictions.append(prediction("a", "second"))
        assert store.prediction("t", "a").text == "second"
        assert store.prediction("t", "b") is None
    with Store(tmp_path) as store:
        assert store.prediction("t", "a").text == "second"


def test_a_line_is_on_disk_before_append_returns(tmp_path):
    with Store(tmp_path) as store:
        store.predictions.append(prediction(text="at once"))
        assert "at once" in (tmp_path / "predictions.jsonl").read_text()


@pytest.mark.parametrize("kept", [0, 1, 5, -2, -1])
def test_a_torn_last_line_is_repaired_with_a_notice(tmp_path, kept):
    with Store(tmp_path) as store:
        store.predictions.append(prediction("a"))
        size = (tmp_path / "predictions.jsonl").stat().st_size
        store.predictions.append(prediction("b"))
    file = tmp_path / "predictions.jsonl"
    whole = file.read_bytes()
    second = whole[size:]
    file.write_bytes(whole[:size] + second[: kept if kept >= 0 else len(second) + kept])
    with Store(tmp_path) as store:
        assert bool(store.notices) == (kept != 0)
        assert store.prediction("t", "a") is not None
        assert (store.prediction("t", "b") is not None) == (kept == -1)
        store.predictions.append(prediction("c"))
    with Store(tmp_path) as store:
        assert store.notices == []
        assert store.prediction("t", "c") is not None


def test_a_broken_line_in_the_middle_names_file_and_byte(tmp_path):
    (tmp_path / "predictions.jsonl").write_text('{"broken\n{"task": "t", "sample_id": "a"}\n')
    with pytest.raises(RunCorruptError, match=r"predictions\.jsonl, byte 0: not JSON"):
        Store(tmp_path)
    (tmp_path / "predictions.jsonl").write_text("[1]\n{}\n")
    with pytest.raises(RunCorruptError, match="not a JSON object"):
        Store(tmp_path)


def _open(path, answer):
    try:
        Store(path)
        answer.put("opened")
    except RunLockedError as error:
        answer.put(str(error))


def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path):
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    with Store(tmp_path):
        other = context.Process(target=_open, args=(tmp_path, answer))
        other.start()
        assert "another process is writing" in answer.get(timeout=60)
        other.join()
    with Store(tmp_path):
        pass


def test_records_replace_the_file_only_at_the_end(tmp_path):
    record = Record(
        task="t",
        sample_id="a",
        clip="a",
        prediction=prediction(seconds=3.0),
        score=Score(status="ok", value=1.0),
    )
    with Store(tmp_path) as store:
        with store.recording() as write:
            write(record)
            assert not (tmp_path / "records.jsonl").exists()
        with pytest.raises(RuntimeError), store.recording() as write:
            raise RuntimeError
    (line,) = (tmp_path / "records.jsonl").read_text().splitlines()
    assert "seconds" not in json.loads(line)["prediction"]
    assert next(read_records(tmp_path)).score.value == 1.0


def test_reading_what_is_not_there_says_what_to_type(tmp_path):
    with pytest.raises(RunError, match="ugcbench run --resume"):
        list(read_records(tmp_path))
    with pytest.raises(RunError, match="no such run"):
        read_summary(tmp_path / "nowhere")


def _fill(path, answer):
    """The kernel's own limit on a file's size stands in for a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    with Store(path) as store:
        try:
            for number in range(50):
                store.predictions.append(prediction(str(number)))
        except RunError as error:
            answer.put(str(error))


def test_a_full_disk_is_an_error_and_leaves_whole_lines(tmp_path):
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    filler = context.Process(target=_fill, args=(tmp_path, answer))
    filler.start()
    assert "then --resume" in answer.get(timeout=60)
    filler.join()
    file = tmp_path / "predictions.jsonl"
    assert file.stat().st_size > 1000
    assert file.read_bytes().endswith(b"\n")
    with Store(tmp_path) as store:
        assert store.notices == []
        assert store.prediction("t", "0") is not None


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 1 << 40)), max_size=60))
@settings(deadline=None)
def test_the_index_is_a_dict(pairs):
    index, model = OffsetIndex(), {}
    for key, offset in sorted(pairs, key=lambda pair: pair[1]):
        index.add(key, offset)
        model[key] = offset
        if len(model) % 7 == 0:
            index._pack()
    for key in [*model, "absent key"]:
        assert index.find(key) == model.get(key)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_repair_is_total_and_leaves_only_whole_lines(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("tail") / "x.jsonl"
    file.write_bytes(data)
    repair_tail(file)
    after = file.read_bytes()
    assert after == b"" or after.endswith(b"\n")
    assert repair_tail(file) is None


def _fill_records(path, answer):
    """Records are written by the block: the disk is full in the middle of one, or at the end."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    score = Score(status="ok", value=1.0)
    record = Record(task="t", sample_id="a", clip="a", prediction=prediction(), score=score)
    size = len(record.model_dump_json(exclude={"prediction": {"seconds", "usage"}})) + 1
    with Store(path) as store:
        for count in (22_000 // size, 60_000 // size):
            try:
                with store.recording() as write:
                    for _ in range(count):
                        write(record)
            except RunError as error:
                answer.put(str(error))


def test_records_that_find_no_room_leave_the_old_ones(tmp_path):
    (tmp_path / "records.jsonl").write_text("old\n")
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    filler = context.Process(target=_fill_records, args=(tmp_path, answer))
    filler.start()
    for _ in range(2):
        assert answer.get(timeout=60) == f"{tmp_path / 'records.jsonl'}: File too large"
    filler.join()
    assert (tmp_path / "records.jsonl").read_text() == "old\n"


def test_a_log_that_can_t_be_opened_stops_the_run_too(tmp_path):
    """As a `RunError`: any other error of a judge would be one sample's failure."""
    with Store(tmp_path) as store:
        (tmp_path / "predictions.jsonl").symlink_to(tmp_path / "nowhere" / "x")
        with pytest.raises(RunError, match="No such file or directory; mend that, then --resume"):
            store.predictions.append(prediction())


def test_damage_of_what_follows_from_the_rest_is_told_with_the_remedy(tmp_path):
    (tmp_path / "records.jsonl").write_text('{"task":')
    with pytest.raises(RunCorruptError, match="write it anew by: ugcbench run --resume"):
        list(read_records(tmp_path))
    (tmp_path / "summary.json").write_text('{"run":')
    with pytest.raises(RunCorruptError, match="write it anew by: ugcbench run --resume"):
        read_summary(tmp_path)


def test_what_has_a_text_and_what_all_cost_is_known_without_reading_again(tmp_path):
    failure = Failure(status="api_error", kind="x", message="y")
    paid = Usage(cost_usd=0.5)
    with Store(tmp_path) as store:
        store.predictions.append(prediction("a", usage=paid))
        store.predictions.append(Prediction(task="t", sample_id="b", failure=failure, usage=paid))
        store.predictions.append(prediction("b", usage=paid))
        store.predictions.append(Prediction(task="t", sample_id="c", failure=failure))
        store.verdicts.append(Verdict(key="k", judge="j", prediction=prediction("a", usage=paid)))
        known = [store.has_text("t", name) for name in "abcd"]
        assert (known, store.spent) == ([True, True, False, False], 2.0)
    with Store(tmp_path) as store:
        assert [store.has_text("t", name) for name in "abcd"] == known
        assert store.spent == 2.0
        assert store.prediction("t", "c").failure == failure


def test_a_line_of_another_file_is_named(tmp_path):
    (tmp_path / "predictions.jsonl").write_text('{"task": "t"}\n')
    with pytest.raises(RunCorruptError, match=r"predictions\.jsonl, byte 0"):
        Store(tmp_path)
