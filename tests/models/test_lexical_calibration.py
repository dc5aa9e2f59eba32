"""What is shipped with the offline judge belongs together, and holds on the recorded verdicts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import ugcbench_models.lexical
from tools.fit_lexical.page import write_page
from tools.fit_lexical.recorded import hash_inputs, read_judged
from ugcbench_models.lexical.levels import load_coefficients, rate

SHIPPED = Path(ugcbench_models.lexical.__file__).parent
ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or ROOT.parent / "shared" / "ugc-videocap")
REPORT = json.loads((SHIPPED / "calibration.json").read_text(encoding="utf-8"))

needs_release = pytest.mark.skipif(
    not RELEASE.is_dir(), reason="needs the public release; name it in $UGCBENCH_UGC_VIDEOCAP"
)


def test_coefficients_report_and_page_are_of_one_fit():
    model = load_coefficients()
    assert REPORT["version"] == model.version
    assert write_page(model, REPORT) == (ROOT / "docs" / "lexical.md").read_text("utf-8")
    assert sum(file.stat().st_size for file in SHIPPED.glob("*.json")) < 300_000


@pytest.mark.parametrize(("name", "floor"), [("audio", 0.55), ("visual", 0.5), ("details", 0.54)])
def test_figures_on_unseen_systems_and_videos_have_not_got_worse(name, floor):
    found = REPORT["held_out"]["system and video"][name]
    assert found["spearman"] > floor
    assert found["spearman_within"] > 0.4
    assert REPORT["kinds"]["gold"][name] >= 4.7
    assert REPORT["kinds"]["other clip"][name] <= 1.6
    assert REPORT["kinds"]["heap"][name] <= 1.6


@needs_release
def test_the_coefficients_come_from_the_public_release():
    assert load_coefficients().made["inputs"] == hash_inputs(RELEASE)


@needs_release
def test_gold_rises_to_the_top_and_other_clips_fall_to_the_floor():
    pairs = read_judged(RELEASE)[::40]
    gold = [rate(pair.reference, pair.reference) for pair in pairs]
    pairs_shifted = zip(pairs, [*pairs[1:], pairs[0]], strict=True)
    others = [rate(pair.reference, other.prediction) for pair, other in pairs_shifted]
    for name in ("audio", "visual", "details"):
        assert sum(row[name] for row in gold) / len(pairs) > (4.7 - 1) / 4
        assert sum(row[name] for row in others) / len(pairs) < (1.6 - 1) / 4
