"""What does a dataset hold, in numbers?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ugcbench.specs import Dataset
from ugcbench.types import Clip, Gold
from ugcbench_tasks.gold import KEYS
from ugcbench_tasks.ugc_videocap.release import Release


def count(dataset: Dataset) -> Mapping[str, Any]:
    """Clips, and for each gold key how many have it and how it is distributed; ready for JSON.

    Raises `DatasetError` if the dataset can't be read whole.
    """
    clips = list(dataset)
    about: dict[str, Any] = {
        "dataset": dataset.name,
        "revision": dataset.revision,
        "clips": len(clips),
        "gold": {key: _describe(golds) for key, golds in _by_key(clips).items()},
    }
    if isinstance(dataset, Release):
        about["corrections"] = list_corrections(dataset)
    return about


def list_corrections(release: Release) -> Sequence[Mapping[str, Any]]:
    """Each correction of the revision with its reason, and on how many clips it acted."""
    return [
        {**correction.model_dump(include={"task", "change", "reason", "count"}), "changed": changed}
        for correction, changed in release.corrections
    ]


def _by_key(clips: Iterable[Clip]) -> Mapping[str, list[Gold]]:
    found: dict[str, list[Gold]] = {}
    for clip in clips:
        for key, gold in clip.gold.items():
            found.setdefault(key, []).append(gold)
    order = {key: position for position, key in enumerate(KEYS)}
    return dict(sorted(found.items(), key=lambda pair: order.get(pair[0], len(order))))


def _describe(golds: Sequence[Gold]) -> Mapping[str, Any]:
    texts = [
        gold.answer if isinstance(gold.answer, str) else "\n".join(gold.answer) for gold in golds
    ]
    about: dict[str, Any] = {"n": len(golds), "distinct": len(set(texts))}
    options = {gold.choices for gold in golds if gold.choices}
    if len(options) == 1 or 0 < 2 * len(options) <= len(golds):  # else each has its own
        labels = Counter({choice: 0 for gold in golds for choice in gold.choices})
        labels.update(texts)
        label, most = labels.most_common(1)[0]
        return about | {
            "labels": dict(labels.most_common()),
            "majority": {"label": label, "share": most / len(golds)},
        }
    return about | {"words": sum(len(text.split()) for text in texts) / len(golds)}
