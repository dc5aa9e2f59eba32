"""What stands between a run and a model, and is written once for models and judges?

Wrappers that are Models themselves, stacked from the inside out:
`Remembering(Retrying(RateLimited(Budgeted(model))))`. `answer` is the one place where an exception
becomes a typed failure. `Fake` is the public fake for tests of anything that takes a Model.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import aiolimiter
import tenacity
from pydantic import Field

from ugcbench.errors import (
    BudgetReachedError,
    FatalModelError,
    MediaError,
    ModelError,
    ModelTimeoutError,
    RunError,
    TransientModelError,
    UnreachableError,
    UsageError,
)
from ugcbench.protocol import digest
from ugcbench.redaction import hide_secrets
from ugcbench.sharing import join
from ugcbench.specs import Model
from ugcbench.store import Log, validate
from ugcbench.types import Failure, Frozen, Prediction, Prompt, Usage, Verdict


async def answer(model: Model, prompt: Prompt) -> Prediction:
    """Ask and always get a prediction: what went wrong becomes its failure.

    Raises only what must stop the run: `FatalModelError`, `BudgetReachedError`, `RunError` (a full
    disk, where a judge's reply was to be stored), cancellation.
    """
    started = time.monotonic()
    try:
        prediction = await model.generate(prompt)
    except (FatalModelError, BudgetReachedError, RunError):
        raise
    except MediaError as error:
        prediction = failed(prompt, Failure(status="missing", kind=error.kind, message=str(error)))
    except ModelError as error:
        status = "timeout" if isinstance(error, ModelTimeoutError) else "api_error"
        failure = Failure(status=status, kind=type(error).__name__, message=str(error))
        prediction = failed(prompt, failure)
    except Exception as error:  # noqa: BLE001 - a model's bug is one sample's failure, not the run's
        message = hide_secrets(str(error))
        failure = Failure(status="api_error", kind=type(error).__name__, message=message)
        prediction = failed(prompt, failure)
    if prediction.seconds:
        return prediction
    return prediction.model_copy(update={"seconds": round(time.monotonic() - started, 4)})


def failed(prompt: Prompt, failure: Failure) -> Prediction:
    """The prediction that says why there is none."""
    return Prediction(task=prompt.task, sample_id=prompt.sample_id, failure=failure)


@dataclass(slots=True)
class Retrying:
    """Asks again after a transient error or a timeout.

    The pause is random, up to a bound that doubles until `longest_pause` seconds (full jitter, so
    that requests that failed together don't come back together), or is what the server
    wishes (Retry-After); a wish beyond `longest_pause` ends the attempts. `timeout` is in seconds
    for each attempt. With `places`, no more attempts than that are under way at once; who pauses
    or waits for a place takes none, and waiting is no part of the attempt. A server that was not
    reached by all attempts of a request, nor ever before, is none: that is a `FatalModelError`.
    """

    model: Model
    attempts: int = 5
    timeout: float | None = None
    first_pause: float = 0.5
    longest_pause: float = 120.0
    places: asyncio.Semaphore | None = None
    fatal: FatalModelError | None = field(default=None, init=False)
    """Once raised, it is raised for all that still waits."""
    reached: bool = field(default=False, init=False)
    """Whether anything was ever replied, if only an error."""

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer after as many attempts as it takes and is allowed."""
        try:
            return await self._persist(prompt)
        except UnreachableError as error:
            if self.reached:
                raise
            self.fatal = FatalModelError(
                f"{error}; it has never replied: start the server, or correct its address "
                "(base_url)"
            )
            raise self.fatal from None

    async def _persist(self, prompt: Prompt) -> Prediction:
        tries = 0
        async for attempt in tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._is_worth_another),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._pause,
            reraise=True,
        ):
            with attempt:
                tries += 1
                prediction = await self._attempt(prompt)
        if tries == 1:
            return prediction
        usage = prediction.usage.model_copy(update={"attempts": tries})
        return prediction.model_copy(update={"usage": usage})

    async def _attempt(self, prompt: Prompt) -> Prediction:
        try:
            async with self.places or contextlib.nullcontext(), asyncio.timeout(self.timeout):
                if self.fatal is not None:
                    raise self.fatal
                prediction = await self.model.generate(prompt)
        except FatalModelError as error:
            self.fatal = error
            raise
        except ModelError as error:
            self.reached = self.reached or not isinstance(error, UnreachableError)
            raise
        except TimeoutError as error:
            raise ModelTimeoutError(f"no answer within {self.timeout:g} s") from error
        self.reached = True
        return prediction

    def _is_worth_another(self, error: BaseException) -> bool:
        if isinstance(error, TransientModelError):
            return (error.retry_after or 0.0) <= self.longest_pause
        return isinstance(error, ModelTimeoutError)

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        wish = error.retry_after if isinstance(error, TransientModelError) else None
        if wish is not None:
            return wish + random.uniform(0, 0.1 * wish)  # noqa: S311 - jitter, not a secret
        top = min(self.longest_pause, self.first_pause * 2 ** (state.attempt_number - 1))
        return random.uniform(0, top)  # noqa: S311

    async def close(self) -> None:
        """Close the model."""
        await self.model.close()


class RateLimited:
    """Lets at most `per_minute` requests a minute start, evenly spaced."""

    def __init__(self, model: Model, per_minute: float) -> None:
        self.model = model
        self._limiter = aiolimiter.AsyncLimiter(1, 60.0 / per_minute)

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer when it is this request's turn."""
        async with self._limiter:
            return await self.model.generate(prompt)

    async def close(self) -> None:
        """Close the model."""
        await self.model.close()


class Price(Frozen):
    """US dollars for a million tokens."""

    input: float = Field(ge=0, allow_inf_nan=False)
    output: float = Field(ge=0, allow_inf_nan=False)

    def cost(self, usage: Usage) -> float:
        """US dollars for what was used; unknown token counts, and negative ones, cost nothing."""
        tokens_in, tokens_out = max(usage.input_tokens or 0, 0), max(usage.output_tokens or 0, 0)
        return (tokens_in * self.input + tokens_out * self.output) / 1e6

    def is_known(self, usage: Usage) -> bool:
        """Whether all that costs anything was counted."""
        counts = ((usage.input_tokens, self.input), (usage.output_tokens, self.output))
        return all(count is not None and count >= 0 for count, price in counts if price)


@dataclass(slots=True)
class Purse:
    """The money of a run, shared by its model and its judge.

    `uncounted` is set once an answer came without the number of tokens that it cost.
    """

    limit: float | None = None
    spent: float = 0.0
    uncounted: bool = False

    def check(self) -> None:
        """Raise `BudgetReachedError` when nothing is left, or nobody knows what is left."""
        if self.limit is None:
            return
        if self.uncounted:
            raise BudgetReachedError(
                "an answer came without the number of its tokens, so nobody can say what is spent; "
                "to go on without a limit, leave --max-cost out"
            )
        if not self.spent < self.limit:
            raise BudgetReachedError(f"{self.spent:.4f} USD of {self.limit:g} USD are spent")


@dataclass(slots=True)
class Budgeted:
    """Counts what each answer costs and asks nothing more when the purse is empty.

    The limit can be exceeded by what is in flight when it is reached, never by more.
    """

    model: Model
    price: Price
    purse: Purse

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer, with the cost in the prediction's usage."""
        self.purse.check()
        prediction = await self.model.generate(prompt)
        cost = self.price.cost(prediction.usage)
        self.purse.spent += cost
        if prediction.text is not None and not self.price.is_known(prediction.usage):
            self.purse.uncounted = True
        usage = prediction.usage.model_copy(update={"cost_usd": cost})
        return prediction.model_copy(update={"usage": usage})

    async def close(self) -> None:
        """Close the model."""
        await self.model.close()


class Deferred:
    """Makes its model when it is first asked.

    So scores can be computed from stored verdicts without the key, the extra or even the provider
    that the judge once needed.
    """

    def __init__(self, make: Callable[[], Model]) -> None:
        self.make = make
        self._made: Model | None = None

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer; raises what making the model raises, as a `FatalModelError`."""
        if self._made is None:
            try:
                self._made = self.make()
            except UsageError as error:
                raise FatalModelError(str(error)) from error
        return await self._made.generate(prompt)

    async def close(self) -> None:
        """Close the model, if it was made."""
        if self._made is not None:
            await self._made.close()


def address(judge: str, prompt: Prompt) -> str:
    """The content address of what a judge replies to a prompt, whichever sample it is for."""
    asked = prompt.model_dump(mode="json", exclude={"sample_id", "task", "fields", "choices"})
    return digest([judge, asked], length=32)


class Remembering:
    """Asks a judge nothing twice: replies are stored by content address and read back.

    Failures are not remembered. Equal prompts that are in flight together share one request.

    Args:
        model: the judge.
        name: the name that goes into the address.
        log: where the replies are.
        again: addresses of stored replies that are asked for once more; the new reply replaces
            the old one.
        known: other logs of replies; what is found there is copied, as having cost nothing here.

    """

    def __init__(
        self,
        model: Model,
        name: str,
        log: Log,
        *,
        again: Collection[str] = frozenset(),
        known: Sequence[Log] = (),
    ) -> None:
        self.model = model
        self.name = name
        self.log = log
        self._again = set(again)
        self._known = known
        self._open: dict[str, asyncio.Task[Prediction]] = {}

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer from the log, or ask and write the reply to it."""
        key = address(self.name, prompt)
        if key not in self._again and (line := self.log.get(key)) is not None:
            return validate(Verdict, line, str(self.log.path)).prediction
        if key not in self._open:
            self._open[key] = asyncio.create_task(self._ask(key, prompt))
        return await join(self._open[key])

    async def _ask(self, key: str, prompt: Prompt) -> Prediction:
        try:
            prediction = self._recall(key) or await answer(self.model, prompt)
            if prediction.failure is None:
                self.log.append(Verdict(key=key, judge=self.name, prediction=prediction))
                self._again.discard(key)
            return prediction
        finally:
            del self._open[key]

    def _recall(self, key: str) -> Prediction | None:
        """What another log has of a reply that is not to be asked for once more."""
        lines = ((log, log.get(key)) for log in self._known)
        log, found = next(((log, line) for log, line in lines if line is not None), (None, None))
        if log is None or found is None or key in self._again:
            return None
        prediction = validate(Verdict, found, str(log.path)).prediction
        return prediction.model_copy(update={"usage": Usage(attempts=0)})

    async def close(self) -> None:
        """Wait for what is in flight, so that no answer is lost, and close the model."""
        await asyncio.gather(*self._open.values(), return_exceptions=True)
        for log in self._known:
            log.close()
        await self.model.close()


@dataclass
class Fake:
    """A scripted model for tests.

    Args:
        reply: the text, or a function of the prompt; an exception that it returns is raised.
        seconds: how long an answer takes.

    `prompts` keeps the last thousand that were asked.

    """

    reply: str | Callable[[Prompt], str | Exception] = "fake"
    seconds: float = 0.0
    usage: Usage = Usage()
    prompts: deque[Prompt] = field(default_factory=lambda: deque(maxlen=1000))
    closed: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.reply, str) or callable(self.reply)):
            kind = type(self.reply).__name__
            raise UsageError(
                f"a fake's reply must be text, not {kind}; quote it: --option 'reply=\"...\"'"
            )

    async def generate(self, prompt: Prompt) -> Prediction:
        """Answer as scripted."""
        self.prompts.append(prompt)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        text = self.reply if isinstance(self.reply, str) else self.reply(prompt)
        if isinstance(text, Exception):
            raise text
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=text,
            model="fake",
            usage=self.usage,
        )

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


def read_prices(text: str) -> Mapping[str, Price]:
    """Prices by model name from TOML: `["openai/x"]` then `input = 2.5` and `output = 10`.

    Raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError`.
    """
    import tomllib

    return {name: Price.model_validate(value) for name, value in tomllib.loads(text).items()}
