"""How does the site become files?"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ugcbench
from ugcbench.errors import MissingExtraError, UsageError
from ugcbench.pages import HOUSE
from ugcbench_leaderboard.site.shown import ShownCell, ShownTable

if TYPE_CHECKING:
    from ugcbench_leaderboard.site.gathering import Site

HERE = Path(__file__).parent
MANIFEST = "site.json"
MAKER = "ugcbench leaderboard"


def check_folder(folder: Path) -> None:
    """Raise `UsageError` unless a site may be written to `folder`.

    There is nothing, an empty folder, or a site of ours with nothing else in it.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; choose another folder for the site")
    ours = _listed(folder)
    if not ours and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty and no site of ours; choose another folder")
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    names = {path.relative_to(folder).as_posix() for path in files}
    if foreign := sorted(names - ours):
        raise UsageError(
            f"{folder} also holds {foreign[0]}, which is none of the site's; move it away, or "
            "choose another folder"
        )


def write_site(site: Site, folder: Path) -> None:
    """Write all pages into `folder`, in the place of an older site.

    The bytes depend only on the site. Raises `UsageError` for a folder that is not ours, and
    `MissingExtraError` without Jinja2.
    """
    check_folder(folder)
    files = render_site(site)
    files[MANIFEST] = json.dumps({"made_by": MAKER, "files": sorted([*files, MANIFEST])}, indent=1)
    with _replacing(folder.resolve()) as fresh:
        for name, text in files.items():
            file = fresh / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8"))


def render_site(site: Site) -> dict[str, str]:
    """The text of every file by its path in the site."""
    environment = _environment()
    pages: dict[str, tuple[str, Mapping[str, Any]]] = {
        "index.html": ("index.html", {"data": _data(site)}),
        "protocols.html": ("protocols.html", {}),
        "tasks.html": ("tasks.html", {}),
    }
    for system in site.systems:
        pages[f"models/{system.slug}.html"] = ("model.html", {"system": system})
    for task in site.tasks:
        pages[f"tasks/{task.slug}.html"] = ("task.html", {"task": task})
    texts = {
        path: environment.get_template(template).render(
            site=site, root="../" * path.count("/"), version=ugcbench.__version__, **more
        )
        for path, (template, more) in pages.items()
    }
    for table in site.tables:
        for ending, text in table.downloads.items():
            texts[f"downloads/{table.name}.{ending}"] = text
    for place, source in (("static", HERE / "static"), ("house", HOUSE)):
        for file in sorted(source.iterdir()):
            texts[f"{place}/{file.name}"] = file.read_text(encoding="utf-8")
    return texts


def _environment() -> Any:  # noqa: ANN401
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise MissingExtraError("the site needs Jinja2: pip install 'ugcbench[site]'") from error
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _data(site: Site) -> dict[str, Any]:
    """What the scripts of the table read: for each table its columns and rows."""
    pages = {task.name: f"tasks/{task.slug}.html" for task in site.tasks}
    return {table.name: _table(table, pages) for table in site.tables}


def _table(table: ShownTable, pages: Mapping[str, str]) -> dict[str, Any]:
    columns = [
        {
            "key": each.key,
            "label": each.label,
            "title": each.title,
            "page": pages.get(each.task or ""),
        }
        for each in table.headings
    ]
    rows = [
        {
            "id": row.slug,
            "model": row.model,
            "rank": row.rank,
            "weights": row.about.weights,
            "size": row.size,
            "protocols": row.protocols,
            "judges": row.judges,
            "cells": {cell.key: _cell(cell) for cell in row.cells},
        }
        for row in table.rows
    ]
    return {"title": table.title, "columns": columns, "rows": rows}


def _cell(cell: ShownCell) -> dict[str, Any]:
    fields = ("title", "kind", "text", "marks", "beside", "value", "low", "high", "facts")
    return {name: getattr(cell, name) for name in fields}


def _listed(folder: Path) -> set[str]:
    """The files that a site of ours in `folder` consists of; empty if there is none."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return set(manifest["files"]) if manifest["made_by"] == MAKER else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


@contextlib.contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder` that takes its place once all is written."""
    fresh = folder.with_name(f"{folder.name}.partial-{os.getpid()}")
    try:
        fresh.mkdir(parents=True)
        yield fresh
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
