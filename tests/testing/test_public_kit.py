"""The names of `ugcbench.testing` stay, cost nothing until they are used, and need no checkout."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import ugcbench.testing as kit
from ugcbench.media import read
from ugcbench.types import MediaProfile

PINNED = [
    "CONTRACT",
    "DATASET_CONTRACT",
    "TASK_CONTRACT",
    "BrokenPromiseError",
    "DatasetSubject",
    "Fake",
    "Fault",
    "FaultPlan",
    "GeminiServer",
    "HubServer",
    "LoopbackServer",
    "ModelServer",
    "NotApplicableError",
    "OpenAIServer",
    "Refusal",
    "Request",
    "Response",
    "Subject",
    "TaskSubject",
    "check_promise",
    "contract_tests",
    "error_response",
    "google_error",
    "json_response",
    "make_tiny_causal_lm",
    "make_tiny_gemma3n",
    "make_tiny_minicpm_o",
    "make_tiny_qwen_omni",
    "read_number",
    "simplest",
    "tone",
    "train_bpe",
    "write_clip",
]
NEEDS_TORCH = {name for name in PINNED if name.startswith("make_tiny")} | {"train_bpe"}


def test_no_name_is_lost_and_none_appears_by_chance():
    assert kit.__all__ == PINNED
    assert dir(kit) == sorted(PINNED)
    assert set(kit._MODULES) == set(PINNED)


@pytest.mark.parametrize("name", sorted(set(PINNED) - NEEDS_TORCH))
def test_every_name_is_there_and_explained(name):
    found = getattr(kit, name)
    if inspect.isclass(found) or inspect.isfunction(found):
        assert inspect.getdoc(found)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = kit.nonsense


def test_importing_it_imports_nothing_else():
    code = "import sys, ugcbench.testing; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"av", "numpy", "pydantic", "pytest", "torch", "transformers", "click"}
    assert not heavy & set(done.stdout.split())


def test_it_needs_neither_the_tests_nor_the_plugins():
    files = list(Path(kit.__file__).parent.rglob("*.py"))
    names = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or "").partition(".")[0])
    assert "ugcbench" in names
    assert not {name for name in names if name == "tests" or name.startswith("ugcbench_")}


def test_a_clip_shows_its_numbers_and_sounds(tmp_path):
    path = kit.write_clip(tmp_path / "clip.mp4", sound=kit.tone(4.0))
    media = read(path, MediaProfile())
    assert [kit.read_number(frame) for frame in media.frames] == [0, 13, 26, 39]
    assert media.receipt.audio_seconds == pytest.approx(4.0, abs=0.1)
    assert abs(media.audio).max() > 0.2
    silent = read(kit.write_clip(tmp_path / "silent.mp4"), MediaProfile())
    assert silent.receipt.audio_seconds == 0
