"""How long does a judge live, and does its name always mean the same model?

A provider's model is `pinned` when its name stands for one snapshot, an `alias` when the provider
may put another model behind it. Plugins know the announcements of the providers that they talk to.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

SOON = 180
"""Days before a shutdown from which on it is warned of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """What a provider has announced about one model, named as in `--judge`.

    `shutdown` is the day from which on it no longer answers as itself, None if none is announced;
    `successor` what the provider recommends, or sends requests to from then on; `source` where it
    is announced and `checked` when that was looked up.
    """

    name: str
    provider: str
    kind: Literal["pinned", "alias"]
    shutdown: datetime.date | None = None
    successor: str | None = None
    source: str
    checked: datetime.date

    def days_left(self, today: datetime.date) -> int | None:
        """Days until the shutdown, negative after it; None if none is announced."""
        return None if self.shutdown is None else (self.shutdown - today).days


def read_lifecycles(text: str) -> Iterator[Lifecycle]:
    """Lifecycles from TOML: `[[provider]]` with name, source and checked, then its `models`."""
    for provider in tomllib.loads(text)["provider"]:
        common = {key: provider[key] for key in ("source", "checked")}
        for model in provider["models"]:
            yield Lifecycle(provider=provider["name"], **common, **model)


def announce_shutdown(life: Lifecycle, today: datetime.date) -> str | None:
    """When the model ends, in words, if that is within `SOON` days or past."""
    days = life.days_left(today)
    if days is None or days > SOON:
        return None
    if days > 0:
        when = f"is shut down in {days} day{'s' if days > 1 else ''}"
    else:
        when = f"was shut down {-days} days ago" if days else "is shut down today"
    return f"{life.name} {when} ({life.shutdown})"


def warn_of(
    judge: str, lifecycles: Mapping[str, Lifecycle], today: datetime.date | None = None
) -> list[str]:
    """What somebody who asks `judge` should know, in words; empty if nothing is known."""
    life = lifecycles.get(judge)
    found = []
    end = announce_shutdown(life, today or local_day()) if life else None
    if life and end:
        successor = f"; the provider names {life.successor} instead" if life.successor else ""
        found.append(
            f"{end}{successor}; stored verdicts stay usable with --judge stored/{judge}, and "
            "`ugcbench judge calibrate` qualifies a successor"
        )
    if (life and life.kind == "alias") or judge.endswith("-latest"):
        found.append(
            f"{judge} is an alias: another model may answer to it tomorrow, and numbers would no "
            "longer compare; pin a dated snapshot where there is one"
        )
    return found


def local_day() -> datetime.date:
    """Today, where the user is: shutdowns are announced by day."""
    return datetime.date.today()
