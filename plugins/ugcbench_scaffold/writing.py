"""How do the files of a new plugin come from the templates?"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from packaging.version import Version

from ugcbench.version import __version__
from ugcbench_scaffold.kinds import KINDS
from ugcbench_scaffold.names import Names

TEMPLATES = resources.files("ugcbench_scaffold") / "templates"


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts under their paths in `folder`; raises `FileExistsError` if it is there."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def make_files(names: Names, kinds: Sequence[str], license_name: str) -> Mapping[str, str]:
    """The texts of a plugin that adds `kinds`, by their paths in its folder."""
    words = _words(names, kinds, license_name)
    package = names.package
    files = {
        "pyproject.toml": _fill("package/pyproject.toml", words),
        "README.md": _fill("package/README.md", words),
        "LICENSE": _fill(f"licenses/{license_name}", words),
        ".gitignore": _fill("package/gitignore", words),
        f"{package}/__init__.py": _hooks(kinds, words),
        f"{package}/py.typed": "",
        "tests/test_plugin.py": _fill("package/test_plugin.py", words),
    }
    for kind in kinds:
        files[f"{package}/{kind}.py"] = _fill(f"{kind}/{kind}.py", words)
        files[f"tests/test_{kind}.py"] = _fill(f"{kind}/test_{kind}.py", words)
    return files


def fitting_versions(version: str = __version__) -> str:
    """The versions of ugcbench that promise to work as `version` does; see docs/compatibility.md.

    Before 1.0 those of the same minor version, later those of the same major version.
    """
    major, minor = Version(version).release[:2]
    return f">={version},<{f'0.{minor + 1}' if major == 0 else major + 1}"


def tries(names: Names, kinds: Sequence[str]) -> list[str]:
    """What can be typed once the plugin is installed."""
    return [KINDS[kind].tries.format(name=KINDS[kind].name(names.short)) for kind in kinds]


def _words(names: Names, kinds: Sequence[str], license_name: str) -> Mapping[str, str]:
    """What stands for each place in the templates."""
    required = [f"ugcbench{fitting_versions()}"]
    required += [each for kind in kinds for each in KINDS[kind].requires]
    return {
        "name": names.short,
        "distribution": names.distribution,
        "package": names.package,
        "class_name": names.class_name,
        "group": names.short if "task" in kinds else "ugc",
        "license": license_name,
        "year": str(datetime.now(UTC).year),
        "what": _listed([KINDS[kind].what for kind in kinds]),
        "dependencies": "\n".join(f'  "{each}",' for each in sorted(required)),
        "try": "\n".join(tries(names, kinds)),
        "files": "\n".join(_rows(names, kinds)),
    }


def _rows(names: Names, kinds: Sequence[str]) -> Iterator[str]:
    yield f"| `{names.package}/__init__.py` | what ugcbench is told of the package |"
    for kind in kinds:
        yield f"| `{names.package}/{kind}.py` | the {kind}: put yours in its place |"
    yield "| `tests/` | what it promises |"


def _hooks(kinds: Sequence[str], words: Mapping[str, str]) -> str:
    """The module that implements the hooks, each once however many kinds it announces."""
    specs = sorted({spec for kind in kinds if (spec := KINDS[kind].spec)})
    hooks = {KINDS[kind].hook: KINDS[kind].spec for kind in kinds}
    parts = [
        f'"""A plugin for ugcbench that adds {words["what"]}.\n\n'
        "Keep this module light: it is imported whenever ugcbench starts.\n"
        '"""\n\nfrom __future__ import annotations\n\n',
        "from collections.abc import Iterable\n" if specs else "",
        "from typing import TYPE_CHECKING\n" if "command" in kinds else "",
        f"\nfrom ugcbench import {', '.join([*specs, 'hookimpl'])}\n",
        "\nif TYPE_CHECKING:\n    import click\n" if "command" in kinds else "",
    ]
    for hook, spec in hooks.items():
        if spec is None:
            parts.append(_fill("command/hook.py", words))
            continue
        announced = [kind for kind in kinds if KINDS[kind].hook == hook]
        what = _listed([f"the {kind}" for kind in announced])
        parts.append(
            f"\n\n@hookimpl\ndef {hook}() -> Iterable[{spec}]:\n"
            f'    """{what[0].upper()}{what[1:]} that this package adds."""\n'
        )
        parts += [_fill(f"{kind}/spec.py", words) for kind in announced]
    return "".join(parts)


def _fill(template: str, words: Mapping[str, str]) -> str:
    text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return string.Template(text).substitute(words)


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
