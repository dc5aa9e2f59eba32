"""What is wrong in the published gold, and what do we do about it?

Each revision is a JSON file beside this module; see `ugcbench.gold.corrections`.
"""

from __future__ import annotations

from importlib import resources

from ugcbench.gold.corrections import Revision


def read_revision(name: str) -> Revision:
    """The revision of that name; `v1`, as published, corrects nothing."""
    if name == "v1":
        return Revision(revision="v1", corrections=())
    file = resources.files("ugcbench_tasks") / "ugc_videocap" / f"{name}.json"
    return Revision.model_validate_json(file.read_bytes())
