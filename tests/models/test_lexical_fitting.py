"""The recipe of the offline judge runs again, byte by byte the same, on any checkout."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools.fit_lexical import recipe
from tools.fit_lexical.made_texts import PLEA
from tools.fit_lexical.measuring import count_idf, measure_pairs
from tools.fit_lexical.recorded import read_judged, read_training_captions
from tools.fit_lexical.validation import assign_folds, split_rows
from ugcbench_models.lexical.levels import Coefficients, Weights, estimate, spread
from ugcbench_models.lexical.reading import read

ROOT = Path(__file__).parents[2]
VIDEOS, SYSTEMS = 20, ("good", "fair", "poor")
SUBJECTS = ("man", "woman", "dog", "child", "dancer", "cook", "singer", "driver")
VERBS = ("walks", "sings", "laughs", "speaks", "jumps", "cooks", "paints", "waits")
PLACES = ("kitchen", "street", "garden", "car", "studio", "forest", "shop", "beach")


def write_caption(rng):
    sentences = [
        f"A {rng.choice(SUBJECTS)} {rng.choice(VERBS)} in a {rng.choice(PLACES)}"
        f" with {rng.choice(('loud music', 'a red hat', 'a calm voice', 'white text'))}."
        for _ in range(8)
    ]
    return " ".join(sentences)


def spoil(caption, share, rng):
    kept = [part for part in caption.split(". ") if rng.random() > share]
    return ". ".join([*kept, write_caption(rng)[:120]])


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """An official checkout with three made systems; the level is 5, 3 or 1 give or take one."""
    root, rng = tmp_path_factory.mktemp("checkout"), random.Random(5)
    gold = {f"v{number}": write_caption(rng) for number in range(VIDEOS)}
    rows = [{"video_id": video, "path": "x", "answer": text} for video, text in gold.items()]
    dump(root / "omni_bench_qa/benchmark_qa/final_caption_qa.json", {"samples": rows})
    for level, system, share in zip((5, 3, 1), SYSTEMS, (0.1, 0.5, 0.9), strict=True):
        lines = [{"video_id": v, "caption": spoil(t, share, rng)} for v, t in gold.items()]
        dump_lines(root / f"results/omni_infer_caption_result/{system}.jsonl", lines)
        levels = {
            v: {
                f"{part}_score": min(max(level + rng.choice((-1, 0, 1)), 1), 5)
                for part in ("audio", "visual", "details")
            }
            for v in gold
        }
        dump(root / f"results/caption_score/{system}_4o.json", {"evaluations": levels})
    told = [{"videos": ["x"], "solution": write_caption(rng)} for _ in range(30)]
    chat = [{"messages": [{"content": "?"}, {"content": write_caption(rng)}]} for _ in range(30)]
    dump_lines(root / "train_data/grpo_1k.jsonl", told)
    dump_lines(root / "train_data/sft_1k.jsonl", chat)
    return root


def dump(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def dump_lines(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def made(checkout, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    recipe.follow(checkout, "2020-01-01", folder, folder / "page.md")
    return folder


def test_the_same_checkout_gives_the_same_bytes(checkout, made, tmp_path):
    command = [sys.executable, "-m", "tools.fit_lexical", str(checkout), "--version", "2020-01-01"]
    command += ["--output", str(tmp_path), "--page", str(tmp_path / "page.md")]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    for file in made.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_the_judge_says_what_was_fitted(checkout, made):
    model = Coefficients.model_validate_json((made / "coefficients.json").read_text("utf-8"))
    material = recipe.gather(read_judged(checkout))
    idf = count_idf(read_training_captions(checkout))
    weights = recipe.weigh(material.kinds)
    measured = measure_pairs(material.pairs, weights, idf)
    fit = recipe.fit(measured.only(np.flatnonzero(weights).tolist()))
    expected = fit.predict(measured)
    for row in range(0, len(material.pairs), 7):
        texts = read(material.pairs[row].reference), read(material.pairs[row].prediction)
        if PLEA in material.pairs[row].prediction:
            continue
        levels = estimate(model, Weights(model.idf), *texts)
        shown = spread(levels, model.stretch, float(measured.lost[row]))
        assert shown == pytest.approx(expected[row].tolist(), abs=1e-9)


def test_the_report_knows_what_was_held_out(made):
    report = json.loads((made / "calibration.json").read_text(encoding="utf-8"))
    assert report["pairs"] == VIDEOS * len(SYSTEMS)
    assert report["systems"] == sorted(SYSTEMS)
    assert set(report["held_out"]) == {"system", "video", "system and video"}
    found = report["held_out"]["video"]["visual"]
    assert found["n"] == report["pairs"]
    assert found["spearman"] > 0.5
    assert found["rank"]["tau"] == 1.0
    page = (made / "page.md").read_text(encoding="utf-8")
    assert "lexical-2020-01-01" in page
    assert "| good " in page


def test_nothing_is_fitted_to_what_it_is_measured_on(checkout):
    pairs = read_judged(checkout)
    folds = assign_folds(pairs)
    every = set(range(len(pairs)))
    for name, splits in split_rows(pairs, folds).items():
        seen = []
        for fitted, held_out in splits:
            seen += held_out
            both = [[pairs[row] for row in rows] for rows in (fitted, held_out)]
            videos, systems = (
                {getattr(pair, kind) for pair in both[0]}
                & {getattr(pair, kind) for pair in both[1]}
                for kind in ("video", "system")
            )
            assert not videos or name == "system"
            assert not systems or name == "video"
        assert sorted(seen) == sorted(every)


def test_made_texts_stay_in_the_fold_of_their_video(checkout):
    material = recipe.gather(read_judged(checkout))
    recorded = {pair.prediction: pair.video for pair in material.pairs[: VIDEOS * len(SYSTEMS)]}
    for kind, pair in zip(material.kinds, material.pairs, strict=True):
        if kind == "other clip":
            origin = recorded[pair.prediction]
            assert origin != pair.video
            assert material.folds[origin] == material.folds[pair.video]
