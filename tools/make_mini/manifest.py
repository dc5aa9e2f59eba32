"""What is known about the files of the mini benchmark: their hashes, and what made them?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import av

from tools.make_mini.lettering import DEJAVU
from tools.make_mini.script import Script
from tools.make_mini.speech import find_version

NAME = "manifest.json"


def write_manifest(scripts: Sequence[Script], folder: Path) -> None:
    """Describe the clips of `scripts` and all files in `folder` in `folder/manifest.json`."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    manifest = {
        "made_with": list_versions(),
        "clips": {script.id: _describe(script) for script in scripts},
        "files": {path.relative_to(folder).as_posix(): _measure(path) for path in paths},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / NAME).write_text(text + "\n", "utf-8")


def list_versions() -> dict[str, str]:
    """Return the versions on which the bytes of the clips depend."""
    return {
        **{package: version(package) for package in ("av", "numpy", "pillow", "scipy")},
        **{name: ".".join(map(str, av.library_versions[name])) for name in ("libavcodec",)},
        "espeak-ng": find_version(),
        DEJAVU.name: hashlib.sha256(DEJAVU.read_bytes()).hexdigest(),
    }


def compare(shipped: Path, made: Path) -> list[str]:
    """Return what differs between the files of two folders by their manifests, a line each."""
    old, new = (json.loads((folder / NAME).read_text("utf-8")) for folder in (shipped, made))
    return [
        f"{kind}: {name} is {old[kind].get(name)} there and {new[kind].get(name)} here"
        for kind in ("made_with", "files")
        for name in sorted({*old[kind], *new[kind]})
        if old[kind].get(name) != new[kind].get(name)
    ]


def _describe(script: Script) -> dict[str, object]:
    return {
        "title": script.title,
        "seconds": script.seconds,
        "rotation": script.rotation,
        "cuts": [scene.at for scene in script.scenes[1:]],
        "audio_track": script.audio_track,
        "music": script.music,
        "noises": sorted({noise.kind for noise in script.noises}),
        "language": script.language,
        "transcript": script.transcript,
    }


def _measure(path: Path) -> dict[str, object]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
