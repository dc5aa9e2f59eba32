"""Anybody's own trainer evaluates on the way, as docs/tracking.md shows."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

if not all(map(find_spec, ("torch", "torchvision", "trl", "xgrammar", "tensorboard"))):
    pytest.skip("needs the extra [train]", allow_module_level=True)

from ugcbench.errors import RunError, UsageError
from ugcbench.plans import read_config
from ugcbench.results import Result
from ugcbench_train import EvaluationCallback, answer_from_checkpoints, answer_in_place

pytestmark = pytest.mark.usefixtures("one_thread")
PAGE = (Path(__file__).parents[2] / "docs" / "tracking.md").read_text()
_, TRAINER, MODEL = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def quiet_trainer(tmp_path, monkeypatch):
    """Trainers of these tests write below the test's folder and train on the CPU."""
    import transformers

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UGCBENCH_HOME", str(tmp_path / "home"))
    arguments = transformers.TrainingArguments
    quick = {"use_cpu": True, "disable_tqdm": True, "per_device_train_batch_size": 1}
    monkeypatch.setattr(
        transformers, "TrainingArguments", lambda *given, **more: arguments(*given, **quick, **more)
    )


def collate(rows):
    import torch

    return {name: torch.tensor([row[name] for row in rows]) for name in ("input_ids", "labels")}


@pytest.fixture
def own(tiny_omni):
    """What somebody's training has: a model, rows and a way to join them."""
    from ugcbench_train.codec_opening import open_codec_of

    codec = open_codec_of("qwen2.5-omni-3b", path=str(tiny_omni))
    row = codec.encode_reply("A band plays loud music on a stage at night.")
    rows = [{"input_ids": row, "labels": row}] * 4
    return {"model": codec.load(), "rows": rows, "collate": collate, "checkpoint": str(tiny_omni)}


def curves(folder):
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

    for file in sorted(folder.rglob("events.out.tfevents.*")):
        for event in LegacyEventFileLoader(str(file)).Load():
            for value in event.summary.value:
                yield event.step, value.tag, value.simple_value


@pytest.mark.usefixtures("quiet_trainer")
def test_the_example_of_the_page(own, tmp_path):
    exec(compile(TRAINER, "docs/tracking.md", "exec"), own)
    found = {(step, tag): value for step, tag, value in curves(tmp_path / "trained")}
    for step in (2, 4):
        result = Result.load(tmp_path / "trained" / "evaluations" / f"step-{step}")
        assert result.summary.model == f"trained-step-{step}"
        for name, cell in result.cells.items():
            assert (cell.n, cell.asked) == (2, 2)
            assert found[step, f"train/evaluation/{name}"] == pytest.approx(cell.value)
    assert {(step, "train/loss") for step in (1, 2, 3, 4)} <= set(found)


@pytest.fixture
def text_trainer(tmp_path, quiet_trainer):
    """A training of a chat model of texts."""
    from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

    from ugcbench.testing import make_tiny_causal_lm

    folder = make_tiny_causal_lm(tmp_path / "chat", says="Positive")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    row = tokenizer("A street in rain.").input_ids
    return Trainer(
        model=AutoModelForCausalLM.from_pretrained(folder),
        args=TrainingArguments("own", max_steps=2, save_steps=1, report_to=[]),
        train_dataset=[{"input_ids": row, "labels": row}] * 2,
        data_collator=collate,
        processing_class=tokenizer,
    )


ASKED = {"dataset": "mini", "tasks": "ugc/tone", "limit": 1}


def test_a_model_of_any_kind_is_evaluated_when_it_is_saved(text_trainer, tmp_path):
    page = {}
    exec(compile(MODEL, "docs/tracking.md", "exec"), page)
    told = []
    EvaluationCallback(page["answer"], tell=told.append, **ASKED).watch(text_trainer)
    text_trainer.train()
    assert [line.partition(":")[0] for line in told] == ["step 1 evaluated", "step 2 evaluated"]
    folder = tmp_path / "own" / "evaluations"
    assert sorted(path.name for path in folder.iterdir()) == ["step-1", "step-2"]
    text_trainer.train()  # from the beginning, with other weights: nothing stored is taken over
    assert "step-1-2" in told[2]
    assert sorted(path.name for path in folder.iterdir())[1] == "step-1-2"
    assert text_trainer.model.training


@pytest.mark.usefixtures("quiet_trainer")
def test_checkpoints_answer_through_their_adapter(own, tmp_path):
    from transformers import Trainer, TrainingArguments

    from ugcbench_train.codec_opening import open_codec_of

    codec = open_codec_of("qwen2.5-omni-3b", path=own["checkpoint"])
    trainer = Trainer(
        model=own["model"],
        args=TrainingArguments("own", max_steps=2, save_steps=2, report_to=[]),
        train_dataset=own["rows"],
        data_collator=collate,
        processing_class=codec.processor,
    )
    told = []
    answering = answer_from_checkpoints("ugc-videocaptioner-3b")
    with pytest.raises(RunError, match="holds no checkpoint yet"):
        answering(trainer, "own-step-0")
    asked = {"dataset": "mini", "tasks": "ugc/tone", "limit": 1}
    EvaluationCallback(answering, tell=told.append, **asked).watch(trainer)
    trainer.train()
    assert [line.partition(":")[0] for line in told] == ["step 2 evaluated"]
    run = read_config(tmp_path / "own" / "evaluations" / "step-2")
    assert Path(run.options["path"]).samefile(tmp_path / "own" / "checkpoint-2")


def test_a_failure_is_a_warning_for_the_log(text_trainer, caplog):
    answering = answer_from_checkpoints("ugc-videocaptioner-3b")
    EvaluationCallback(answering, every=1, **ASKED).watch(text_trainer)
    text_trainer.train()
    (first, *_) = [each for each in caplog.records if each.name.startswith("ugcbench_train")]
    assert first.levelname == "WARNING"
    assert "step 1 could not be evaluated: own holds no checkpoint yet" in first.getMessage()


@pytest.mark.parametrize("every", [0, -1])
def test_a_number_of_steps_is_one_or_more(every):
    with pytest.raises(UsageError, match="from 1 on"):
        EvaluationCallback(answer_from_checkpoints("fake"), every=every)


def test_a_model_that_cannot_be_trained_has_no_codec():
    with pytest.raises(UsageError, match="can't be trained here"):
        answer_in_place("blind")
