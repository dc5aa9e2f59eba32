"""Announced shutdowns and aliases are warned of."""

from __future__ import annotations

import datetime

from ugcbench import Registry
from ugcbench.lifecycles import SOON, announce_shutdown, read_lifecycles, warn_of

TODAY = datetime.date(2026, 11, 22)
TEXT = """
[[provider]]
name = "P"
source = "https://example.org/deprecations"
checked = 2026-11-01
models = [
  { name = "p/old-2024-01-01", kind = "pinned", shutdown = 2027-01-14, successor = "new" },
  { name = "p/any", kind = "alias" },
  { name = "p/new-2026-01-01", kind = "pinned" },
]
"""
LIVES = {life.name: life for life in read_lifecycles(TEXT)}


def end_on(*, days):
    life = LIVES["p/old-2024-01-01"]
    return announce_shutdown(life, life.shutdown - datetime.timedelta(days))


def test_a_shutdown_is_counted_in_days():
    assert end_on(days=53) == "p/old-2024-01-01 is shut down in 53 days (2027-01-14)"
    assert "in 1 day (" in end_on(days=1)
    assert "is shut down today" in end_on(days=0)
    assert "was shut down 3 days ago" in end_on(days=-3)
    assert end_on(days=SOON + 1) is None


def test_a_warning_says_what_to_do():
    (text,) = warn_of("p/old-2024-01-01", LIVES, TODAY)
    assert "in 53 days" in text
    assert "names new instead" in text
    assert "stored/p/old-2024-01-01" in text
    assert "ugcbench judge calibrate" in text


def test_an_alias_is_warned_of_and_a_pinned_or_unknown_name_is_not():
    (text,) = warn_of("p/any", LIVES, TODAY)
    assert "is an alias" in text
    assert "is an alias" in warn_of("q/some-latest", LIVES, TODAY)[0]
    assert warn_of("p/new-2026-01-01", LIVES, TODAY) == []
    assert warn_of("q/unknown", LIVES, TODAY) == []


def test_the_bundled_announcements_name_models_that_can_be_asked():
    registry = Registry()
    lives = registry.lifecycles
    assert lives["openai/gpt-4o-2024-08-06"].days_left(TODAY) == 53
    assert {name.partition("/")[0] for name in lives} <= {
        name for name, spec in registry.models.items() if spec.prefix and "judge" in spec.roles
    }
    for life in lives.values():
        assert life.source.startswith("https://")
        dated = life.name[-10:].count("-") == 2 and life.name[-4:-2].strip("-").isdigit()
        assert not (dated and life.kind == "alias"), life.name
