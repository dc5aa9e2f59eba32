"""Do the head of a card and its hashes agree with each other?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ugcbench.errors import UgcbenchError
from ugcbench.identity import names_same_model
from ugcbench.plaintext import OBEYED
from ugcbench.plugins import Registry
from ugcbench.protocol import PROTOCOLS, Protocol, digest
from ugcbench.types import Cell
from ugcbench_leaderboard.cards.card import Card
from ugcbench_leaderboard.cards.findings import Finding, error, warning
from ugcbench_leaderboard.cards.portable import LONGEST_TEXT, find_places
from ugcbench_leaderboard.cards.rules import find_judge

LARGEST_HEAD = 1 << 20
"""Characters of all that is no record."""

LEAST_COVERAGE = 0.95
"""The share of the samples that must count for a figure to be taken."""


def check_claims(card: Card, registry: Registry) -> Iterator[Finding]:
    """What in the head of a card contradicts itself or what is installed here."""
    yield from _check_protocol(card)
    yield from _check_names(card)
    yield from _check_texts(card)
    yield from _check_judge(card, registry)


def check_standing(card: Card) -> Iterator[Finding]:
    """What sets a card's row apart from others, or keeps it from being taken as one of them."""
    for cell in {(_task(cell), cell.n, cell.asked): cell for cell in card.summary.cells}.values():
        yield from _check_coverage(cell)
    yield from _check_clips(card)
    yield from _check_about(card)


def _check_protocol(card: Card) -> Iterator[Finding]:
    rules, stated = card.protocol, card.hashes.protocol
    if rules.hash() != stated:
        yield error("protocol", f"its rules have the hash {rules.hash()}, the card says {stated}")
    named = f"{rules.name}@{rules.hash()}"
    if card.summary.protocol != named:
        yield error("protocol", f"the summary was made under {card.summary.protocol}, not {named}")
    preset = PROTOCOLS.get(rules.name)
    if preset and preset.version == rules.version and (other := _differing(rules, preset)):
        text = f"is called {rules.name}, but has other rules than that: {', '.join(other)}"
        yield error("protocol", text)
    profile = digest(rules.profile.model_dump(mode="json"))
    if profile != card.hashes.media_profile:
        text = f"has the hash {profile}, the card says {card.hashes.media_profile}"
        yield error("media profile", text)


def _differing(rules: Protocol, preset: Protocol) -> list[str]:
    """The rules that differ from those of the preset, but for the number of votes."""
    voting = {"votes": rules.judge.votes, "quorum": rules.judge.quorum}
    judge = preset.judge.model_copy(update=voting)
    ours = rules.model_dump(mode="json")
    theirs = preset.model_copy(update={"judge": judge}).model_dump(mode="json")
    return [name for name in ours if ours[name] != theirs[name]]


def _check_names(card: Card) -> Iterator[Finding]:
    summary, clips = card.summary, card.clips
    if card.system.model != summary.model:
        yield error("system", f"is {card.system.model}, in the summary {summary.model}")
    if "path" in card.system.options and card.system.checkpoint is None:
        yield error("system", "was loaded from a folder of its own, but names no checkpoint")
    if summary.dataset != (named := f"{clips.dataset}@{clips.revision}"):
        yield error("dataset", f"is {named}, in the summary {summary.dataset}")
    if clips.limit is not None and clips.subset is not None:
        yield error("dataset", "has both a limit and a subset")
    if len(summary.model_answered) > 1:
        yield warning("system", f"was answered by several: {', '.join(summary.model_answered)}")
    for cell in summary.cells:
        if cell.protocol != card.protocol.name:
            yield error(cell.name, f"was made under {cell.protocol}, not {card.protocol.name}")
        if cell.bridged is not None:
            yield error(cell.name, "is bridged from another judge, which a card may not hold")


def _check_texts(card: Card) -> Iterator[Finding]:
    head = list(_texts(card.model_dump(mode="json", exclude={"records", "about"})))
    if sum(map(len, head)) > LARGEST_HEAD or max(map(len, head)) > LONGEST_TEXT:
        yield error("card", "is larger without its records than the card of any run")
        return
    for place in dict.fromkeys(find_places(head)):
        yield error("card", f"names a folder, a server or a secret of a machine: {place!r}")
    names = [text for record in card.records for text in (record.task, record.sample)]
    for text in dict.fromkeys([*head, *names]):
        if OBEYED.search(text):
            yield error("card", f"holds control characters: {text!r}")


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _check_judge(card: Card, registry: Registry) -> Iterator[Finding]:
    cells = [cell for cell in card.summary.cells if cell.judge]
    if not cells:
        return
    if card.judge is None:
        yield error("judge", f"{cells[0].judge} gave verdicts, but the card names no judge")
        return
    try:
        judge = find_judge(registry, card.judge.name)
    except UgcbenchError as problem:
        yield error("judge", f"is not known here, so that it can't be checked: {problem}")
        return
    if judge is None:
        yield error("judge", "has no name")
        return
    for cell in cells:
        if cell.judge != judge.name:
            yield error(cell.name, f"was judged by {cell.judge}, not by {judge.name}")
        if cell.comparable != judge.comparable:
            word = "can" if judge.comparable else "can't"
            yield error(cell.name, f"verdicts of {judge.name} {word} be compared")
    if not judge.comparable:
        text = f"{judge.name} is an offline judge: the row has no rank"
        yield warning("judge", text)
    yield from _check_rerouting(cells, card.judge.name)


def _check_rerouting(cells: list[Cell], asked: str) -> Iterator[Finding]:
    """A single judge that names its model should have been answered by that one."""
    answered = sorted({name for cell in cells for name in cell.judge_answered})
    _, prefix, model = asked.partition("/")
    if not prefix or "," in asked:
        return
    others = [name for name in answered if not names_same_model(model, name)]
    if others:
        text = f"{model} was asked, but {', '.join(others)} answered"
        yield warning("judge", text)


def _check_coverage(cell: Cell) -> Iterator[Finding]:
    if cell.n == cell.asked:
        return
    if cell.n == 0:
        yield warning(_task(cell), f"none of {cell.asked} samples counts: there is no figure")
        return
    text = f"{cell.n} of {cell.asked} samples count ({cell.coverage:.1%})"
    if cell.coverage < LEAST_COVERAGE:
        yield error(_task(cell), f"{text}; at least {LEAST_COVERAGE:.0%} must")
    else:
        yield warning(_task(cell), text)


def _task(cell: Cell) -> str:
    return cell.name.partition(":")[0]


def _check_clips(card: Card) -> Iterator[Finding]:
    clips = card.clips
    if clips.subset is not None:
        yield warning("dataset", f"only {clips.subset}: the row has no rank")
    elif clips.limit is not None:
        yield warning("dataset", f"only the first {clips.limit} clips: the row has no rank")


def _check_about(card: Card) -> Iterator[Finding]:
    wanted = ("link", "licence", "weights", "parameters")
    if missing := [name for name in wanted if getattr(card.about, name) is None]:
        options = ", ".join(f"--{name}" for name in missing)
        yield warning("about", f"readers will miss {options} of `ugcbench card`")
