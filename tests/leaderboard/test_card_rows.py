"""A card stands in the leaderboard as its run would, and no card with made-up numbers does."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from published import PUBLISHED

from ugcbench.errors import UsageError
from ugcbench.scored import read_scored
from ugcbench_leaderboard.cards.rows import read_card_run
from ugcbench_leaderboard.entries import read_entries
from ugcbench_leaderboard.standings import gather


@pytest.fixture
def card_file(mini_card, tmp_path):
    """Writes a card into a file, changed or not."""

    def write(name="card.json", change=lambda card: None):
        card = copy.deepcopy(mini_card)
        change(card)
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(card))
        return file

    return write


def test_a_card_counts_what_its_run_counts(card_file, mini_run, plugins):
    run, scored = read_card_run(card_file(), plugins), read_scored(mini_run)
    counted = run.read_counted()
    assert counted.keys() == scored.counted.keys()
    for name, column in scored.counted.items():
        for field in ("samples", "clips", "values"):
            assert np.array_equal(getattr(counted[name], field), getattr(column, field))
    assert run.measured.summary == scored.summary


def test_a_card_and_its_run_are_one_row(ugcbench, card_file, mini_run):
    alone = ["--entries", PUBLISHED, "--format", "json", "--table", "caption"]
    run, card = (
        json.loads(ugcbench("leaderboard", path, *alone).stdout)
        for path in (mini_run, card_file("shelf/one.json"))
    )
    assert run == card
    shelf = ugcbench("leaderboard", "--cards", "shelf", *alone)
    assert json.loads(shelf.stdout) == run
    assert "--cards shelf" in ugcbench("leaderboard", "shelf").stderr


def test_made_up_numbers_are_refused(ugcbench, card_file):
    def improve(card):
        card["summary"]["cells"][0]["value"] = 0.99

    done = ugcbench("leaderboard", card_file(change=improve))
    assert done.returncode == 2
    assert "does not hold" in done.stderr
    assert "ugcbench leaderboard validate" in done.stderr


def test_a_judge_that_nobody_knows_hides_no_numbers(card_file, plugins):
    def hide(card):
        card["judge"]["name"] = "nobody/knows"
        for cell in card["summary"]["cells"]:
            if cell["judge"]:
                cell.update(judge="gpt-4o", comparable=True, value=0.99)

    with pytest.raises(UsageError, match="does not hold"):
        read_card_run(card_file(change=hide), plugins)


def test_cards_among_the_entries_are_entries(card_file, tmp_path):
    card_file("entries/cards/blind.json", lambda card: card["about"].update(weights="open"))
    directory = read_entries(tmp_path / "entries")
    assert [entry.model for entry in directory.entries] == ["blind"]
    assert directory.entries[0].measured[0].about.weights == "open"
    (row,) = gather("caption", directory)
    assert row.model == "blind"


def test_a_card_adds_to_the_entry_of_its_system(card_file, tmp_path):
    card_file("entries/cards/blind.json")
    card_file("entries/cards/again.json", lambda card: card["summary"].update(run="again"))
    published = {"table": "main", "source": "s", "cells": {"ugc/tone": "50.0"}}
    entry = {"model": "The-Blind", "aliases": ["Blind"], "published": [published]}
    (tmp_path / "entries" / "blind.json").write_text(json.dumps(entry))
    (found,) = read_entries(tmp_path / "entries").entries
    assert found.model == "The-Blind"
    assert [measured.summary.run for measured in found.measured] == ["again", "blind-on-mini"]


def test_a_folder_without_cards_is_told(ugcbench, tmp_path):
    (tmp_path / "empty").mkdir()
    done = ugcbench("leaderboard", "--cards", "empty")
    assert done.returncode == 2
    assert "ugcbench card RUN" in done.stderr
