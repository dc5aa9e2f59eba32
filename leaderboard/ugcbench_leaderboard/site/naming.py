"""Under which file name is a system's or a task's page found?"""

from __future__ import annotations

import re

from ugcbench.protocol import digest

LONGEST = 80


def slug(name: str) -> str:
    """A name of small letters, digits, dots and dashes, with a digest where that is another name.

    No two names have the same.
    """
    plain = re.sub(r"[^a-z0-9.]+", "-", name.casefold()).strip("-.")[:LONGEST]
    return plain if plain == name else f"{plain}_{digest(name, 8)}"


def task_slug(name: str) -> str:
    """A task's, such as `ugc-caption`."""
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
