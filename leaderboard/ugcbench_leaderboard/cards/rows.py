"""How does a card become a row of the leaderboard?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path

from ugcbench.errors import UsageError
from ugcbench.plugins import Registry
from ugcbench.scored import count
from ugcbench_leaderboard.cards.card import Card
from ugcbench_leaderboard.cards.reading import parse_card, read_card
from ugcbench_leaderboard.cards.validating import find_contradictions
from ugcbench_leaderboard.entries import Measured
from ugcbench_leaderboard.standings import Run


def find_cards(folder: Path) -> list[Path]:
    """The card files in a folder, sorted; raises `UsageError` if there is none."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise UsageError(f"{folder} holds no card; make one by `ugcbench card RUN`")
    return files


def read_card_run(file: Path, registry: Registry) -> Run:
    """The numbers of a card, with what its records count.

    Raises `UsageError` for a card that can't be read, or whose numbers don't follow from its
    records.
    """
    card = read_card(file)
    if problems := find_contradictions(card, registry):
        raise UsageError(
            f"{file} does not hold: {problems[0]}; see all by: ugcbench leaderboard validate {file}"
        )
    records = (record.as_record() for record in card.records)
    return Run(_measured(card), file, count(card.summary.cells, card.protocol, records))


def measured_by(folder: Traversable) -> Iterator[Measured]:
    """What the cards in a folder say was measured; they are taken to be validated.

    Raises `UsageError` for a card that can't be read.
    """
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".json"):
            yield _measured(parse_card(file.read_bytes(), str(file)))


def _measured(card: Card) -> Measured:
    return Measured(
        protocol=card.protocol,
        limit=card.clips.limit,
        subset=card.clips.subset,
        checkpoint=card.system.checkpoint,
        about=card.about,
        summary=card.summary,
    )
