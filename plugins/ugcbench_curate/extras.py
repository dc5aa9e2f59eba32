"""Is the extra [curate] installed, as far as a command needs it?"""

from __future__ import annotations

import importlib.util

from ugcbench.errors import MissingExtraError


def require(doing: str, *modules: str) -> None:
    """Raise `MissingExtraError` if any of the modules is absent without which `doing` can't be."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{doing} needs {', '.join(missing)}: pip install 'ugcbench[curate]'"
        )
