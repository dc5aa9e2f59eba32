"""The pages of docs/ hang together: one table of contents, links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documented_pages import DOCS, PAGES, ROOT, blocks, name_of, prose

LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?\)")
ENTRY = re.compile(r"^(?:.*<(?P<page>[\w/-]+)>|(?P<bare>[\w/-]+))$", re.MULTILINE)


def test_each_page_stands_once_in_the_table_of_contents():
    listed = [entry for page in PAGES for entry in entries(page)]
    assert sorted(listed) == sorted(name_of(page) for page in PAGES if name_of(page) != "index")


def entries(page: Path) -> list[str]:
    """What the toctrees of a page list."""
    trees = [code for language, code in blocks(page) if language == "{toctree}"]
    found = (match for tree in trees for match in ENTRY.finditer(tree))
    return [match["page"] or match["bare"] for match in found]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings(page):
    dead = []
    for link in LINK.findall(prose(page)):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if re.match(r"\w+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as code hosts and the site make them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_has_one_title_and_it_is_short(page):
    titles = re.findall(r"^# (.+)$", prose(page), re.MULTILINE)
    assert len(titles) == 1
    assert len(titles[0]) <= 45


def test_pictures_are_small_and_have_words():
    pictures = [*DOCS.glob("*.png"), *DOCS.glob("*.svg")]
    assert [p.name for p in pictures if p.stat().st_size > 600_000] == []
    text = "".join(prose(page) for page in PAGES)
    assert [p.name for p in pictures if f"({p.name})" not in text] == []
    assert re.findall(r"!\[\]\([^)]*\)", text) == []
