"""What a judge gave a run is carried over to the anchor's scale, and nothing else is touched."""

from __future__ import annotations

import json

import numpy as np
import pytest
from judged_runs import Named, make_run, strict_judge, verdict

import ugcbench as api
from ugcbench.errors import UsageError
from ugcbench.results import Result
from ugcbench.store import read_summary
from ugcbench_judging.bridged_cells import bridge_run, count_unmapped, write_bridged
from ugcbench_judging.bridging import bridge_calibration
from ugcbench_judging.procedure import Design, calibrate
from ugcbench_judging.score_maps import apply_map


@pytest.fixture(scope="module")
def calibration(anchor, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bridging") / "calibration"
    calibrate(anchor, Named("new-judge", strict_judge), folder, Design(size=None, repeats=1))
    return folder


@pytest.fixture(scope="module")
def bridge(calibration):
    return bridge_calibration(calibration)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Another system, judged by the new judge alone."""
    return make_run(tmp_path_factory.mktemp("runs"), "unseen", 3, strict_judge, "new-judge")


def test_a_bridge_says_between_whom_it_is(bridge, anchor):
    assert (bridge.judge, bridge.anchor, bridge.task) == ("new-judge", anchor.judge, anchor.task)
    assert (bridge.pairs, bridge.clips) == (36, 12)
    assert bridge.curves.systems == ("middling", "strong", "weak")
    assert bridge.curves.dimensions == ("audio", "visual", "details")
    assert bridge.comparable


def test_cells_are_carried_over_and_marked(bridge, run, anchor):
    native = {cell.name: cell for cell in read_summary(run).cells}
    made = {one.cell.name: one.cell for one in bridge_run(bridge, run)}
    assert list(made) == list(native)
    details = made["ugc/caption:details"]
    # Quality 2, 3 and 4 of the anchor's; the strict judge says one less, and the map gives it back.
    assert native["ugc/caption:details"].value == pytest.approx(0.4)
    assert details.value == pytest.approx(0.6, abs=0.05)
    assert details.low < details.value < details.high
    assert details.judge == anchor.judge
    assert details.bridged.model_dump() == {
        "anchor": anchor.judge,
        "judge": "new-judge",
        "method": bridge.curves.maps[2].method,
        "bridge": bridge.hash,
    }
    for name in ("n", "asked", "coverage", "protocol_hash", "comparable", "table", "label"):
        assert getattr(details, name) == getattr(native[details.name], name)
    parts = [made[f"ugc/caption:{part}"].value for part in bridge.curves.dimensions]
    assert made["ugc/caption:average"].value == pytest.approx(np.mean(parts))


def test_each_score_goes_through_its_map(bridge, run):
    part = bridge.curves.maps[2]
    scores = [record.score.parts["details"] for record in Result.load(run).records()]
    expected = apply_map(np.array(scores), part.knots, np.array(part.values)).mean()
    made = {one.cell.name: one.cell for one in bridge_run(bridge, run)}
    assert made["ugc/caption:details"].value == pytest.approx(expected)


def test_only_bridged_json_is_written(bridge, run):
    before = {file.name: file.read_bytes() for file in run.iterdir() if file.name != "bridged.json"}
    written = write_bridged(run, bridge_run(bridge, run))
    assert written == run / "bridged.json"
    after = {file.name: file.read_bytes() for file in run.iterdir()}
    cells = json.loads(after.pop("bridged.json"))
    assert after == before
    assert [api.Cell.model_validate(cell).bridged.bridge for cell in cells] == [bridge.hash] * 4


def test_refused_captions_stay_at_what_the_protocol_gives_them(bridge, run, tmp_path):
    (tmp_path / "gold.jsonl").write_bytes((run.parent / "gold.jsonl").read_bytes())

    def silent(prompt):
        return "" if prompt.sample_id in ("id-0", "id-1", "id-2") else "clip 9: quality 3"

    api.run(
        model=Named("silent", silent),
        tasks=["ugc/caption"],
        dataset=tmp_path / "gold.jsonl",
        judge=Named("new-judge", lambda prompt: verdict(audio=3, visual=3, details=3)),
        output=tmp_path / "run",
    )
    counted = read_summary(tmp_path / "run").cells[0]
    assert (counted.n, counted.value) == (12, pytest.approx(0.75 * 0.6))
    part = bridge.curves.maps[2]
    mapped = apply_map(np.array([0.6]), part.knots, np.array(part.values))[0]
    made = {one.cell.name: one.cell for one in bridge_run(bridge, tmp_path / "run")}
    assert made["ugc/caption:details"].value == pytest.approx(0.75 * mapped)


def test_scores_that_the_calibration_never_saw_are_counted(bridge, run):
    scores = [record.score.parts["details"] for record in Result.load(run).records()]
    details = bridge.curves.maps[2].model_copy(update={"knots": (min(scores), 0.41)})
    maps = (*bridge.curves.maps[:2], details)
    narrow = bridge.model_copy(update={"curves": bridge.curves.model_copy(update={"maps": maps})})
    assert count_unmapped(bridge, run) == 0
    assert count_unmapped(narrow, run) == sum(score > 0.41 for score in scores) > 0


def test_an_offline_judges_cells_stay_incomparable(anchor, anchor_runs, tmp_path):
    calibrate(anchor, "lexical", tmp_path / "c", Design(size=None, repeats=1))
    bridge = bridge_calibration(tmp_path / "c", "isotonic")
    assert not bridge.comparable
    api.rescore(anchor_runs / "weak", judge="lexical", output=tmp_path / "weak")
    made = bridge_run(bridge, tmp_path / "weak")
    assert {(one.cell.comparable, one.cell.judge) for one in made} == {(False, anchor.judge)}


def test_other_judges_rubrics_and_rules_are_refused(bridge, run, anchor_runs, tmp_path):
    with pytest.raises(
        UsageError, match="judged by anchor-judge, and the bridge is from new-judge"
    ):
        bridge_run(bridge, anchor_runs / "weak")
    other = bridge.model_copy(update={"rubric": "another"})
    with pytest.raises(UsageError, match="another rubric"):
        bridge_run(other, run)
    votes = bridge.model_copy(update={"rule": bridge.rule.model_copy(update={"votes": 3})})
    with pytest.raises(UsageError, match="another rule"):
        bridge_run(votes, run)
    with pytest.raises(UsageError, match="no cells of ugc/objects"):
        bridge_run(bridge.model_copy(update={"task": "ugc/objects"}), run)
    assert not (anchor_runs / "weak" / "bridged.json").exists()


def test_the_command_prints_fits_and_applies(calibration, run, bridge, anchor, ugcbench):
    (run / "bridged.json").unlink(missing_ok=True)
    done = ugcbench("judge", "bridge", calibration, "--apply", run)
    assert done.returncode == 0, done.stderr
    assert f"from new-judge to {anchor.judge}, ugc/caption: 36 answers" in done.stdout
    for word in ("left out", "middling", "isotonic", "by the judge", "parts of the standard error"):
        assert word in done.stdout
    assert f"bridge {bridge.hash}" in done.stderr
    assert json.loads((calibration / "bridge.json").read_text())["hash"] == bridge.hash
    assert (run / "bridged.json").is_file()
    plain = ugcbench("judge", "bridge", calibration, "--method", "ordinal", "--format", "json")
    maps = json.loads(plain.stdout)["curves"]["maps"]
    assert {part["method"] for part in maps} == {"ordinal"}


def test_the_command_writes_nothing_if_one_run_is_refused(calibration, run, anchor_runs, ugcbench):
    for name in (calibration / "bridge.json", run / "bridged.json"):
        name.unlink(missing_ok=True)
    done = ugcbench("judge", "bridge", calibration, "--apply", run, "--apply", anchor_runs / "weak")
    assert done.returncode == 2
    assert "calibrate anchor-judge" in done.stderr
    assert not (run / "bridged.json").exists()
    assert ugcbench("judge", "bridge", run).returncode == 2
