"""How does a dataset's gold go back into annotations, as far as it goes?

Whatever reader the dataset has is used. A clip without gold for a task says nothing about that
task's field: nobody knows then whether, for example, a voice is heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ugcbench.specs import Dataset
from ugcbench.types import Clip, Gold
from ugcbench_curate.annotating.cells import read_cell
from ugcbench_curate.annotating.rows import Imported, locate
from ugcbench_curate.annotations import Annotation, OnScreenText, Provenance
from ugcbench_curate.fields import FIELDS, AnySaid, set_said
from ugcbench_curate.object_lists import read_objects


def _read_answer(gold: Gold) -> object:
    return gold.answer


def _read_objects(gold: Gold) -> object:
    return read_objects(str(gold.answer))


def _read_texts(gold: Gold) -> object:
    lines = (gold.answer,) if isinstance(gold.answer, str) else gold.answer
    return tuple(OnScreenText(text=line) for line in lines if line.strip())


FIELD_OF: Mapping[str, tuple[str, Callable[[Gold], object]]] = {
    "final_caption": ("joint.caption", _read_answer),
    "audio_caption": ("audio.caption", _read_answer),
    "visual_caption": ("visual.caption", _read_answer),
    "voice_source": ("audio.voice_source", _read_answer),
    "tone": ("audio.tone", _read_answer),
    "bgm": ("audio.music", _read_answer),
    "objects": ("visual.objects", _read_objects),
    "background": ("visual.background_changes", _read_answer),
    "ocr": ("visual.texts", _read_texts),
}
"""The field that each kind of gold belongs to, and how its value is read."""


def import_gold(dataset: Dataset, folder: Path, annotator: str | None = None) -> Imported:
    """The gold of a dataset as annotations that will lie in `folder`, in the dataset's order.

    Its values count as those of a person, `annotator`, by default the dataset itself.
    """
    provenance = Provenance(
        source="human", annotator=annotator or f"{dataset.name}@{dataset.revision}"
    )
    problems: list[str] = []
    annotations = tuple(_annotate(clip, folder, provenance, problems) for clip in dataset)
    return Imported(annotations, tuple(problems))


def _annotate(clip: Clip, folder: Path, provenance: Provenance, problems: list[str]) -> Annotation:
    media = locate(Path(clip.media), folder) if clip.media else f"{clip.id}.mp4"
    said = dict(_read_gold(clip, provenance, problems))
    return set_said(Annotation(id=clip.id, media=media), said)


def _read_gold(
    clip: Clip, provenance: Provenance, problems: list[str]
) -> Iterator[tuple[str, AnySaid]]:
    for key, gold in clip.gold.items():
        if key not in FIELD_OF:
            continue
        path, read = FIELD_OF[key]
        try:
            said = read_cell(FIELDS[path], read(gold), provenance)
        except ValueError as error:
            problems.append(f"{clip.id}: {key}: {error}")
            continue
        if said is not None:
            yield path, said
