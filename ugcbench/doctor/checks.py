"""What does one check of the doctor say?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ugcbench.types import Frozen

Status = Literal["ok", "note", "warning", "failed"]


class Check(Frozen):
    """One thing that was looked at, and how it is.

    `note` is something that may well be wanted so, `warning` something that may spoil numbers or
    could not be settled, `failed` something that will. `found` says how it is, `fix` what to type;
    a failure that an adapter reports has the fix in its own words. `verdict` is that of a probe,
    `figures` holds what was measured.
    """

    area: Literal["machine", "model", "judge"]
    name: str
    status: Status
    found: str
    fix: str | None = None
    verdict: str | None = None
    figures: Mapping[str, Any] = {}
