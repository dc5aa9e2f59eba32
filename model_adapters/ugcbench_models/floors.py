"""What does a model score that doesn't look at the clip?"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from ugcbench.specs import Task
from ugcbench.types import Answer, Prediction, Prompt, Sample

CANDIDATES = 64
"""Among how many answers the most typical one is looked for where all answers differ."""

UNSEEN = "A short video was given, but nothing about its content is known."


class Majority:
    """Gives the same answer to every sample of a task: the most frequent gold answer.

    Where gold answers hardly ever repeat (captions), it is the one among the first 64 that shares
    most words with the others. It knows the gold, so it is a floor to beat and not a model.

    Args:
        work: iterates the run's (task, sample) pairs.

    """

    def __init__(self, work: Callable[[], Iterator[tuple[Task, Sample]]]) -> None:
        self._work = work
        self._answers: dict[str, str] = {}

    async def generate(self, prompt: Prompt) -> Prediction:
        """The constant answer of the prompt's task."""
        if prompt.task not in self._answers:
            self._answers[prompt.task] = _typical(self._gold(prompt.task))
        return _reply("majority", prompt, self._answers[prompt.task])

    def _gold(self, name: str) -> Iterator[Answer]:
        return (sample.answer for task, sample in self._work() if task.name == name)

    async def close(self) -> None:
        """Nothing is held."""


class Blind:
    """Answers from the question alone: a choice drawn by the sample's id, or a fixed sentence."""

    async def generate(self, prompt: Prompt) -> Prediction:
        """A guess that depends on nothing but task, sample id and options."""
        if not prompt.choices:
            return _reply("blind", prompt, "[]" if prompt.task == "ugc/ocr" else UNSEEN)
        seed = hashlib.sha256(f"{prompt.task}\n{prompt.sample_id}".encode()).digest()
        choice = prompt.choices[int.from_bytes(seed[:8], "big") % len(prompt.choices)]
        return _reply("blind", prompt, choice)

    async def close(self) -> None:
        """Nothing is held."""


def _reply(model: str, prompt: Prompt, text: str) -> Prediction:
    return Prediction(task=prompt.task, sample_id=prompt.sample_id, text=text, model=model)


def _typical(answers: Iterator[Answer]) -> str:
    """The most frequent answer, or the most typical one if none is frequent."""
    counts: Counter[Answer] = Counter()
    for answer in answers:
        counts[answer] += 1
    (first, times), *_ = counts.most_common(1)
    if times > 1 and times > counts.total() / 10:
        return _text(first)
    bags = {_text(answer): set(_text(answer).casefold().split()) for answer in _some(counts)}
    return max(bags, key=lambda text: sum(_overlap(bags[text], bag) for bag in bags.values()))


def _some(counts: Counter[Answer]) -> Iterator[Answer]:
    return islice(counts, CANDIDATES)


def _overlap(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / max(len(one) + len(other), 1)


def _text(answer: Answer) -> str:
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
