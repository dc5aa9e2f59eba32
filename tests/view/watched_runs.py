"""Real runs of the mini benchmark by models that answer at once, and the data of their pages."""

from __future__ import annotations

import json
import re

import ugcbench
from ugcbench.media import MediaReader
from ugcbench.types import Failure, Prediction, Usage
from ugcbench_view.shapes import Chunk, ClipMedia, Index

HOSTILE = "</script><script>alert(1)</script>'\"\\ \u2028 \u202e<img src=x onerror=alert(2)>"
"""What a caption may hold."""

CLIPS = 5
FEWER = 3
CAPTION = "ugc/caption"


class Watcher:
    """Watches the clip, says what is in the prompt's choices, and refuses one clip."""

    name = "watcher"

    def __init__(self):
        self.reader = MediaReader(threads=1)

    async def generate(self, prompt):
        media = await self.reader.read(prompt.media, prompt.profile)
        told = {"task": prompt.task, "sample_id": prompt.sample_id, "model": "watcher-1"}
        told |= {"receipt": media.receipt, "seconds": 1.5}
        if prompt.sample_id == "mini-03":
            failure = Failure(status="refused", kind="refusal", message="/secret/place/x.mp4: no")
            return Prediction(**told, failure=failure)
        text = prompt.choices[0] if prompt.choices else HOSTILE
        usage = Usage(input_tokens=900, output_tokens=len(text))
        return Prediction(**told, text=text, usage=usage)

    async def close(self):
        self.reader.close()


class Blind:
    """Takes in no clip."""

    name = "blind-one"

    async def generate(self, prompt):
        text = prompt.choices[-1] if prompt.choices else "A person talks."
        return Prediction(task=prompt.task, sample_id=prompt.sample_id, text=text)

    async def close(self):
        pass


class Wavering:
    """A judge whose votes differ, and whose reason is hostile."""

    name = "wavering"

    async def generate(self, prompt):
        level = 2 + (prompt.sampling.seed or 0)
        verdict = {"audio": level, "visual": level, "details": 3, "reason": HOSTILE}
        said = {"text": f"Here it is:\n{json.dumps(verdict)}", "model": "wavering-1"}
        return Prediction(task=prompt.task, sample_id=prompt.sample_id, seconds=0.2, **said)

    async def close(self):
        pass


def make_run(model, output, **request):
    asked = {"dataset": "mini", "judge": Wavering(), "tasks": f"ugc/tone,{CAPTION}"}
    ugcbench.run(model=model, output=output, **{**asked, **request})
    return output


def read_script(file):
    """The name and the JSON text of a data file, read as a browser reads the script."""
    text = file.read_text("utf-8") if hasattr(file, "read_text") else file.decode()
    found = re.fullmatch(r"ugcbench_view\('([^']+)', JSON\.parse\('(.*)'\)\);\n", text, re.DOTALL)
    written = {"u2028": "\u2028", "u2029": "\u2029"}
    inside = re.sub(
        r"\\(u202[89]|.)", lambda escaped: written.get(escaped[1], escaped[1]), found[2]
    )
    return found[1], inside


def read_index(folder):
    return Index.model_validate_json(read_script(folder / "data" / "index.js")[1])


def read_details(folder):
    """All details in order, each beside the prompts of its chunk."""
    index = read_index(folder)
    for number in range(-(-len(index.entries.task) // index.per_chunk)):
        name, text = read_script(folder / "data" / "chunk" / f"{number}.js")
        assert name == f"chunk/{number}"
        chunk = Chunk.model_validate_json(text)
        yield from ((detail, chunk.prompts) for detail in chunk.details)


def find_detail(folder, task, sample):
    return next(
        (detail, prompts)
        for detail, prompts in read_details(folder)
        if (detail.task, detail.sample) == (task, sample)
    )


def read_clip(folder, place):
    return ClipMedia.model_validate_json(read_script(folder / "data" / "clip" / f"{place}.js")[1])
