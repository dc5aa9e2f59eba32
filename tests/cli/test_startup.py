"""Typing `--help` or listing names imports no framework and opens no file of a plugin."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = {
    "av",
    "cv2",
    "datasets",
    "httpx2",
    "huggingface_hub",
    "numpy",
    "onnxruntime",
    "openai",
    "pandas",
    "PIL",
    "platformdirs",
    "pyarrow",
    "pydantic",
    "rapidocr",
    "ray",
    "rich",
    "scipy",
    "torch",
    "transformers",
    "yt_dlp",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["list", "models"],
        ["list", "tasks"],
        ["run", "--help"],
        ["data", "--help"],
        ["doctor", "--help"],
        ["distill", "--help"],
        ["plugin", "new", "--help"],
    ],
)
def test_no_framework_is_imported(arguments):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ugcbench", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
        check=True,
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "ugcbench" in imported
    assert not imported & HEAVY


def test_importing_ugcbench_costs_next_to_nothing():
    code = "import sys, ugcbench; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & HEAVY


def test_exported_names_are_sorted_complete_and_there():
    import ugcbench

    assert sorted(ugcbench.__all__) == sorted(set(ugcbench.__all__))
    assert set(ugcbench._HOME_OF) | {"__version__"} == set(ugcbench.__all__)
    assert all(hasattr(ugcbench, name) for name in ugcbench.__all__)
    assert dir(ugcbench) == sorted(ugcbench.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ugcbench.nonsense
