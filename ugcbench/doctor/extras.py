"""What is missing of the packages that an adapter needs?

Only the metadata of what is installed is read; nothing is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def find_missing(distribution: str, extra: str) -> list[str]:
    """What `distribution[extra]` needs and this machine lacks, in words; sorted, each once."""
    return sorted(set(_missing(distribution, extra)))


def _missing(distribution: str, extra: str) -> Iterator[str]:
    try:
        about = metadata.metadata(distribution)
    except metadata.PackageNotFoundError:
        yield distribution
        return
    if canonicalize_name(extra) not in map(canonicalize_name, about.get_all("Provides-Extra", [])):
        yield f"{distribution} with an extra {extra} (installed: {about['Version']}, without)"
    for requirement in _required(distribution, extra):
        yield from _lacking(requirement)


def _lacking(requirement: Requirement) -> Iterator[str]:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        yield requirement.name
        return
    if not requirement.specifier.contains(version, prereleases=True):
        yield f"{requirement.name}{requirement.specifier} (installed: {version})"
    for inner in requirement.extras:
        yield from _missing(requirement.name, inner)


def _required(distribution: str, extra: str) -> Iterator[Requirement]:
    """What an extra adds to a distribution's own requirements."""
    for requirement in map(Requirement, metadata.requires(distribution) or ()):
        marker = requirement.marker
        if marker and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""}):
            yield requirement
