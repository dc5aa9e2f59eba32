"""A budget is exceeded by what is in flight when it is reached, and never by more."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ugcbench.asking import make_model
from ugcbench.errors import BudgetReachedError, TransientModelError
from ugcbench.models import Budgeted, Fake, Price, Purse, Retrying
from ugcbench.plugins import Registry
from ugcbench.requests import Request
from ugcbench.types import Prediction, Prompt, Usage

PROMPT = Prompt(task="t", sample_id="s", text="?")
PRICE = Price(input=1.0, output=2.0)


@dataclass
class Costly:
    """Answers cost `dollars` each; some fail first. Keeps how many were under way at once."""

    dollars: float
    failing: int = 0
    name: str = "costly"
    asked: int = 0
    open: int = 0
    most: int = 0

    async def generate(self, prompt):
        self.asked += 1
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0.001 * (self.asked % 3))
        self.open -= 1
        if self.asked <= self.failing:
            raise TransientModelError("again", retry_after=0.0)
        usage = Usage(input_tokens=round(self.dollars * 1e6), output_tokens=0)
        return Prediction(task="t", sample_id="s", text="x", usage=usage)

    async def close(self):
        pass


async def spend(model, purse, workers):
    """Ask until nothing is left, from several workers at once."""

    async def work():
        while True:
            try:
                await model.generate(PROMPT)
            except BudgetReachedError:
                return

    await asyncio.gather(*(work() for _ in range(workers)))


@settings(max_examples=30)
@given(
    workers=st.integers(1, 16),
    limit=st.floats(0.5, 30.0),
    dollars=st.floats(0.25, 3.0),
    failing=st.integers(0, 10),
)
async def test_no_more_than_what_is_in_flight_is_spent_beyond_the_limit(
    workers, limit, dollars, failing
):
    costly, purse = Costly(dollars, failing), Purse(limit)
    await spend(Retrying(Budgeted(costly, PRICE, purse), attempts=20), purse, workers)
    assert costly.most <= workers
    assert limit <= purse.spent < limit + workers * (round(dollars * 1e6) / 1e6) + 1e-6


async def test_model_and_judges_share_one_limit():
    purse = Purse(10.0)
    members = [Budgeted(Costly(1.0), PRICE, purse) for _ in range(3)]
    await asyncio.gather(*(spend(member, purse, 4) for member in members))
    assert 10.0 <= purse.spent <= 10.0 + 3 * 4


async def test_who_waits_for_a_turn_is_not_in_flight():
    costly = Costly(1.0)
    request = Request(
        model=costly, requests_per_minute=60 / 0.01, prices={"costly": PRICE}, max_cost=3.0
    )
    purse = Purse(3.0)
    model = make_model(request, Registry(installed=False), purse, lambda: iter(()))
    await spend(model, purse, 12)
    assert costly.asked <= 5


@pytest.mark.parametrize(
    "usage", [Usage(), Usage(input_tokens=5), Usage(input_tokens=5, output_tokens=-(10**9))]
)
async def test_a_server_that_hides_what_it_charges_ends_a_limited_run(usage):
    purse = Purse(1.0, spent=0.5)
    model = Budgeted(Fake(usage=usage), PRICE, purse)
    await model.generate(PROMPT)
    assert purse.spent >= 0.5
    with pytest.raises(BudgetReachedError, match="without the number of its tokens"):
        await model.generate(PROMPT)


async def test_without_a_limit_such_a_server_is_asked_on():
    model = Budgeted(Fake(), PRICE, Purse())
    await model.generate(PROMPT)
    await model.generate(PROMPT)


@pytest.mark.parametrize("spent", [float("nan"), float("inf")])
def test_what_cannot_be_counted_is_no_free_money(spent):
    with pytest.raises(BudgetReachedError):
        Purse(5.0, spent=spent).check()


@pytest.mark.parametrize("price", [-1.0, float("nan"), float("inf")])
def test_a_price_is_a_number_of_dollars(price):
    with pytest.raises(ValueError, match="input"):
        Price(input=price, output=1.0)


async def test_tokens_are_limited_in_every_request_to_a_judge():
    from ugcbench.protocol import JudgeRule
    from ugcbench.scorers.judge import JudgedScorer
    from ugcbench.specs import Judge
    from ugcbench.types import Sample
    from ugcbench_tasks.verdicts import caption_rubric

    fake = Fake("no verdict")
    rule = JudgeRule(max_tokens=77, reasks=2, votes=3)
    scorer = JudgedScorer(caption_rubric(), Judge("j", fake), rule)
    sample = Sample(id="s", clip="c", media=None, answer="A cat.")
    await scorer.score(sample, Prediction(task="t", sample_id="s", text="A dog."))
    assert [prompt.sampling.max_tokens for prompt in fake.prompts] == [77] * 9
