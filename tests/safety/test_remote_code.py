"""No code that comes with a checkpoint or a run directory runs unless whoever types says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ugcbench
from ugcbench.continuation import kept_options
from ugcbench.errors import FatalModelError, UsageError
from ugcbench.plans import read_config
from ugcbench.rescoring import _request

BAIT = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\n"


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint whose classes are its own code, which leaves a trace when it is run."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    classes = {
        name: f"bait.{name}" for name in ("AutoConfig", "AutoModelForCausalLM", "AutoTokenizer")
    }
    (folder / "config.json").write_text(json.dumps({"model_type": "bait", "auto_map": classes}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"auto_map": classes}))
    (folder / "bait.py").write_text(BAIT)
    (folder / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return folder


async def test_a_checkpoint_with_code_is_refused(checkpoint):
    pytest.importorskip("transformers", reason="needs the extra [hf]")
    from ugcbench.plugins import Registry, create

    spec = Registry().model("hf/x", "judge")
    model = create(spec, {}, model=str(checkpoint))
    with pytest.raises(FatalModelError, match="trust_remote_code=true"):
        await model.generate(ugcbench.Prompt(task="t", sample_id="s", text="?"))
    await model.close()
    assert not list(checkpoint.rglob("ran"))


async def test_pickled_weights_are_refused_whatever_is_trusted(checkpoint):
    pytest.importorskip("transformers", reason="needs the extra [hf]")
    from ugcbench.plugins import Registry, create

    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")
    spec = Registry().model("hf/x", "judge")
    model = create(spec, {"trust_remote_code": True}, model=str(checkpoint))
    with pytest.raises(FatalModelError, match="only as pickle"):
        await model.generate(ugcbench.Prompt(task="t", sample_id="s", text="?"))
    await model.close()
    assert not list(checkpoint.rglob("ran"))


def test_trust_is_not_taken_over_from_a_run_directory(finished, tmp_path):
    config = json.loads(finished["run.json"])
    config["options"] = {"trust_remote_code": True, "path": "x"}
    config["judge_options"] = {"trust_remote_code": True, "lexical:trust_remote_code": True}
    for name, data in finished.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "run.json").write_text(json.dumps(config))
    request = _request(tmp_path, {"output": tmp_path / "new"})
    assert dict(request.options) == {"path": "x"}
    assert dict(request.judge_options) == {}
    assert kept_options(read_config(tmp_path).judge_options) == {}
    with pytest.raises(UsageError, match=r"majority has no option 'path'"):
        ugcbench.run(resume=tmp_path)


def test_going_on_with_a_secret_in_an_address_asks_for_it(finished, tmp_path):
    config = json.loads(finished["run.json"])
    config["options"] = {"base_url": "https://***@host/v1"}
    for name, data in finished.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "run.json").write_text(json.dumps(config))
    with pytest.raises(UsageError, match=r"give it again: --option base_url"):
        ugcbench.run(resume=Path(tmp_path))
