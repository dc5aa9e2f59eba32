"""Options that may change while a run is gone on with, and those that may not."""

from __future__ import annotations

import pytest

import ugcbench
from ugcbench.continuation import changed_options
from ugcbench.errors import ModelTimeoutError, UsageError
from ugcbench.models import Fake
from ugcbench.plans import read_config
from ugcbench.redaction import REDACTED
from ugcbench.store import read_lines


@pytest.fixture
def begun(registry, tmp_path):
    """A run by name with one option, which has answers for two of its clips."""
    return ugcbench.run(
        model="knower",
        options={"wrong": ("n0",)},
        registry=registry,
        tasks="toy/exact",
        dataset="numbers",
        output=tmp_path / "run",
    ).path


def go_on(registry, path, **options):
    return ugcbench.run(resume=path, options=options, registry=registry)


def test_what_a_model_answers_with_is_fixed_once_it_answered(begun, registry):
    before = (begun / "run.json").read_bytes()
    with pytest.raises(UsageError, match="--option wrong is fixed by the run"):
        go_on(registry, begun, wrong=["n1"])
    assert (begun / "run.json").read_bytes() == before
    go_on(registry, begun, wrong=["n0"])
    assert (begun / "run.json").read_bytes() == before


def test_where_it_runs_may_change_and_is_told(begun, registry):
    go_on(registry, begun, speed=2)
    assert read_config(begun).options == {"wrong": ["n0"], "speed": 2}


def test_everything_may_change_while_there_is_no_answer(registry, tmp_path):
    def never(prompt):
        raise ModelTimeoutError("nothing came")

    path = tmp_path / "run"
    toys = {"tasks": "toy/exact", "dataset": "numbers", "output": path, "attempts": 1}
    ugcbench.run(model=Fake(never), registry=registry, **toys)
    assert {line["failure"]["status"] for line in read_lines(path / "predictions.jsonl")}
    config = read_config(path).model_copy(update={"model": "knower"})
    (path / "run.json").write_text(config.model_dump_json())
    with pytest.raises(UsageError, match="has no option 'wrnog'"):
        go_on(registry, path, wrnog=["n1"])
    assert go_on(registry, path, wrong=["n1"]).coverage == 1.0
    assert read_config(path).options == {"wrong": ["n1"]}


def test_keys_are_no_changes():
    stored = {"api_key": REDACTED, "base_url": "https://***@host/v1"}
    given = {"api_key": "sk-other-key", "base_url": "https://ann:secret@host/v1"}
    assert changed_options(stored, given).keys() <= {"base_url"}
    assert "secret" not in str(changed_options(stored, given))
    assert changed_options({}, {"api_key": "sk-other-key"}) == {}
