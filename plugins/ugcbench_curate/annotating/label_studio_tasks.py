"""How do annotations come to Label Studio, so that people confirm and edit them there?

As tasks for its import, one a clip. All that is said stands in a prediction, which Label Studio
shows filled in; who says it stands in the task's data, from where `label_studio` takes it when the
export comes back: a draft that was submitted as it was is confirmed, another one is edited, and
what a person had said before stays that person's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ugcbench.errors import UsageError
from ugcbench_curate.annotating.cells import write_cell
from ugcbench_curate.annotating.files import find_media
from ugcbench_curate.annotating.label_studio import CONTROLS, LOCAL_FILES, PROVENANCE
from ugcbench_curate.annotations import Annotation
from ugcbench_curate.fields import FIELDS, AnySaid, get_said

CHOICES = ("choice", "flag")


def make_tasks(annotations: Iterable[Annotation], folder: Path, videos: Path) -> str:
    """The tasks of annotations whose file is in `folder`, as JSON.

    `videos` is the folder that Label Studio serves as local storage. Raises `UsageError` for a clip
    that isn't below it.
    """
    tasks = [_make_task(annotation, folder, videos) for annotation in annotations]
    return json.dumps(tasks, indent=1, ensure_ascii=False) + "\n"


def _make_task(annotation: Annotation, folder: Path, videos: Path) -> Mapping[str, Any]:
    said = {
        control: value
        for control, path in CONTROLS.items()
        if (value := get_said(annotation, path)) is not None
    }
    data = {
        "video": LOCAL_FILES + quote(_place(annotation, folder, videos)),
        "clip_id": annotation.id,
        "sha256": annotation.sha256,
        "source_url": annotation.url,
        PROVENANCE: {
            control: value.provenance.model_dump(exclude_none=True)
            for control, value in said.items()
        },
    }
    models = {value.provenance.model: None for value in said.values() if value.provenance.model}
    prediction = {
        "model_version": ", ".join(models) or "none",
        "result": [_write_result(control, value) for control, value in said.items()],
    }
    return {
        "data": {key: value for key, value in data.items() if value},
        "predictions": [prediction] if said else [],
    }


def _place(annotation: Annotation, folder: Path, videos: Path) -> str:
    clip = find_media(annotation, folder).resolve()
    if not clip.is_relative_to(videos.resolve()):
        raise UsageError(
            f"{annotation.id!r}: {clip} isn't below {videos}; name the folder that Label Studio "
            "serves by --videos"
        )
    return clip.relative_to(videos.resolve()).as_posix()


def _write_result(control: str, said: AnySaid) -> Mapping[str, Any]:
    field = FIELDS[CONTROLS[control]]
    value: dict[str, Any] = {"text": [write_cell(field, said)]}
    kind = "textarea"
    if field.kind in CHOICES:
        kind, value = "choices", {"choices": value["text"]}
    elif field.kind == "number":
        kind, value = "number", {"number": said.value}
    return {"from_name": control, "to_name": "video", "type": kind, "value": value}
