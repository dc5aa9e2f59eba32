"""`ugcbench protocol` shows the rules and where two protocols differ."""

from __future__ import annotations

import json


def test_show_prints_every_rule_and_the_hash(ugcbench):
    shown = ugcbench("protocol", "show", "paper").stdout
    assert "hash: e8dc014cc48b" in shown
    assert "profile.max_pixels: 100176" in shown
    rules = json.loads(ugcbench("protocol", "show", "v1", "--format", "json").stdout)
    assert rules["missing.refused"] == 0.0


def test_diff_prints_only_what_differs_and_exits_with_1(ugcbench):
    done = ugcbench("protocol", "diff", "paper", "paper-skip-empty")
    assert done.stdout == "ngram: ocr-keep-empty -> ocr-skip-empty\n"
    assert done.returncode == 1
    same = ugcbench("protocol", "diff", "v1", "v1")
    assert (same.returncode, same.stdout) == (0, "v1 and v1 have the same rules\n")
    rules = json.loads(ugcbench("protocol", "diff", "v1", "paper", "--format", "json").stdout)
    assert rules["choice"] == ["lenient", "exact"]
    assert "profile.fps" not in rules


def test_a_run_directory_stands_for_its_protocol(ugcbench, tmp_path):
    arguments = ["run", "--model", "blind", "--tasks", "ugc/tone", "--dataset", "mini"]
    assert ugcbench(*arguments, "--protocol", "paper", "--output", "r").returncode == 0
    assert ugcbench("protocol", "diff", "r", "paper").returncode == 0
    done = ugcbench("protocol", "show", "pepper")
    assert done.returncode == 2
    assert "the protocols are" in done.stderr
