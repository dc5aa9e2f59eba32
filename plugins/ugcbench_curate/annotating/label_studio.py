"""How does what was annotated in Label Studio become annotations?

The exports JSON, JSON-MIN and CSV are read, the first two also as JSON Lines with a task a line. A
control of the labelling configuration is named like the field that it fills, with an underscore for
the dot (`audio_tone` fills `audio.tone`; others are mapped by hand). `label_studio.xml` is a
configuration with a control for every field.

The clip's id is the task's `clip_id`, else the stem of its video's name. Of several annotations of
one task the one marked as ground truth counts, else the one that was changed last; cancelled ones
don't. The annotator's number becomes the pseudonym `ls-<number>`, an e-mail address the start of
its hash. Only the JSON export tells whether a value was drafted by a model: then it counts as
edited, or as confirmed if it was submitted as it was. Tasks made by `label_studio_tasks` also tell
who had said what before.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import ValidationError

from ugcbench.errors import DatasetError
from ugcbench_curate.annotating.rows import Row
from ugcbench_curate.annotations import Provenance
from ugcbench_curate.fields import FIELDS

ABOUT_VIDEO = ("video", "media", "clip", "url")
"""Under which of its keys a task may name its video."""

LOCAL_FILES = "/data/local-files/?d="
"""How Label Studio addresses a file of its local storage."""

PROVENANCE = "provenance"
"""Under which key a task says of each control who had said what it was filled with."""

CONTROLS: Mapping[str, str] = {path.replace(".", "_", 1): path for path in FIELDS}
"""The field behind each control of the shipped configuration."""

_VALUES = ("text", "choices", "number", "rating")


def labelling_config() -> str:
    """The labelling configuration that fits the schema, to paste into a project's settings."""
    file = resources.files("ugcbench_curate") / "annotating" / "label_studio.xml"
    return file.read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Mapped:
    """How the controls of a project are to be read; `ignored` gathers those that fill no field."""

    fields: Mapping[str, str] = field(default_factory=dict)
    ignored: set[str] = field(default_factory=set)

    def find(self, control: str) -> str | None:
        """The field that a control fills."""
        path = self.fields.get(control) or CONTROLS.get(control)
        if path is None:
            self.ignored.add(control)
        return path


def is_label_studio(names: Sequence[str]) -> bool:
    """Whether a task or a row with these keys comes from Label Studio."""
    return "annotations" in names or "annotation_id" in names or "lead_time" in names


def read_label_studio(path: Path, mapped: Mapped) -> Iterator[Row | str]:
    """The rows of an export, one a clip, and a text for each that can't be read.

    Raises `DatasetError` if the file as a whole can't.
    """
    tasks = _read_csv(path) if path.suffix == ".csv" else _read_json(path)
    whole = [_read_task(f"{path}: task {task.get('id', n)}", task, mapped) for n, task in tasks]
    latest: dict[str, tuple[str, Row]] = {}
    for found in whole:
        if isinstance(found, str):
            yield found
        elif found is not None and found[0] >= latest.get(found[1].id, ("",))[0]:
            latest[found[1].id] = found
    yield from (row for _, row in latest.values())


def _read_csv(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""))
    for number, values in enumerate(reader, start=1):
        yield number, {name: cell for name, cell in values.items() if name and cell}


def _read_json(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    text = path.read_text("utf-8-sig")
    tasks = _parse_lines(path, text) if path.suffix == ".jsonl" else _parse_json(str(path), text)
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise DatasetError(f"{path}: must be a list of tasks, as Label Studio exports them")
    yield from enumerate(tasks, start=1)


def _parse_lines(path: Path, text: str) -> list[Any]:
    lines = enumerate(text.split("\n"), start=1)
    return [_parse_json(f"{path}:{number}", line) for number, line in lines if line.strip()]


def _parse_json(place: str, text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except ValueError as error:
        raise DatasetError(f"{place}: not JSON: {error}") from None


def _read_task(place: str, task: Mapping[str, Any], mapped: Mapped) -> tuple[str, Row] | str | None:
    """The row of a task, before it the time of its last change; None if nobody annotated it."""
    data = {key: value for key, value in task.get("data", task).items() if value}
    video = next((data[key] for key in ABOUT_VIDEO if isinstance(data.get(key), str)), None)
    if video is None:
        return f"{place}: names no video; its data needs one of {', '.join(ABOUT_VIDEO)}"
    media = name_media(video)
    chosen = _choose(task) if "annotations" in task else task
    if chosen is None:
        return None
    cells = dict(
        _read_results(task, chosen, mapped) if chosen is not task else _read_flat(task, mapped)
    )
    is_web = urlsplit(video).scheme in ("http", "https")
    row = Row(
        place,
        id=str(data.get("clip_id") or PurePosixPath(media).stem),
        media=media,
        sha256=data.get("sha256"),
        url=video if is_web else data.get("source_url"),
        cells=cells,
    )
    return str(chosen.get("updated_at") or chosen.get("created_at") or ""), row


def _choose(task: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The annotation of a task that counts."""
    valid = [each for each in task["annotations"] if not each.get("was_cancelled")]
    return max(
        valid,
        key=lambda each: (
            bool(each.get("ground_truth")),
            str(each.get("updated_at") or each.get("created_at") or ""),
        ),
        default=None,
    )


def _read_results(
    task: Mapping[str, Any], annotation: Mapping[str, Any], mapped: Mapped
) -> Iterator[tuple[str, tuple[object, Provenance]]]:
    """The cells of an annotation in the export JSON; several results of one control are joined."""
    annotator = pseudonym(annotation.get("completed_by"))
    at = annotation.get("updated_at") or annotation.get("created_at")
    drafts = task.get("predictions") or []
    model = next((d["model_version"] for d in drafts if _has_version(d)), "unknown")
    cells: dict[str, list[str]] = {}
    origins: dict[str, str] = {}
    for result in annotation.get("result") or []:
        if path := mapped.find(str(result.get("from_name"))):
            cells.setdefault(path, []).extend(_unwrap(result.get("value")))
            origins[path] = result.get("origin") or "manual"
    before = _read_provenance(task)
    for path, texts in cells.items():
        who = {"annotator": annotator, "at": at}
        yield path, ("\n".join(texts), _find_source(origins[path], before.get(path), model, who))


def _read_provenance(task: Mapping[str, Any]) -> Mapping[str, Provenance]:
    """Who had said what the task was filled with, by field."""
    told = task.get("data", {}).get(PROVENANCE)
    found: dict[str, Provenance] = {}
    for control, said_by in told.items() if isinstance(told, dict) else ():
        with contextlib.suppress(ValidationError):  # data of this name may be another one's
            found[CONTROLS.get(control, control)] = Provenance.model_validate(said_by)
    return found


def _find_source(
    origin: str, before: Provenance | None, version: str, who: Mapping[str, Any]
) -> Provenance:
    """Who says what stands in a control, `who` submitted it."""
    if origin == "prediction" and before is not None and not before.draft:
        return before
    model = version if before is None else before.model
    if model is None or not origin.startswith("prediction"):
        return Provenance(source="human", **who)
    answered = None if before is None else before.answered
    source: Literal["model", "edited"] = "model" if origin == "prediction" else "edited"
    return Provenance(source=source, model=model, answered=answered, **who)


def _has_version(draft: object) -> bool:
    return isinstance(draft, dict) and bool(draft.get("model_version"))


def _read_flat(
    task: Mapping[str, Any], mapped: Mapped
) -> Iterator[tuple[str, tuple[object, Provenance]]]:
    """The cells of a row of JSON-MIN or CSV."""
    said_by = Provenance(
        source="human",
        annotator=pseudonym(task.get("annotator")),
        at=task.get("updated_at") or task.get("created_at"),
    )
    for name, value in task.items():
        path = mapped.fields.get(name) or CONTROLS.get(name)
        if path is not None:
            yield path, ("\n".join(_unwrap(_parse(value))), said_by)


def _parse(value: object) -> object:
    """What a cell of a CSV file holds, where it holds JSON."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            parsed: object = json.loads(value)
        except ValueError:
            return value
        return parsed
    return value


def _unwrap(value: object) -> list[str]:
    """The texts in a value, whichever control wrote it."""
    if isinstance(value, list):
        return [text for each in value for text in _unwrap(each)]
    if isinstance(value, dict):
        return next((_unwrap(value[key]) for key in _VALUES if key in value), [])
    return [] if value is None else [str(value)]


def pseudonym(annotator: object) -> str:
    """What stands for a person: `ls-7` for number 7, the start of a hash for a name or address."""
    if isinstance(annotator, dict):
        annotator = annotator.get("id") or annotator.get("email")
    text = str(annotator or "unknown").strip()
    if text.isdecimal() or text == "unknown":
        return f"ls-{text}"
    return f"ls-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def name_media(video: str) -> str:
    """The path of a clip in the folder of the clips, from how a task names its video.

    A path within local storage (`/data/local-files/?d=clips/a.mp4`) is kept, of any other address
    only the file's name.
    """
    parts = urlsplit(video)
    local = parse_qs(parts.query).get("d", [""])[0]
    if local:
        return local.lstrip("/")
    return PurePosixPath(unquote(parts.path)).name or video
