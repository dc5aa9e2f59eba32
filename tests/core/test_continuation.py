"""Options that may change when a run is resumed, and those that may not."""

from __future__ import annotations

import pytest

import ugcbench
from ugcbench.continuation import changed_options
from ugcbench.errors import ModelTimeoutError, UsageError
from ugcbench.models import Fake
from ugcbench.plans import read_config
from ugcbench.redaction import redact
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
    lines = list(read_lines(path / "predictions.jsonl"))
    assert len(lines) == 6
    assert all(line["failure"] for line in lines)
    config = read_config(path).model_copy(update={"model": "knower"})
    (path / "run.json").write_text(config.model_dump_json())
    with pytest.raises(UsageError, match="has no option 'wrnog'"):
        go_on(registry, path, wrnog=["n1"])
    assert go_on(registry, path, wrong=["n1"]).coverage == 1.0
    assert read_config(path).options == {"wrong": ["n1"]}


def test_keys_are_no_changes():
    given = {"api_key": "sk-one-key", "base_url": "https://user:secret@host/v1"}
    stored = redact(given)
    assert changed_options(stored, given | {"api_key": "sk-other-key"}) == {}
    assert changed_options({}, given) == {"base_url": stored["base_url"]}
    assert "secret" not in stored["base_url"]
