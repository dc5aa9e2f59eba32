"""What if the disk is full?"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ugcbench.testing.chaos.trials import Trial

PAGE = 4096


def fill_file_system(trial: Trial) -> None:
    """The run directory is on a tmpfs that is too small, and made larger afterwards."""
    files = list(trial.rig.unbroken.path.iterdir())
    pages = sum(-(-file.stat().st_size // PAGE) for file in files)
    size = PAGE * trial.chance.randint(2, pages)
    disk = trial.around.enter_context(mounted(trial.path.parent / f"{trial.path.name}-disk", size))
    trial.path = disk / "run"
    code, words = trial.end(trial.start())
    trial.expect(bool(code) and _says_full(words), f"the disk is full, and it says {words}")
    trial.strike()
    _mount(disk, "remount,size=16m")


def limit_files(trial: Trial) -> None:
    """No file may get larger than so many bytes, by RLIMIT_FSIZE."""
    most = trial.chance.randrange(trial.rig.unbroken.largest)
    code, words = trial.end(trial.start(limit=("RLIMIT_FSIZE", most)))
    trial.expect(bool(code) and _says_full(words), f"no file may grow, and it says {words}")
    trial.strike()


def can_mount() -> bool:
    """Whether this process may mount a file system; mostly only root may."""
    return os.geteuid() == 0 and Path("/proc/self/ns/mnt").exists()


@contextlib.contextmanager
def mounted(folder: Path, size: int) -> Iterator[Path]:
    """A tmpfs of `size` bytes at `folder`."""
    folder.mkdir(parents=True)
    _mount(folder, f"size={size}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607


def _mount(folder: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(command, check=True)  # noqa: S603


def _says_full(words: str) -> bool:
    reasons = ("No space left on device", "File too large", "the disk is full")
    return any(reason in words for reason in reasons)
