"""What is known of one system's recorded outputs?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ugcbench.types import Failure, Prediction
from ugcbench_tasks.importing.problems import Problems

Key = tuple[str, str]
"""Task and sample id."""


@dataclass
class Recording:
    """The answers of one system by task and sample, and the verdicts on some of them.

    `verdicts` holds a verdict's fields as the rubric's schema names them.
    """

    system: str
    predictions: dict[Key, Prediction] = field(default_factory=dict)
    verdicts: dict[Key, Mapping[str, object]] = field(default_factory=dict)

    def answer(self, task: str, sample: str, text: str | None, problems: Problems, at: str) -> None:
        """Add an answer; None is a call that failed. A second one for a sample is a problem."""
        if (task, sample) in self.predictions:
            problems.add(at, f"a second answer for {sample}")
            return
        why = None
        if text is None:
            message = "the recorded call has no answer"
            why = Failure(status="missing", kind="recorded_null", message=message)
        self.predictions[task, sample] = Prediction(
            task=task, sample_id=sample, text=text, failure=why, model=self.system
        )

    @property
    def tasks(self) -> list[str]:
        """The tasks for which there are answers, in the order in which they were read."""
        return list(dict.fromkeys(task for task, _ in self.predictions))
