"""How do stored answers and stored verdicts stand in for a model or a judge?"""

from __future__ import annotations

from pathlib import Path

from ugcbench.errors import FatalModelError
from ugcbench.store import Log, key_of_prediction, prediction_key, validate
from ugcbench.types import Failure, Prediction, Prompt


class Recorded:
    """Repeats the predictions of a finished run; the prompt's text is not looked at.

    A sample that the run has no prediction for is `missing`.

    Args:
        model: the run directory.

    """

    def __init__(self, *, model: str) -> None:
        file = Path(model) / "predictions.jsonl"
        if not file.is_file():
            raise FatalModelError(f"{model} is no run directory: it has no predictions.jsonl")
        self._predictions = Log(file, key_of_prediction, repair=False)

    async def generate(self, prompt: Prompt) -> Prediction:
        """The stored prediction of the prompt's task and sample."""
        line = self._predictions.get(prediction_key(prompt.task, prompt.sample_id))
        if line is None:
            return _missing(prompt, "the recorded run has no answer to this")
        return validate(Prediction, line, str(self._predictions.path))

    async def close(self) -> None:
        """Close the file."""
        self._predictions.close()


class Stored:
    """A judge that gives no verdict: those that it gave long ago are found by their address.

    Args:
        model: the name under which the stored verdicts were given.

    """

    def __init__(self, *, model: str) -> None:
        self.model = model

    async def generate(self, prompt: Prompt) -> Prediction:
        """Always `missing`: what is stored never gets here."""
        return _missing(prompt, f"no verdict of {self.model} was recorded for this answer")

    async def close(self) -> None:
        """Nothing is held."""


def _missing(prompt: Prompt, message: str) -> Prediction:
    why = Failure(status="missing", kind="not_recorded", message=message)
    return Prediction(task=prompt.task, sample_id=prompt.sample_id, failure=why)
