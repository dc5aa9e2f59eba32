"""The reference says all that there is, and nothing that is no more."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache

import pytest
from documented_pages import DOCS, PAGES, ROOT, blocks, prose

import ugcbench
from ugcbench import errors, hookspecs, media, testing
from ugcbench.protocol import PROTOCOLS
from ugcbench.testing import chaos

DIRECTIVE = re.compile(r"^\.\. (auto\w+|py:data):: ([\w.]+)$", re.MULTILINE)
MESSAGE = re.compile(r"^### `+ ?(.+?) ?`+$", re.MULTILINE)
SOURCES = ("ugcbench", "tasks", "model_adapters")


def documented() -> list[tuple[str, str]]:
    """Every object that a page documents, behind the directive that does it."""
    return [
        found for page in PAGES for _, code in blocks(page) for found in DIRECTIVE.findall(code)
    ]


@pytest.mark.parametrize(
    ("home", "names"),
    [
        ("ugcbench", [name for name in ugcbench.__all__ if name != "__version__"]),
        ("ugcbench.media", media.__all__),
        ("ugcbench.testing", testing.__all__),
        ("ugcbench.testing.chaos", chaos.__all__),
        ("ugcbench.hookspecs", [name for name in vars(hookspecs) if name.startswith("ugcbench_")]),
        ("ugcbench.errors", [name for name in vars(errors) if name.endswith("Error")]),
    ],
)
def test_every_public_name_is_documented(home, names):
    assert {f"{home}.{name}" for name in names} - {name for _, name in documented()} == set()


def test_what_is_promised_to_stay_is_documented():
    rows = re.findall(
        r"^\| `([\w.]+)` \| (`.*) \|$", prose(DOCS / "compatibility.md"), re.MULTILINE
    )
    promised = {f"{home}.{name}" for home, names in rows for name in re.findall(r"`(\w+)`", names)}
    known = {name for _, name in documented()}
    alias = {f"ugcbench.protocol.{name}" for name in ("Protocol", "get_protocol")}
    assert promised - known - alias - {"ugcbench.plugins.Registry"} == set()


def test_what_is_documented_is_there_and_only_once():
    names = [name for _, name in documented()]
    assert len(names) == len(set(names))
    for directive, name in documented():
        module, _, attribute = name.rpartition(".")
        found = getattr(importlib.import_module(module), attribute)
        assert directive == "py:data" or found.__doc__, name


def test_every_rule_of_a_protocol_is_explained():
    page = prose(DOCS / "protocols.md")
    words = re.sub(r"<!-- rules:.*?<!-- end -->", "", page, flags=re.DOTALL)
    rules = {rule for preset in PROTOCOLS.values() for rule in flat(preset.model_dump())}
    assert {rule for rule in rules - {"name"} if f"`{rule}`" not in words} == set()


def flat(rules, prefix=""):
    """The dotted names of all rules."""
    for name, value in rules.items():
        yield from flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [prefix + name]


@pytest.mark.parametrize("message", MESSAGE.findall((DOCS / "faq.md").read_text()))
def test_each_message_of_the_faq_is_still_said(message):
    parts = [re.escape(part) for part in message.split("...")]
    assert re.search(".*".join(parts), said(), re.IGNORECASE), "no source says this any more"


@cache
def said() -> str:
    """Every text in the source, one a line, with `...` for what is filled in."""
    files = [file for source in SOURCES for file in (ROOT / source).rglob("*.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    texts = [text_of(node) for tree in trees for node in ast.walk(tree)]
    return "\n".join(text.replace("\n", " ") for text in texts if text)


def text_of(node: ast.AST) -> str:
    """The text of a literal, quotes included where a value is shown with its quotes."""
    match node:
        case ast.JoinedStr():
            return "".join(map(text_of, node.values))
        case ast.FormattedValue():
            return "'...'" if node.conversion == ord("r") else "..."
        case ast.Constant(value=str(text)):
            return text
    return ""
