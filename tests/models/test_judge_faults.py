"""Does every fault of a judge's server end in a verdict or in a typed failure, never in a number?

Asked are both real clients, by the core's scorer with its retries and its memory.
"""

from __future__ import annotations

import asyncio
from typing import get_args

import pytest

pytest.importorskip("google.genai", reason="needs the extra [gemini]")
pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench.errors import FatalModelError
from ugcbench.identity import Identified
from ugcbench.models import Remembering, Retrying
from ugcbench.protocol import JudgeRule
from ugcbench.scorers.judge import JudgedScorer
from ugcbench.specs import Judge
from ugcbench.store import Log, read_lines
from ugcbench.testing import Fault, FaultPlan
from ugcbench.types import Prediction, Sample
from ugcbench_tasks.verdicts import caption_rubric

PASSING = {"rate_limit", "server_error", "unavailable", "truncated", "disconnect", "html", "hang"}
"""Another attempt may help."""

UNREADABLE = {"wrong_schema", "prose"}
"""The judge is asked again, with the error shown."""

REFUSED = {"empty", "no_choices", "blocked_prompt", "content_filter"}
STOPPING = {"quota", "invalid_key"}
SAMPLE = Sample(id="secret-id", clip="c", media=None, answer="A man sings on a stage.")
CAPTION = Prediction(task="t", sample_id="secret-id", text="A man sings.")


@pytest.fixture(params=["openai", "gemini"])
def api(request):
    return request.param


@pytest.fixture
def judging(api, request, tmp_path):
    """The server, and a function that makes a scorer whose judge it is."""
    server, connect = ("server", "connect") if api == "openai" else ("gemini", "reach")
    log = Log(tmp_path / "verdicts.jsonl", lambda line: str(line["key"]))
    make = request.getfixturevalue(connect)

    def scorer(attempts=4, timeout=5.0, rule=JudgeRule()):
        model = make()
        assert model._connection  # made before any time is taken
        patient = Retrying(
            Identified(model, "m"), attempts, timeout, first_pause=0.01, longest_pause=0.2
        )
        return JudgedScorer(caption_rubric(), Judge("j", Remembering(patient, "j", log)), rule)

    yield request.getfixturevalue(server), scorer
    log.close()


def timeout_for(fault):
    return 0.5 if fault == "hang" else 5.0


def replies_in(tmp_path):
    return list(read_lines(tmp_path / "verdicts.jsonl"))


@pytest.mark.parametrize("fault", sorted(PASSING))
async def test_passing_fault_ends_in_a_verdict(judging, tmp_path, fault):
    server, scorer = judging
    server.plan(fault, fault)
    score = await scorer(timeout=timeout_for(fault)).score(SAMPLE, CAPTION)
    assert (score.status, score.value, score.judge_model) == ("ok", pytest.approx(0.2), "m")
    assert server.calls == 3
    (line,) = replies_in(tmp_path)
    assert line["prediction"]["usage"]["attempts"] == 3
    assert "secret-id" not in str([request.body for request in server.requests])


@pytest.mark.parametrize("fault", sorted(PASSING))
async def test_lasting_fault_ends_in_a_typed_failure(judging, tmp_path, fault):
    server, scorer = judging
    server.plan(*[fault] * 9)
    score = await scorer(attempts=2, timeout=timeout_for(fault)).score(SAMPLE, CAPTION)
    status = "timeout" if fault == "hang" else "api_error"
    assert (score.status, score.source, score.value) == (status, "judge", None)
    assert server.calls == 2
    assert replies_in(tmp_path) == []  # so that it can be asked for again


@pytest.mark.parametrize("fault", sorted(UNREADABLE))
async def test_unreadable_reply_is_asked_for_again(judging, tmp_path, fault):
    server, scorer = judging
    server.plan(fault)
    score = await scorer().score(SAMPLE, CAPTION)
    assert (score.status, score.value) == ("ok", pytest.approx(0.2))
    assert len(score.verdicts) == len(replies_in(tmp_path)) == 2
    assert b"could not be read" in server.requests[-1].body


@pytest.mark.parametrize("fault", sorted(UNREADABLE))
async def test_judge_that_is_never_readable_is_malformed(judging, fault):
    server, scorer = judging
    server.plan(*[fault] * 9)
    score = await scorer(rule=JudgeRule(reasks=1)).score(SAMPLE, CAPTION)
    assert (score.status, score.source, score.value) == ("malformed", "judge", None)
    assert server.calls == 2


@pytest.mark.parametrize("fault", sorted(REFUSED))
async def test_judge_that_refuses_gives_no_number(judging, tmp_path, fault):
    server, scorer = judging
    server.plan(fault)
    score = await scorer().score(SAMPLE, CAPTION)
    assert (score.status, score.source, score.value) == ("refused", "judge", None)
    assert replies_in(tmp_path) == []


async def test_prompt_that_is_too_long_is_typed(judging):
    server, scorer = judging
    server.plan("context_length")
    score = await scorer().score(SAMPLE, CAPTION)
    assert (score.status, score.source, score.value) == ("api_error", "judge", None)
    assert server.calls == 1


async def test_reply_cut_short_is_never_read(judging):
    server, scorer = judging
    server.plan("length")
    assert (await scorer().score(SAMPLE, CAPTION)).value == pytest.approx(0.2)
    assert server.calls == 2


async def test_judge_that_declines_in_words(judging, api):
    server, scorer = judging
    server.plan("refusal")
    score = await scorer().score(SAMPLE, CAPTION)
    # Only one of the two has a field for it; in plain words it is a reply without a verdict.
    assert (score.status, server.calls) == (("refused", 1) if api == "openai" else ("ok", 2))


@pytest.mark.parametrize("fault", sorted(STOPPING))
async def test_what_no_request_can_pass_stops_the_run(judging, fault):
    server, scorer = judging
    server.plan(fault)
    with pytest.raises(FatalModelError):
        await scorer().score(SAMPLE, CAPTION)
    assert server.calls == 1


@pytest.mark.parametrize("always", [False, True])
async def test_another_model_that_answers_stops_the_run(judging, always):
    server, scorer = judging
    if always:
        server.served_model = "m-mini"
    else:
        server.plan("rerouted")
    with pytest.raises(FatalModelError, match="m was asked, but now m-"):
        await scorer().score(SAMPLE, CAPTION)


def test_every_fault_was_tried():
    tried = PASSING | UNREADABLE | REFUSED | STOPPING
    assert set(get_args(Fault)) - tried == {"context_length", "length", "refusal", "rerouted"}


async def test_by_chance_none_is_lost_and_none_asked_twice(judging, tmp_path):
    server, scorer = judging
    kinds = ("rate_limit", "server_error", "truncated", "disconnect", "wrong_schema", "prose")
    server.faults = FaultPlan(0.3, seed=1, kinds=(*kinds, "hang"))
    scoring = scorer(attempts=6, timeout=1.0)
    captions = [CAPTION.model_copy(update={"text": f"A man sings, {n}."}) for n in range(60)]
    scores = await asyncio.gather(*(scoring.score(SAMPLE, caption) for caption in captions))
    assert {score.status for score in scores} == {"ok"}
    assert all(score.value == pytest.approx(0.2) for score in scores)
    assert server.calls > 70
    keys = [line["key"] for line in replies_in(tmp_path)]
    assert len(keys) == len(set(keys)) >= 60
    before = server.calls
    again = await asyncio.gather(*(scoring.score(SAMPLE, caption) for caption in captions))
    assert (again, server.calls) == (scores, before)
