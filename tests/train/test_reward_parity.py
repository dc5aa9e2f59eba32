"""A reward is bit for bit what an evaluation of the same captions gives."""

from __future__ import annotations

import hashlib
import json

import pytest
import recorded_captions
from rewarding import JUDGE, LENGTH, OMNI, prediction_in

import ugcbench
from ugcbench.models import Fake
from ugcbench.protocol import get_protocol
from ugcbench.testing import OpenAIServer
from ugcbench_train.recipe import Rewards
from ugcbench_train.rewards.refusals import declines
from ugcbench_train.rewards.scored import Completion

GUARDS = tuple(f"ugc/reward/{name}" for name in ("repetition", "overlong", "refusal"))
UNJUDGED, JUDGED = 300, 60


def any_verdict(call):
    """A verdict that depends on every letter of a caption; none at all for one of eight."""
    digest = hashlib.sha256(prediction_in(call).encode()).digest()
    if digest[0] < 32:
        return "I'd rather not say."
    return json.dumps({"level": 1 + digest[1] % 5, "hallucination": digest[2] < 64})


def completions(captioned):
    return [
        Completion(clip, captioned.captions[clip], {"final_caption": gold}, clip)
        for clip, gold in captioned.golds.items()
    ]


async def evaluate(captioned, tasks, output, **given):
    """The evaluation's scores by task name, in the order of the clips."""
    model = Fake(lambda prompt: captioned.captions[prompt.sample_id])
    result = await ugcbench.arun(
        model=model, tasks=list(tasks), dataset=captioned, output=output, **given
    )
    scores = {name: [] for name in tasks}
    for record in result.records():
        scores[record.task].append(record.score)
    return scores


def assert_identical(scored, scores, weights):
    rules = get_protocol("v1")
    assert scored.scores == scores
    counted = {name: [rules.counted(each) for each in found] for name, found in scores.items()}
    assert [number.hex() for name in counted for number in scored.counted[name] if number] == [
        number.hex() for found in counted.values() for number in found if number
    ]
    for place, value in enumerate(scored.values):
        parts = [
            weights[name] * found[place] if found[place] is not None else None
            for name, found in counted.items()
        ]
        assert value == (None if None in parts else sum(parts))


@pytest.mark.parametrize("source", recorded_captions.SOURCES)
async def test_scorers_without_a_judge_give_the_same_bits(source, open_mixture, tmp_path):
    captioned = recorded_captions.load(source, UNJUDGED)
    weights = {LENGTH: 1.0, **dict.fromkeys(GUARDS, 0.3)}
    scores = await evaluate(captioned, weights, tmp_path / "run")
    mixture = open_mixture(Rewards(weights=weights))
    scored = await mixture.score(completions(captioned))
    assert len(scored.values) == len(captioned.golds) > 250
    assert {0.0, 0.5, 1.0} >= set(scored.counted[LENGTH]) > {1.0}
    assert_identical(scored, scores, weights)


@pytest.mark.parametrize("source", ["UGC_VideoCaptioner_inference", "grpo_1k"])
async def test_a_judge_gives_the_same_bits_and_is_asked_once_for_both(
    source, open_mixture, tmp_path
):
    captioned = recorded_captions.load(source, JUDGED)
    weights = {OMNI: 5.0, LENGTH: 1.0}
    with OpenAIServer(reply=any_verdict) as server:
        judge = {"judge": JUDGE, "judge_options": {"base_url": server.url}}
        mixture = open_mixture(Rewards(weights=weights, **judge))
        scored = await mixture.score(completions(captioned))
        await mixture.close()
        alone = await evaluate(captioned, weights, tmp_path / "alone", **judge)
        assert server.calls >= 2 * (JUDGED - 1)
    known = {"known_verdicts": [mixture.folder], **judge}
    after = await evaluate(captioned, weights, tmp_path / "after", **known)
    assert {"ok", "malformed"} <= set(scored.statuses[OMNI])
    assert_identical(scored, alone, weights)
    assert after == alone, "the server is gone: every verdict came from the rewards' folder"
    assert len(set(scored.values)) > 4


@pytest.mark.parametrize("source", recorded_captions.SOURCES)
def test_no_recorded_caption_is_taken_for_a_refusal(source):
    captioned = recorded_captions.load(source)
    every = [*captioned.captions.values(), *captioned.golds.values()]
    assert [text for text in every if declines(text)] == []
