"""Was an installed plugin, or a run's file, made for another version of ugcbench?

A plugin says so by its own requirement, such as `ugcbench>=0.1,<0.2`, which pip keeps when it
installs, but not when ugcbench is replaced later or requirements are passed over. A run's files
hold the version that wrote them. docs/compatibility.md says what is promised.
"""

from __future__ import annotations

import json
from importlib.metadata import Distribution

from ugcbench.errors import IncompatiblePluginError
from ugcbench.version import __version__


def check_requirement(distribution: Distribution, version: str = __version__) -> None:
    """Raise `IncompatiblePluginError` if `distribution` declares that it needs another `version`.

    One that declares no requirement on ugcbench passes.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    for requirement in map(Requirement, distribution.requires or ()):
        if canonicalize_name(requirement.name) != "ugcbench":
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not requirement.specifier.contains(version, prereleases=True):
            raise IncompatiblePluginError(
                f"it needs ugcbench{requirement.specifier}, and this is {version}; "
                f"try: pip install --upgrade {distribution.name} ugcbench"
            )


def tell_newer(file: bytes, version: str = __version__) -> str | None:
    """What to do about a run's `file` that can't be understood, if a newer ugcbench wrote it.

    None if it was this version or an older one, or the file doesn't say.
    """
    from packaging.version import InvalidVersion, Version

    try:
        wrote = str(json.loads(file)["versions"]["ugcbench"])
        is_newer = Version(wrote) > Version(version)
    except (ValueError, KeyError, TypeError, RecursionError, InvalidVersion):
        return None
    if not is_newer:
        return None
    return f"ugcbench {wrote} wrote it, and this is {version}: pip install 'ugcbench>={wrote}'"
