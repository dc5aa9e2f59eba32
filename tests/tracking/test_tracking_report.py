"""What a tracker is told of a run."""

from __future__ import annotations

import json
import shutil

import pytest

import ugcbench
from ugcbench.errors import RunError
from ugcbench_tracking.report import read_report


def test_numbers_are_those_of_the_summary(finished):
    numbers = read_report(finished).numbers
    summary = json.loads((finished / "summary.json").read_text())
    tone, ocr = summary["cells"]
    assert numbers["score/ugc/tone"] == tone["value"]
    assert numbers["error/ugc/ocr"] == 1.7  # a rate, for which less is better
    assert "score/ugc/ocr" not in numbers
    for group, field in {"n": "n", "coverage": "coverage", "low": "low", "high": "high"}.items():
        assert numbers[f"{group}/ugc/tone"] == tone[field]
        assert numbers[f"{group}/ugc/ocr"] == ocr[field]
    assert numbers["disagreement/ugc/tone"] is None
    assert numbers["model/answers"] == summary["requests"]
    assert numbers["average"] == summary["average"]


def test_the_configuration_says_what_was_run_under_which_rules(finished):
    config = read_report(finished).config
    run = json.loads((finished / "run.json").read_text())
    assert config["model"] == "blind"
    assert config["dataset"].startswith("mini@")
    assert config["protocol_hash"] == run["protocol_hash"]
    assert config["comparable"] is True
    assert config["limit"] == 4
    assert config["versions/ugcbench"] == run["versions"]["ugcbench"]
    assert "judge" not in config


def test_keys_and_passwords_stay_at_home(run_dir, monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "sk-0123456789abcdef")
    file = run_dir / "run.json"
    config = json.loads(file.read_text())
    config["options"] = {"api_key": "planted", "base_url": "http://me:planted@host/v1", "n": 3}
    config["git"] = "sk-0123456789abcdef"
    file.write_text(json.dumps(config))
    told = read_report(run_dir).config
    assert json.loads(told["options"])["n"] == 3
    assert "planted" not in str(told)
    assert "sk-0123" not in str(told)


def test_a_run_has_one_id_for_ever(finished, run_dir):
    moved = shutil.move(run_dir, run_dir.with_name("elsewhere"))
    ugcbench.run(resume=str(moved))
    assert read_report(moved).id == read_report(finished).id
    other = ugcbench.run(model="blind", dataset="mini", tasks="ugc/tone", limit=3, output="other")
    assert read_report(other.path).id != read_report(finished).id


@pytest.mark.parametrize(("wanted", "found"), [(0, []), (1, [1]), (3, [2, 1]), (99, [4, 3])])
def test_samples_are_of_all_tasks(finished, wanted, found):
    rows = read_report(finished, wanted).samples
    tasks = [row[0] for row in rows]
    counts = [tasks.count(name) for name in ("ugc/tone", "ugc/ocr")]
    assert [count for count in counts if count] == found


def test_what_is_not_finished_is_refused(run_dir):
    (run_dir / "summary.json").unlink()
    with pytest.raises(RunError, match="--resume"):
        read_report(run_dir)
    with pytest.raises(RunError, match="no run directory"):
        read_report(run_dir.parent)
