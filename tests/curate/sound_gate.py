"""An annotator that is no language model, as a plugin would bring it.

It measures the clip's sound and drafts three fields where there is none. A detector of sound events
or a diarisation model enters in the same way: a model whose spec names the fields that it drafts,
and whose reply is a JSON object with a key for each field of the stage that it can tell.
"""

from __future__ import annotations

import json

import numpy as np

from ugcbench import ModelSpec, Prediction, hookimpl
from ugcbench.media import MediaReader


class SoundGate:
    """Says that nothing is heard in a clip without sound, and nothing about any other.

    `threshold` is the peak in [0, 1] below which a clip counts as silent.
    """

    def __init__(self, threshold: float = 1e-3) -> None:
        self.threshold = threshold
        self.reader = MediaReader()

    async def generate(self, prompt):
        clip = await self.reader.read(prompt.media, prompt.profile)
        silent = clip.audio is None or np.abs(clip.audio).max(initial=0) < self.threshold
        heard = {"speakers": 0, "music": False, "sound_effects": []} if silent else {}
        wanted = {name: value for name, value in heard.items() if f"audio.{name}" in prompt.fields}
        return Prediction(
            task=prompt.task,
            sample_id=prompt.sample_id,
            text=json.dumps(wanted),
            model="sound-gate-1",
            receipt=clip.receipt,
        )

    async def close(self):
        self.reader.close()


@hookimpl
def ugcbench_models():
    yield ModelSpec(
        name="sound-gate",
        target=f"{__name__}:SoundGate",
        summary="drafts the fields of sound for clips that have none",
        annotates=("audio.speakers", "audio.music", "audio.sound_effects"),
        free=True,
    )
