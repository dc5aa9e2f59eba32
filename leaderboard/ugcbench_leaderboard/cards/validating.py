"""Can a card be believed, as far as that can be computed?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ugcbench.datasets import open_dataset
from ugcbench.errors import UgcbenchError, UsageError
from ugcbench.plugins import Registry
from ugcbench.specs import Dataset, Task
from ugcbench_leaderboard.cards.against_gold import check_against_gold
from ugcbench_leaderboard.cards.card import Card
from ugcbench_leaderboard.cards.claims import check_claims, check_standing
from ugcbench_leaderboard.cards.findings import Finding, error, warning
from ugcbench_leaderboard.cards.reading import CardError, read_card
from ugcbench_leaderboard.cards.recomputing import check_numbers, check_records
from ugcbench_leaderboard.cards.rules import Samples, find_judge, find_samples, make_tasks

LARGE = 10 << 20
"""Bytes from which on a card is a burden to a repository."""


def validate_file(file: Path, registry: Registry, dataset: str | None = None) -> list[Finding]:
    """What is found in a card's file, errors first; never raises for what stands in it.

    `dataset` is the name or path of the dataset, if not the one that the card names; raises
    `UsageError` if it can't be opened.
    """
    try:
        card = read_card(file)
    except CardError as problem:
        return [error("card", str(problem).removeprefix(f"{file}: "))]
    found = validate(card, registry, dataset)
    if (size := file.stat().st_size) > LARGE:
        text = f"has {size >> 20} MiB; to put it into a repository, make it with --no-answers"
        found.append(warning("card", text))
    return found


def validate(card: Card, registry: Registry, dataset: str | None = None) -> list[Finding]:
    """What is found in a card, errors first; see `validate_file`."""
    given = open_dataset(registry, dataset, {})[0] if dataset else None
    found = list(_findings(card, registry, given))
    return sorted(found, key=lambda finding: finding.level)


def find_contradictions(card: Card, registry: Registry) -> list[Finding]:
    """The errors by which a card contradicts itself, seen without its dataset."""
    tasks = _tasks(card, registry)
    found = [*check_claims(card, registry), *check_records(card), *_numbers(card, registry, tasks)]
    return [finding for finding in found if finding.level == "error"]


def _findings(card: Card, registry: Registry, given: Dataset | None) -> Iterator[Finding]:
    yield from check_claims(card, registry)
    yield from check_standing(card)
    yield from check_records(card)
    tasks = _tasks(card, registry)
    gold: Samples | None = None
    try:
        opened = _open(registry, card.clips.dataset) if given is None else given
        gold = find_samples(opened, tasks, card.clips.limit, card.clips.subset)
    except UgcbenchError as problem:
        text = (
            f"is not at hand, so that no answer was scored again; give it by --dataset ({problem})"
        )
        yield warning("dataset", text)
    else:
        if opened.revision != card.clips.revision:
            text = f"here has the revision {opened.revision}, in the card {card.clips.revision}"
            yield warning("dataset", text)
    yield from _numbers(card, registry, tasks, gold)
    if gold is not None:
        yield from check_against_gold(card, tasks, gold)


def _open(registry: Registry, stated: str) -> Dataset:
    """The dataset that a card states: a name, and never a path; raises `UsageError`."""
    if not registry.has_dataset(stated):
        raise UsageError(f"{stated} is no registered dataset")
    return open_dataset(registry, stated, {})[0]


def _tasks(card: Card, registry: Registry) -> dict[str, Task]:
    judge = card.judge.name if card.judge else None
    return make_tasks(registry, card.tasks, card.protocol, judge)


def _numbers(
    card: Card, registry: Registry, tasks: Mapping[str, Task], gold: Samples | None = None
) -> list[Finding]:
    try:
        judge = find_judge(registry, card.judge.name if card.judge else None)
    except UgcbenchError:
        judge = None  # no task that needs one could be made
    return list(check_numbers(card, tasks, judge, gold))
