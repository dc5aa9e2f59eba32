"""On what was a run made: which packages, which Python, which state of the working directory?"""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from collections.abc import Iterable, Mapping

PACKAGES = (
    "ugcbench",
    "av",
    "numpy",
    "pillow",
    "rouge-score",
    "sacrebleu",
    "openai",
    "google-genai",
    "torch",
    "transformers",
    "vllm",
    "onnxruntime",
    "rapidocr",
)
"""Distributions whose version can change a number."""


def versions(plugins: Iterable[str] = ()) -> Mapping[str, str]:
    """Versions of Python, of the packages that matter, and of the `plugins`' distributions."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in (*PACKAGES, *plugins):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def git_state() -> str | None:
    """Commit of the working directory, with `+changes` if it has any; None outside of git."""
    try:
        commit = _git("rev-parse", "HEAD")
        changes = _git("status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+changes" if changes else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - fixed arguments
        ["git", *arguments],  # noqa: S607 - whichever git the user has
        capture_output=True,
        text=True,
        timeout=5,
        check=True,
    )
    return done.stdout.strip()
