"""The tables of leaderboard/README.md come from the entries, and so do stored runs."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from published import PUBLISHED

from ugcbench_leaderboard.entries import read_entries
from ugcbench_leaderboard.standings import gather

ROOT = Path(__file__).parent.parent.parent
TOOL = ROOT / "tools" / "update_leaderboard.py"


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """The tool at work on a copy of the entries."""
    spec = importlib.util.spec_from_file_location("update_leaderboard", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shutil.copytree(PUBLISHED, tmp_path / "entries")
    monkeypatch.setattr(module, "ENTRIES", tmp_path / "entries")
    return module


def test_the_tables_are_up_to_date():
    subprocess.run([sys.executable, str(TOOL), "--check"], check=True)


def test_a_stored_run_stands_in_the_table_like_the_run_itself(tool, make_run, constant_values):
    before = read_entries(tool.ENTRIES).find("gemini-2.5-pro")
    tool.store(make_run("a", "gemini-2.5-pro", constant_values(ocr=0.1)))
    tool.store(make_run("b", "gemini-2.5-pro", constant_values(ocr=0.7)))
    entry = read_entries(tool.ENTRIES).find("gemini-2.5-pro")
    assert entry.published == before.published
    (measured,) = entry.measured
    assert measured.summary.versions == {}
    rows = {row.model: row for row in gather("main", read_entries(tool.ENTRIES))}
    figure = rows["gemini-2.5-pro"].figures["ugc/ocr"]
    assert (figure.value, figure.source) == (70.0, "recorded")
    assert "70.0 [69.3]" in tool.fill((ROOT / "leaderboard" / "README.md").read_text(), "main")


def test_a_system_without_an_entry_gets_one(tool, make_run, constant_values):
    values = constant_values(tone=0.7)
    tool.store(make_run("a", "openai/My Model", values, protocol="v1", source="run"))
    stored = json.loads((tool.ENTRIES / "openai-my-model.json").read_text())
    assert stored["model"] == "openai/My Model"
    rows = {row.model: row for row in gather("main", read_entries(tool.ENTRIES))}
    assert rows["openai/My Model"].figures["ugc/tone"].value == 70.0
