"""Does the command line run the mini benchmark on vLLM, as a model and as a judge?"""

from __future__ import annotations

import json

import pytest
from vllm_engines import ENVIRONMENT, MARKS, ON_CPU
from vllm_minicpm_o_checkpoint import write_checkpoint

from ugcbench import Result
from ugcbench.testing import make_tiny_causal_lm, make_tiny_gemma3n, make_tiny_qwen_omni

pytestmark = MARKS[:3]  # nothing here is asynchronous

VERDICT = '{"audio":4,"visual":5,"details":3}'
MINUTES = 8 * 60


@pytest.fixture
def run(ugcbench, tmp_path):
    """The result of a run of two clips, and what the model was sent for each question."""

    def run(*typed, engine_options=ON_CPU, judged_by_vllm=False):
        for flag in ("--option", *(["--judge-option"] if judged_by_vllm else [])):
            typed += (flag, "dtype=float32")
            typed += (flag, f"engine_options={json.dumps(engine_options)}")
        done = ugcbench(
            *("run", *typed, "--dataset", "mini", "--limit", 2, "--output", "done"),
            *("--quiet", "--format", "json"),
            timeout=MINUTES,
            HF_MODULES_CACHE=str(tmp_path / "modules"),
            **ENVIRONMENT,
        )
        assert done.returncode == 0, done.stderr
        assert {cell["coverage"] for cell in json.loads(done.stdout)["cells"]} == {1.0}
        records = list(Result.load(tmp_path / "done").records())
        return records, {record.prediction.receipt.sent for record in records}

    return run


def test_qwen_answers_and_a_text_model_judges(run, tmp_path):
    model = make_tiny_qwen_omni(tmp_path / "omni", says="Positive")
    judge = make_tiny_causal_lm(tmp_path / "judge", says=VERDICT)
    records, sent = run(
        *("--model", f"vllm/{model}", "--tasks", "ugc/tone,ugc/caption"),
        *("--judge", f"vllm/{judge}"),
        judged_by_vllm=True,
    )
    assert {record.prediction.text for record in records} == {"Positive"}
    captions = [record.score for record in records if record.task == "ugc/caption"]
    assert [score.parts["visual"] for score in captions] == pytest.approx([1.0, 1.0])
    assert all("video tokens" in words and "vLLM" in words for words in sent)


def test_gemma_answers_by_its_own_name(run, tmp_path):
    model = make_tiny_gemma3n(tmp_path / "gemma")
    records, sent = run(
        *("--model", "gemma-3n-e2b", "--option", f"path={model}", "--option", "backend=vllm"),
        *("--tasks", "ugc/tone,ugc/caption", "--judge", "lexical"),
    )
    assert all(record.prediction.text for record in records)
    assert all("audio tokens" in words and "vLLM" in words for words in sent)


def test_minicpm_answers_by_its_own_name(run, tmp_path):
    (tmp_path / "units").mkdir()
    model = write_checkpoint(tmp_path / "units")
    records, sent = run(
        *("--model", "minicpm-o-2.6", "--option", f"path={model}", "--option", "backend=vllm"),
        *("--trust-remote-code", "--tasks", "all", "--judge", "lexical"),
        engine_options={**ON_CPU, "load_format": "dummy"},
    )
    assert all(record.prediction.text for record in records)
    assert all("units of a second" in words and "vLLM" in words for words in sent)
