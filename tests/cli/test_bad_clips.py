"""One bad clip never stops a run: each is named with its own error; the good ones are scored."""

from __future__ import annotations

import json
from importlib import resources

import av
import numpy as np
import pytest

import ugcbench
from ugcbench import Prediction
from ugcbench.media import MediaReader

GOOD = resources.files("ugcbench_tasks") / "mini" / "videos" / "mini-05.mp4"


class Watcher:
    """A model that opens the clip and says what the question wants to hear."""

    name = "watcher"

    def __init__(self):
        self.reader = MediaReader()

    async def generate(self, prompt):
        clip = await self.reader.read(prompt.media, prompt.profile)
        return Prediction(
            task=prompt.task, sample_id=prompt.sample_id, text="Neutral", receipt=clip.receipt
        )

    async def close(self):
        self.reader.close()


def sound_alone(path):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = 16_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.fixture
def dataset(tmp_path):
    good = GOOD.read_bytes()
    (tmp_path / "good.mp4").write_bytes(good)
    (tmp_path / "empty.mp4").write_bytes(b"")
    (tmp_path / "page.mp4").write_text("<html>not found</html>" * 50)
    (tmp_path / "damaged.mp4").write_bytes(good[: len(good) // 2] + bytes(len(good) // 2))
    sound_alone(tmp_path / "sound.mp4")
    names = ["good", "empty", "page", "damaged", "sound", "gone"]
    rows = [{"id": name, "media": f"{name}.mp4", "tone": "Neutral"} for name in names]
    (tmp_path / "clips.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path / "clips.jsonl"


def test_each_bad_clip_is_named_and_the_good_one_is_scored(dataset, tmp_path):
    result = ugcbench.run(
        model=Watcher(), tasks="ugc/tone", dataset=dataset, output=tmp_path / "run"
    )
    scores = {record.sample_id: record.score for record in result.records()}
    kinds = {
        name: (s.note or "").partition(":")[0] for name, s in scores.items() if s.value is None
    }
    assert kinds["empty"] == "media_empty"
    assert kinds["page"] == "media_not_media"
    assert kinds["sound"] == "media_no_video"
    assert kinds["gone"] == "media_missing"
    assert all(f"{name}.mp4" in scores[name].note for name in kinds)
    assert scores["good"].value == 1.0
    cell = result.cells["ugc/tone"]
    assert cell.value == 1.0
    assert cell.asked == 6
    assert cell.coverage < 1


def test_a_mended_clip_is_asked_again_on_resuming(dataset, tmp_path):
    first = ugcbench.run(
        model=Watcher(), tasks="ugc/tone", dataset=dataset, output=tmp_path / "run"
    )
    for name in ("empty", "page", "damaged", "sound", "gone"):
        (tmp_path / f"{name}.mp4").write_bytes(GOOD.read_bytes())
    again = ugcbench.run(model=Watcher(), resume=first.path)
    assert again.coverage == 1.0


def test_eight_tasks_decode_a_clip_once(tmp_path):
    model = Watcher()
    result = ugcbench.run(
        model=model, tasks="ugc", dataset="mini", judge="lexical", output=tmp_path / "run"
    )
    assert result.summary.requests > 60
    assert model.reader.decoded == 12
