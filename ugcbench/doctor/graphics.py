"""Which NVIDIA GPUs are there, how much of their memory is free, and can torch use them?

The driver's own program is asked, so that no framework has to be installed or imported.
"""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata

from ugcbench.doctor.checks import Check, Status

QUERY = ("--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits")
PATIENCE = 30.0
"""Seconds that the driver's program may take; it is slow where nobody uses the GPU."""


def check_gpus() -> Iterator[Check]:
    """One check for each GPU, or a single one if there is none, and one for torch if it is blind
    to them.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        yield _gpu("note", "no NVIDIA GPU found; API models and the CPU baseline need none")
        return
    try:
        done = subprocess.run(  # noqa: S603
            [program, *QUERY], capture_output=True, text=True, check=True, timeout=PATIENCE
        )
    except (OSError, subprocess.SubprocessError) as error:
        words = (getattr(error, "stdout", None) or str(error)).strip()
        yield _gpu("warning", f"nvidia-smi fails: {words}", "nvidia-smi")
        return
    rows = list(csv.reader(done.stdout.splitlines(), skipinitialspace=True))
    for row in rows:
        yield _describe(row)
    if rows:
        yield from _check_torch()


def _describe(row: list[str]) -> Check:
    name, total, free = row
    try:
        whole, left = float(total) / 1024, float(free) / 1024
    except ValueError:  # such as [N/A] where the GPU is partitioned or shares the main memory
        return _gpu("ok", f"{name}; its memory is not told")
    found = f"{name}, {left:.1f} of {whole:.1f} GiB free"
    if left < whole / 2:
        return _gpu("warning", f"{found}: another process holds the rest", "nvidia-smi")
    return _gpu("ok", found)


def _check_torch() -> Iterator[Check]:
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return
    if version.endswith("+cpu"):
        yield Check(
            area="machine",
            name="torch",
            status="warning",
            found=f"torch {version} is built for the CPU and will not use the GPU",
            fix="pip install --force-reinstall torch",
        )


def _gpu(status: Status, found: str, fix: str | None = None) -> Check:
    return Check(area="machine", name="gpu", status=status, found=found, fix=fix)
