"""Votes, panels and asking a judge again, through whole runs."""

from __future__ import annotations

import json

import pytest
import toy

from ugcbench import Judge, ModelSpec, Registry, hookimpl, rescore, run
from ugcbench.errors import ReroutedError, UsageError
from ugcbench.models import Fake
from ugcbench.requests import Request
from ugcbench.rescoring import retry_judge
from ugcbench.store import read_lines

COUNTS: dict[str, int] = {}


def told(name, reply):
    """A judge that counts how often it is asked, across runs."""

    def say(prompt):
        COUNTS[name] = COUNTS.get(name, 0) + 1
        return reply(prompt)

    return Fake(say)


def yes():
    return told("yes", lambda prompt: '{"same": true}')


def no():
    return told("no", lambda prompt: '{"same": false}')


def moody(mood="no"):
    """Gives its verdicts at odds with itself: the first vote differs from the others."""
    return told("moody", lambda p: json.dumps({"same": p.sampling.seed is None}))


def mumbler(clear=False):
    """Can't be read for one sample until it speaks clearly."""

    def say(prompt):
        asks_for_n1 = "number 1" in prompt.fields["reference"]
        return "hm" if asks_for_n1 and not clear else '{"same": true}'

    return told("mumbler", say)


class Routed:
    """Replies under a name of its own."""

    def __init__(self, model, served="snapshot-2024-01-01"):
        self.fake, self.served = Fake('{"same": true}'), served

    async def generate(self, prompt):
        reply = await self.fake.generate(prompt)
        return reply.model_copy(update={"model": self.served})

    async def close(self):
        pass


class Judges:
    @hookimpl
    def ugcbench_models(self):
        for name in ("yes", "no", "moody", "mumbler"):
            yield ModelSpec(
                name=name,
                target=f"test_panels:{name}",
                summary="",
                free=True,
                operational=frozenset({"clear"}),
            )
        yield ModelSpec(
            name="routed",
            target="test_panels:Routed",
            summary="",
            prefix=True,
            free=True,
            reports_model=True,
            operational=frozenset({"served"}),
        )


@pytest.fixture
def registry():
    COUNTS.clear()
    return Registry({"toy": toy.Plugin(), "judges": Judges()}, installed=False)


@pytest.fixture
def go(registry, tmp_path):
    def go(name="run", **request):
        return run(
            registry=registry,
            model="knower",
            tasks="toy/judged",
            dataset="numbers",
            output=tmp_path / name,
            **request,
        )

    return go


def only(result):
    (cell,) = result.summary.cells
    return cell


def test_votes_are_asked_apart_and_their_median_counts(go):
    result = go(judge="moody", votes=3)
    cell = only(result)
    assert COUNTS == {"moody": 18}
    assert cell.value == 0.0
    assert cell.disagreement == pytest.approx(0.0)  # the only part, `sure`, never differs
    record = next(iter(result.records()))
    assert len(set(record.score.verdicts)) == 3
    assert cell.protocol_hash != only(go("one", judge="moody")).protocol_hash


def test_a_panel_gives_the_middle_of_its_judges(go):
    cell = only(go(judge="yes,no"))
    assert (cell.value, cell.judge) == (0.5, "yes,no")
    assert COUNTS == {"yes": 6, "no": 6}
    assert only(go("three", judge=["yes", "no", "moody"])).value == 1.0


def test_a_panel_member_that_fails_is_outvoted_or_missed(go):
    assert only(go(judge="yes,no,mumbler")).coverage == 1.0
    cell = only(go("strict", judge="yes,no,mumbler", quorum=3))
    assert cell.statuses == {"judge_malformed": 1, "ok": 5}


def test_a_panel_is_resumed_with_its_judges_and_nothing_is_asked_twice(go, registry, tmp_path):
    first = go(judge="yes,moody", votes=2)
    asked = dict(COUNTS)
    again = run(registry=registry, resume=tmp_path / "run")
    assert asked == COUNTS
    assert again.summary.cells == first.summary.cells


def test_what_is_wrong_with_a_panel_is_said(go):
    with pytest.raises(UsageError, match="twice on the panel"):
        go(judge="yes,yes")
    with pytest.raises(UsageError, match="quorum of 3"):
        go(judge="yes,no", quorum=3)


def test_options_go_to_the_judge_that_they_name(go):
    options = {"mumbler:clear": True}
    assert only(go(judge="mumbler,yes", judge_options=options, quorum=2)).coverage == 1.0


def test_retry_asks_only_where_there_is_no_verdict(go, registry, tmp_path):
    first = go(judge="mumbler")
    assert only(first).statuses == {"judge_malformed": 1, "ok": 5}
    before = list(read_lines(tmp_path / "run" / "verdicts.jsonl"))
    COUNTS.clear()
    second = retry_judge(tmp_path / "run", registry=registry, judge_options={"clear": True})
    assert COUNTS == {"mumbler": 1}
    assert only(second).coverage == 1.0
    assert list(read_lines(tmp_path / "run" / "verdicts.jsonl"))[: len(before)] == before
    third = retry_judge(tmp_path / "run", registry=registry)
    assert COUNTS == {"mumbler": 1}
    assert third.summary.cells == second.summary.cells


def test_scoring_again_with_more_votes_needs_a_new_run(go, registry, tmp_path):
    go(judge="moody")
    with pytest.raises(UsageError, match="votes needs a new run"):
        rescore(tmp_path / "run", registry=registry, votes=3)
    COUNTS.clear()
    rescore(tmp_path / "run", registry=registry, votes=3, output=tmp_path / "more")
    assert COUNTS == {"moody": 12}


def test_a_rerouted_judge_fails_the_run_unless_allowed(go, tmp_path):
    with pytest.raises(ReroutedError):
        go(judge="routed/snapshot-2023-01-01")
    assert not (tmp_path / "run" / "summary.json").exists()
    cell = only(go("allowed", judge="routed/snapshot-2023-01-01", allow_rerouted=True))
    assert cell.judge_answered == ("snapshot-2024-01-01",)


def test_a_resumed_run_notices_that_its_alias_moved_on(go, registry, tmp_path):
    go(judge="routed/snapshot", limit=3)
    with pytest.raises(ReroutedError, match="answered before"):
        rescore(
            tmp_path / "run",
            registry=registry,
            judge_options={"served": "snapshot-2025-05-05"},
            ask_again=frozenset(
                line["key"] for line in read_lines(tmp_path / "run" / "verdicts.jsonl")
            ),
        )


def test_a_request_knows_its_judges():
    assert Request(judge="a/b, c").judges == ["a/b", "c"]
    assert Request().judges == ()
    fake = Fake()
    assert Request(judge=fake).judges == [fake]
    assert Judge("j", fake).asked == (Judge("j", fake),)
