"""Is this machine fit for the adapters that are to run on it?"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from ugcbench.doctor.checks import Check, Status
from ugcbench.doctor.extras import find_missing
from ugcbench.doctor.graphics import check_gpus
from ugcbench.doctor.probes import SPOKEN
from ugcbench.errors import MediaError
from ugcbench.plugins import Registry
from ugcbench.specs import ModelSpec
from ugcbench.types import MediaProfile

RUNS = Path("runs")
LITTLE = 1 << 30
"""Bytes of free disk space below which a warning is given; a run of a thousand clips takes some
megabytes, but frameworks and caches fill the rest."""


def check_machine(registry: Registry, chosen: Iterable[ModelSpec] = ()) -> Iterator[Check]:
    """Python, decoder, plugins, GPU and disk, and the extras and keys of the `chosen` models.

    Without any, those of all models, where a missing one is no more than a note.
    """
    chosen = list(chosen)
    models = chosen or list(registry.models.values())
    yield _machine("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    yield check_decoder()
    yield from _check_plugins(registry)
    yield from _check_extras(models, needed=bool(chosen))
    yield from _check_keys(models)
    yield from check_gpus()
    yield check_disk(RUNS)


def check_decoder(clip: Path = SPOKEN.clip) -> Check:
    """Whether a clip that is known gives pictures and sound."""
    repair = "pip install --force-reinstall av"
    try:
        from ugcbench.media import read

        media = read(clip, MediaProfile())
    except (ImportError, MediaError) as error:
        return _machine("decoder", "failed", str(error), repair)
    seconds = media.receipt.audio_seconds
    found = f"{media.receipt.decoder}: {len(media.frames)} frames and {seconds:.1f} s of sound"
    if media.audio is None:
        return _machine("decoder", "failed", f"{found} from a clip that speaks", repair)
    return _machine("decoder", "ok", found)


def check_disk(folder: Path) -> Check:
    """How much room there is for run directories."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    found = f"{free / (1 << 30):.1f} GiB free for {folder}"
    if free < LITTLE:
        return _machine("disk", "warning", found, "ugcbench run --output DIR on another disk")
    return _machine("disk", "ok", found)


def _check_plugins(registry: Registry) -> Iterator[Check]:
    """One line about all plugins that work, one for each that is broken."""
    fine = [info.name for info in registry.plugins if not info.error]
    yield _machine("plugins", "ok", ", ".join(fine))
    for info in registry.plugins:
        if info.error:
            found = f"{info.name} could not be loaded: {info.error}"
            fix = f"pip install --upgrade {info.distribution}" if info.distribution else None
            yield _machine("plugins", "warning", found, fix)


def _check_extras(models: Iterable[ModelSpec], *, needed: bool) -> Iterator[Check]:
    """One check for each extra; one that lacks something is a warning if it is `needed`."""
    users: dict[tuple[str, str], list[str]] = {}
    for spec in models:
        if spec.extra:
            users.setdefault((spec.distribution, spec.extra), []).append(_typed(spec))
    for (distribution, extra), names in users.items():
        missing = find_missing(distribution, extra)
        for_whom = f"{distribution}[{extra}] for {', '.join(names)}"
        if missing:
            found = f"{for_whom}: not installed: {', '.join(missing)}"
            status: Status = "warning" if needed else "note"
            yield _machine("extra", status, found, f"pip install '{distribution}[{extra}]'")
        else:
            yield _machine("extra", "ok", for_whom)


def _check_keys(models: Iterable[ModelSpec]) -> Iterator[Check]:
    """Which keys are in the environment, by name; their values are never shown."""
    users: dict[tuple[str, ...], list[str]] = {}
    for spec in models:
        if spec.keys:
            users.setdefault(spec.keys, []).append(_typed(spec))
    for keys, names in users.items():
        given = [key for key in keys if os.environ.get(key, "").strip()]
        if given:
            yield _machine("key", "ok", f"{given[0]} is set, for {', '.join(names)}")
        else:
            found = f"{' or '.join(keys)} is not set, for {', '.join(names)}"
            yield _machine("key", "note", found, f"export {keys[0]}=...")


def _typed(spec: ModelSpec) -> str:
    return f"{spec.name}/<model>" if spec.prefix else spec.name


def _machine(
    name: str,
    status: Status,
    found: str,
    fix: str | None = None,
) -> Check:
    return Check(area="machine", name=name, status=status, found=found, fix=fix)
