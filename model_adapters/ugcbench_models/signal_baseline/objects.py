"""Which objects can be listed by what was measured?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ugcbench_models.signal_baseline.facts import Facts, Scene
from ugcbench_models.signal_baseline.layout import place

MOST = 5
"""Kinds of colour patches that are listed at most."""


def list_objects(facts: Facts) -> str:
    """People, lettering and patches of colour, as `object (count: X, color: Y, position: Z); ...`.

    The background's colour is given where there is nothing else to list.
    """
    found = [*_list_people(facts), *_list_patches(facts), *_list_lettering(facts)]
    return "; ".join(found or _list_background(facts))


def _item(name: str, count: int, colour: str, position: str) -> str:
    return f"{name} (count: {count}, color: {colour}, position: {position})"


def _list_people(facts: Facts) -> Iterator[str]:
    faces = facts.faces
    if facts.shows_face:
        yield _item("person", faces.count, faces.colour, faces.position)


def _list_patches(facts: Facts) -> list[str]:
    """Each kind with its largest number in one scene, largest patch first."""
    counts: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], tuple[float, str]] = {}
    for scene in facts.scenes:
        counts |= _count_kinds(scene)
        for region in scene.regions:
            kind = region.shape, region.colour
            where[kind] = max(where.get(kind, (0.0, "")), (region.area, region.position))
    kinds = sorted(where, key=lambda kind: (-where[kind][0], kind))[:MOST]
    return [_item(kind[0], counts[kind], kind[1], where[kind][1]) for kind in kinds]


def _count_kinds(scene: Scene) -> Counter[tuple[str, str]]:
    return Counter((region.shape, region.colour) for region in scene.regions)


def _list_lettering(facts: Facts) -> list[str]:
    colours = dict.fromkeys(line.colour for line in facts.lines)
    lines = {colour: [x for x in facts.lines if x.colour == colour] for colour in colours}
    return [
        _item("text overlay", len(same), colour, place(same[0].x, same[0].y))
        for colour, same in lines.items()
    ]


def _list_background(facts: Facts) -> Iterator[str]:
    colours = facts.scenes[0].colours
    yield _item("background", 1, colours[0] if colours else "mixed", "center")
