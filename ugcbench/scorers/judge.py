"""How good does a judge find an answer?

A judged scorer fills a rubric with reference and answer, asks the judge for a verdict that follows
a pydantic schema, and computes the score from the verdict itself. A reply that can't be read
unambiguously is asked for again with the error shown, and never becomes a number.
"""

from __future__ import annotations

import asyncio
import json
import re
import string
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ugcbench.models import address, answer
from ugcbench.protocol import JudgeRule, digest
from ugcbench.scorers.voting import Ballot, count_ballots
from ugcbench.scorers.voting import Grade as Grade
from ugcbench.specs import Judge
from ugcbench.types import Prediction, Prompt, Sample, Sampling, Score


class JudgeVerdict(BaseModel):
    """Base of the verdict schemas: closed, and strict about types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


V = TypeVar("V", bound=JudgeVerdict)


@dataclass(frozen=True, slots=True)
class Rubric(Generic[V]):
    """What a judge is asked and how its verdict is read.

    `template` has `$name` places for the texts that `fields(sample, text)` returns; each of them is
    fenced by a tag of its name, and nothing inside can close the fence. `grade(verdict, sample)`
    gives the numbers and raises `ValueError` if the verdict doesn't fit the sample.
    """

    name: str
    template: str
    verdict: type[V]
    fields: Callable[[Sample, str], Mapping[str, str]]
    grade: Callable[[V, Sample], Grade]

    @property
    def fingerprint(self) -> str:
        """Changes with the wording and with the verdict's schema."""
        return digest([self.name, self.template, self.verdict.model_json_schema()])


@dataclass(frozen=True, slots=True)
class JudgedScorer(Generic[V]):
    """Scores by a judge's verdict; stateless, and total: a judge's failure is a status."""

    rubric: Rubric[V]
    asked: Judge
    rule: JudgeRule = JudgeRule()

    @property
    def judge(self) -> str:
        """The judge's name."""
        return self.asked.name

    @property
    def fingerprint(self) -> str:
        """Changes with rubric, judge and the judge's rule."""
        return digest([self.rubric.fingerprint, self.judge, self.rule.model_dump(mode="json")])

    async def score(self, sample: Sample, prediction: Prediction) -> Score:
        """Ask the judge; status other than `ok` and source `judge` if no verdict can be read.

        With several votes or judges all are asked at once, and medians count.
        """
        first = self.prompt(sample, prediction)
        asking = [
            self._ask(judge, sample, _vote(first, number))
            for judge in self.asked.asked
            for number in range(self.rule.votes)
        ]
        ballots = [await asking[0]] if len(asking) == 1 else await _together(asking)
        return count_ballots(ballots, self.rule.quorum)

    async def _ask(self, judge: Judge, sample: Sample, prompt: Prompt) -> Ballot:
        """One judge's verdict, asked for again with the error shown while it can't be read."""
        addresses: list[str] = []
        problem = ""
        for _ in range(1 + self.rule.reasks):
            addresses.append(address(judge.name, prompt))
            reply = await answer(judge.model, prompt)
            if reply.failure is not None:
                why = reply.failure
                return Ballot(judge.name, None, why.message, tuple(addresses), status=why.status)
            try:
                verdict = read_verdict(reply.text or "", self.rubric.verdict)
                grade = self.rubric.grade(verdict, sample)
            except ValueError as error:
                problem = _describe(error)
                prompt = _ask_again(prompt, reply.text or "", problem)
                continue
            said = json.dumps(verdict.model_dump(mode="json"), ensure_ascii=False)
            return Ballot(judge.name, grade, said, tuple(addresses), model=reply.model)
        return Ballot(judge.name, None, problem, tuple(addresses), status="malformed")

    def prompt(self, sample: Sample, prediction: Prediction) -> Prompt:
        """The text-only prompt for a prediction; the sample's id is not in its text."""
        fields = self.rubric.fields(sample, prediction.text or "")
        fenced = {name: fence(name, text) for name, text in fields.items()}
        rule = self.rule
        return Prompt(
            task=prediction.task,
            sample_id=sample.id,
            text=string.Template(self.rubric.template).substitute(fenced),
            sampling=Sampling(temperature=rule.temperature, max_tokens=rule.max_tokens),
            output_schema=self.rubric.verdict.model_json_schema(),
            enforce_schema=rule.structured,
            fields=fields,
        )


async def _together(asking: Sequence[Coroutine[Any, Any, Ballot]]) -> list[Ballot]:
    """All ballots; the first error that must stop the run stops the rest."""
    tasks = [asyncio.create_task(one) for one in asking]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()


INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
"""Control characters, overrides of the writing direction, and tag characters, which a reader does
not see and a model may obey."""

OPENING = re.compile(r"<(?=\s*[/|!?<\uff5cA-Za-z_])|\[(?=/?(?:INST|SYS)\b)", re.IGNORECASE)
"""What may begin a tag or a chat template's token."""

HARMLESS = {"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", "[": "("}


def fence(name: str, text: str) -> str:
    """`text` between tags of `name`, as material that can't end the fence.

    Whatever looks like a tag or like a token of a chat template loses its first bracket, and what
    can't be seen is taken out.
    """
    inside = OPENING.sub(lambda found: HARMLESS[found[0]], INVISIBLE.sub("", text))
    return f"<{name}>\n{inside}\n</{name}>"


LONGEST_REPLY = 1 << 16
"""Characters of a judge's reply that is looked through: what it may cost grows with its square."""

OBJECT = re.compile(r"\{(?=\s*[\"}])")
"""Where a JSON object may begin."""


def read_verdict(text: str, schema: type[V]) -> V:
    """The verdict in a judge's reply: one JSON object, bare or fenced or amid prose.

    Raises `ValueError` when there is none, more than one, or one that breaks the schema.
    """
    verdicts: list[V] = []
    if len(text) > LONGEST_REPLY:
        raise ValueError(f"the reply has {len(text)} characters, no verdict has {LONGEST_REPLY}")
    problem: ValueError = ValueError("the reply holds no JSON object")
    for candidate in _json_objects(text):
        try:
            verdict = schema.model_validate_json(json.dumps(candidate))
        except (ValidationError, RecursionError) as error:
            problem = error if isinstance(error, ValueError) else ValueError("nested too deeply")
            continue
        if verdict not in verdicts:
            verdicts.append(verdict)
    if len(verdicts) > 1:
        raise ValueError("the reply holds several different verdicts")
    if not verdicts:
        raise problem
    return verdicts[0]


def _json_objects(text: str) -> list[object]:
    """All outermost JSON objects in a text, in order."""
    decoder, found, begin = json.JSONDecoder(), [], OBJECT.search(text)
    while begin:
        try:
            value, end = decoder.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            begin = OBJECT.search(text, begin.start() + 1)
            continue
        found.append(value)
        begin = OBJECT.search(text, end)
    return found


def _vote(prompt: Prompt, number: int) -> Prompt:
    """The prompt of a judge's vote: all but the first ask for a random seed of their own, so that
    each vote is a reply of its own in the store too.
    """
    if number == 0:
        return prompt
    sampling = prompt.sampling.model_copy(update={"seed": number})
    return prompt.model_copy(update={"sampling": sampling})


def _ask_again(prompt: Prompt, reply: str, problem: str) -> Prompt:
    note = f"Your last reply could not be read ({problem}). It was:\n{fence('reply', reply[:2000])}"
    ending = "Reply again with nothing but the JSON object that was asked for."
    return prompt.model_copy(update={"text": f"{prompt.text}\n\n{note}\n{ending}"})


def _describe(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        problems = [
            f"{'.'.join(map(str, e['loc'])) or 'reply'}: {e['msg']}" for e in error.errors()
        ]
        return "; ".join(problems[:5])
    return str(error)
