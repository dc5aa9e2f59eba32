"""A benchmark whose model writes down what each of its instances is asked."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from ugcbench import (
    Clip,
    Column,
    DatasetSpec,
    Gold,
    ModelSpec,
    Prediction,
    Prompt,
    Sample,
    Score,
    Task,
    TaskSpec,
    hookimpl,
)
from ugcbench.errors import (
    FatalModelError,
    MissingMediaError,
    RequestRejectedError,
    TransientModelError,
)
from ugcbench.media import MediaReader


class OwnError(RequestRejectedError):
    """An adapter's own class, with parameters that pickle can't guess."""

    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")
        self.response = open  # nothing that could be pickled by value


ERRORS = {
    "c1/b": lambda: MissingMediaError("c1", "no such file"),
    "c2/a": lambda: OwnError(code=7),
    "c3/c": lambda: ValueError("a bug"),
    "c4/a": lambda: TransientModelError("busy", retry_after=0.01),
}


class Writer:
    """Answers after `seconds`, and writes a line about each question it gets into `folder`.

    `deadly` questions kill its process, the `fatal` one raises a `FatalModelError`, and with
    `failing` some raise other errors.
    """

    def __init__(self, folder, seconds=0.0, deadly=(), fatal=None, failing=False):
        self.folder = Path(folder)
        self.seconds, self.deadly, self.fatal, self.failing = seconds, deadly, fatal, failing

    async def generate(self, prompt):
        question = f"{prompt.media}/{prompt.task[-1]}"
        self.note("asked", question)
        if question in self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if question == self.fatal:
            raise FatalModelError("the key is wrong; set MY_KEY")
        if self.failing and question in ERRORS:
            raise ERRORS[question]()
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.note("cancelled", question)
            raise
        return answer_to(prompt, f"answer to {question}")

    def note(self, name, question):
        with (self.folder / name).open("a") as file:  # one short line: atomic
            file.write(f"{os.getpid()} {question}\n")

    async def close(self):
        self.note("closed", "-")


class Decoder:
    """Reads each clip, and writes at the end how often it decoded one."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.reader = MediaReader(threads=1)

    async def generate(self, prompt):
        clip = await self.reader.read(prompt.media, prompt.profile)
        prediction = answer_to(prompt, f"{len(clip.frames)} frames")
        return prediction.model_copy(update={"receipt": clip.receipt})

    async def close(self):
        (self.folder / str(os.getpid())).write_text(str(self.reader.decoded))
        self.reader.close()


class Busy(Writer):
    """Keeps its process busy for `seconds`."""

    async def generate(self, prompt):
        until = time.process_time() + self.seconds
        while time.process_time() < until:
            pass
        return answer_to(prompt, "done")


def answer_to(prompt, text):
    return Prediction(task=prompt.task, sample_id=prompt.sample_id, text=text)


class Clips:
    name, revision = "clips", "1"

    def __init__(self, count=12):
        self.count = count

    def __iter__(self):
        for number in range(self.count):
            name = f"c{number}"
            yield Clip(id=name, media=name, gold={"name": Gold(answer=name)})


@dataclass(frozen=True)
class Whole:
    fingerprint = "whole/1"
    judge = None

    async def score(self, sample, prediction):
        return Score(status="ok", value=float(sample.answer in prediction.text))


def asking(setting, name):
    def sample(clip):
        return Sample(id=clip.id, clip=clip.id, media=clip.media, answer=clip.id)

    def prompt(sample):
        return Prompt(task=name, sample_id=sample.id, text="?", media=sample.media)

    return Task(
        name=name,
        version=1,
        sample=sample,
        prompt=prompt,
        scorer=Whole(),
        columns=(Column(name),),
        fingerprint="asking/1",
    )


class Plugin:
    @hookimpl
    def ugcbench_tasks(self):
        for name in ("r/a", "r/b", "r/c"):
            target, options = "ray_models:asking", {"name": name}
            yield TaskSpec(name=name, target=target, summary="", group="r", options=options)

    @hookimpl
    def ugcbench_datasets(self):
        yield DatasetSpec(name="clips", target="ray_models:Clips", summary="", group="r")

    @hookimpl
    def ugcbench_models(self):
        for name in ("writer", "decoder", "busy"):
            yield ModelSpec(name=name, target=f"ray_models:{name.title()}", summary="")
        yield ModelSpec(name="bare", target="no_such_framework:Model", summary="", extra="it")
