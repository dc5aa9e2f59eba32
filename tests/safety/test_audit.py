"""The audit of dependencies asks for what is pinned, and never fails for want of a network."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ugcbench.testing import LoopbackServer, Response, json_response

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("answer", "reachable"),
    [
        (json_response({"info": {}, "vulnerabilities": []}), True),
        (json_response({"info": {}}), False),
        (Response(404, b"no"), False),
        (Response(200, b"<html>"), False),
    ],
)
def test_an_index_is_asked_only_where_it_knows(audit, answer, reachable):
    with LoopbackServer(lambda request: answer) as server:
        assert audit.is_reachable(server.origin) is reachable


def test_without_a_network_it_is_said_and_nothing_fails(audit, monkeypatch, capsys):
    monkeypatch.setattr(audit, "INDEX", "http://127.0.0.1:9")
    assert audit.main() == 0
    assert capsys.readouterr().out.startswith("not audited")


CLEAN = {"name": "a", "version": "1", "vulns": []}
SKIPPED = {"name": "b", "skip_reason": "not found"}
BAD = {
    "name": "c",
    "version": "2",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3"]}],
}


@pytest.mark.parametrize(
    ("packages", "beginning", "code"),
    [
        ([CLEAN, CLEAN], "audited 2 of 2 pins: 0 vulnerabilities", 0),
        ([CLEAN, SKIPPED], "audited 1 of 2 pins: 0 vulnerabilities\nnot audited, unknown", 0),
        ([CLEAN, BAD], "audited 2 of 2 pins: 1 vulnerabilities\nc 2: PYSEC-1, mended in 3", 1),
        ([SKIPPED, SKIPPED], "not audited: the index knows none of the 2 pins", 0),
    ],
)
def test_what_was_not_looked_at_is_never_called_clean(audit, packages, beginning, code):
    text, found = audit.summarize({"dependencies": packages})
    assert (text[: len(beginning)], found) == (beginning, code)


def test_an_accepted_vulnerability_fails_nothing(audit, monkeypatch):
    monkeypatch.setattr(audit, "ACCEPTED", {"CVE-1": "we don't call that function"})
    assert audit.summarize({"dependencies": [BAD]})[1] == 0


def test_every_pin_is_exact_and_every_exception_has_a_reason(audit):
    pins = [line for line in audit.PINS.read_text().splitlines() if line and line[0] != "#"]
    assert len(pins) > 50
    assert [line for line in pins if "==" not in line] == []
    assert all(audit.ACCEPTED.values())
    assert str(audit.PINS) in audit.arguments()
