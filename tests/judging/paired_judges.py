"""Two judges of five levels who look at the same answers of several systems."""

from __future__ import annotations

import numpy as np

from ugcbench_judging.bridging import Scores

LEAN = 0.3
QUALITY = 0.5


def draw_levels(rng, quality, lean, clips):
    """Scores of both judges: arrays of systems x clips.

    `quality` is by system, and so is `lean`: by how much the second judge favours the system.
    """
    hard = rng.normal(0, 0.5, clips)
    true = np.asarray(quality)[:, None] + hard
    noise = rng.normal(0, 0.7, (2, *true.shape))
    anchor = 3 + true + noise[0]
    judge = 2.7 + 0.8 * (true + np.asarray(lean)[:, None] + noise[1])
    return tuple(np.clip(np.round(level), 1, 5) / 5 for level in (anchor, judge))


def draw_scores(rng, systems=4, clips=20, lean=LEAN, dimensions=("d",)):
    """The scores of a calibration; every dimension is drawn on its own."""
    tables = [
        draw_levels(rng, rng.normal(0, QUALITY, systems), rng.normal(0, lean, systems), clips)
        for _ in dimensions
    ]
    anchor, judge = (np.stack([pair[at].ravel() for pair in tables], axis=1) for at in (0, 1))
    return Scores(
        dimensions,
        np.repeat([f"s{number}" for number in range(systems)], clips),
        np.tile([f"c{number:04}" for number in range(clips)], systems),
        judge,
        anchor,
    )
