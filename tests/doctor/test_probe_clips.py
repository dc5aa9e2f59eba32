"""Do the shipped clips hold what the probes ask for, and nothing else?"""

from __future__ import annotations

import re

import numpy as np
import pytest

from ugcbench.doctor.probes import BLANK, CLIPS, PROBES, SECONDS, SPOKEN, SPOKEN_OTHER, WRITTEN
from ugcbench.media import read
from ugcbench.types import MediaProfile

PROFILE = MediaProfile()


@pytest.fixture(scope="module")
def media():
    clips = [variant.clip for variant in (SPOKEN, SPOKEN_OTHER, WRITTEN)]
    return {clip: read(clip, PROFILE) for clip in (BLANK, *clips)}


def test_they_are_small():
    assert sum(clip.stat().st_size for clip in CLIPS.iterdir()) < 100_000


def test_all_are_as_long_and_large(media):
    assert {each.frames.shape for each in media.values()} == {(4, 420, 224, 3)}
    assert {each.receipt.duration for each in media.values()} == {SECONDS}


def test_the_two_voices_are_as_long_and_differ(media):
    one, other = media[SPOKEN.clip].audio, media[SPOKEN_OTHER.clip].audio
    assert len(one) == len(other) == pytest.approx(SECONDS * PROFILE.sample_rate, rel=0.01)
    assert np.abs(one).max() > 0.1
    assert np.abs(one - other).max() > 0.1


def test_muting_leaves_the_pictures_as_they_are(media):
    assert media[BLANK].audio is None
    for variant in (SPOKEN, SPOKEN_OTHER):
        assert np.array_equal(media[variant.clip].frames, media[BLANK].frames)


def test_writing_alone_tells_two_pictures_apart(media):
    assert media[WRITTEN.clip].audio is None
    difference = np.abs(media[WRITTEN.clip].frames.astype(int) - media[BLANK].frames).max(axis=3)
    lines = difference.max(axis=(0, 2))
    assert lines.max() > 100
    assert (lines > 50).sum() < 60


def test_no_question_gives_a_word_away():
    for probe in PROBES:
        for variant in (SPOKEN, SPOKEN_OTHER, WRITTEN):
            assert not re.search(variant.word, probe.question, re.IGNORECASE)


async def test_they_can_be_understood():
    pytest.importorskip("pocketsphinx", reason="needs the extra [baseline]")
    from ugcbench.doctor.probing import check_probe
    from ugcbench.plugins import Registry
    from ugcbench_models.signal_baseline.model import SignalBaseline

    model, spec = SignalBaseline(workers=1), Registry().model("signal-baseline")
    checks = [await check_probe(model, probe, spec, {}) for probe in PROBES]
    await model.close()
    assert [check.verdict for check in checks] == ["seen", "heard"]
    assert "chocolate, hospital" in checks[1].found
