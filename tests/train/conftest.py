"""A tiny Qwen2.5-Omni with random weights, clips, and rows to train on."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

MINI = Path(str(resources.files("ugcbench_tasks"))) / "mini" / "videos"
CAPTIONS = (
    "A woman speaks in a kitchen while music plays.",
    "A man walks on a street; the text on the screen says hello.",
    "Two dogs run over a field, and no sound is heard.",
    "A band plays loud music on a stage at night.",
)
PROMPT = "Describe the video."


@pytest.fixture(scope="session")
def mini_clips():
    """Paths of the clips that come with ugcbench, in the order of their names."""
    return sorted(str(path) for path in MINI.iterdir())


@pytest.fixture(scope="session")
def tiny_omni(tmp_path_factory):
    """A full checkpoint directory; its vocabulary writes the captions of these tests shortly."""
    from ugcbench.testing import make_tiny_qwen_omni

    folder = tmp_path_factory.mktemp("tiny") / "omni"
    return make_tiny_qwen_omni(folder, texts=[*CAPTIONS, PROMPT])


@pytest.fixture(scope="session")
def caption_rows(mini_clips):
    """Four rows with clips and captions."""
    from ugcbench_train.rows import Row

    return [
        Row(id=f"row-{number}", video=video, prompt=PROMPT, caption=caption)
        for number, (video, caption) in enumerate(zip(mini_clips, CAPTIONS, strict=False))
    ]


@pytest.fixture
def one_thread():
    """Torch on one thread, without which small models wait for each other's threads."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


COLOURS = ((200, 30, 30), (20, 40, 200), (20, 200, 40), (230, 230, 210))


@pytest.fixture(scope="session")
def small_clips(tmp_path_factory):
    """Four clips of some seconds, so small that training on them takes moments; the last is silent.

    They differ in colour, pitch and length.
    """
    folder = tmp_path_factory.mktemp("small")
    return [
        write_small_clip(folder / f"small-{number}.mp4", 3 + number % 2, colour, number)
        for number, colour in enumerate(COLOURS)
    ]


def write_small_clip(path, seconds, colour, number):
    """`seconds` of a colour that wanders, 56 x 84 pixels, with a tone unless `number` is 3."""
    from fractions import Fraction

    import av
    import numpy as np

    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=4)
        video.width, video.height, video.pix_fmt = 56, 84, "yuv420p"
        audio = file.add_stream("aac", rate=16_000, layout="mono") if number != 3 else None
        for frame in range(4 * seconds):
            picture = np.full((84, 56, 3), colour, np.uint8)
            picture[4 * frame : 4 * frame + 20] = 255 - picture[0, 0]
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture)))
        file.mux(video.encode())
        if audio is not None:
            times = np.arange(16_000 * seconds) / 16_000
            tone = np.sin(times * 2 * np.pi * 300 * (number + 1)).astype(np.float32) / 2
            block = av.AudioFrame.from_ndarray(tone[None], "fltp", "mono")
            block.sample_rate, block.pts, block.time_base = 16_000, 0, Fraction(1, 16_000)
            file.mux(audio.encode(block))
            file.mux(audio.encode())
    return str(path)


@pytest.fixture(scope="session")
def small_rows(small_clips):
    """Four rows with small clips and captions."""
    from ugcbench_train.rows import Row

    return [
        Row(id=f"small-{number}", video=video, prompt=PROMPT, caption=caption)
        for number, (video, caption) in enumerate(zip(small_clips, CAPTIONS, strict=True))
    ]


@pytest.fixture
def make_recipe(tiny_omni, tmp_path):
    """Recipes for the tiny model; keyword arguments are sections of it, merged into quick ones."""
    from ugcbench_train.recipe import Recipe

    def make(stage="sft", **sections):
        quick = {
            "model": "qwen2.5-omni-3b",
            "path": str(tiny_omni),
            "output": str(tmp_path / stage),
            "data": {"train": "unused.jsonl"},
            "optimizer": {"learning_rate": 3e-3, "batch": 2, "accumulation": 1, "max_steps": 2},
            "tuning": {"gradient_checkpointing": False},
            "saving": {"every": 100},
            "logging": {"to": ()},
        }
        for name, value in sections.items():
            merged = isinstance(value, dict) and name in quick
            quick[name] = {**quick[name], **value} if merged else value
        return Recipe.model_validate({"stage": stage, **quick})

    return make


@pytest.fixture
async def open_mixture(tmp_path):
    """Opens mixtures of rewards, by default in a folder of the test, and closes them."""
    from ugcbench_train.rewards.mixture import Mixture

    mixtures = []

    def open_(settings, folder=None, registry=None):
        mixtures.append(Mixture.open(settings, folder or tmp_path / "rewards", registry))
        return mixtures[-1]

    yield open_
    for mixture in mixtures:
        await mixture.close()


@pytest.fixture
def examples(tiny_omni, small_rows):
    """The small rows as the tiny model gets them."""
    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec
    from ugcbench_train.recipe import Media
    from ugcbench_train.trainers.examples import Examples

    codec = QwenOmniCodec(model="none/none", path=str(tiny_omni))
    return Examples(codec, Media(), small_rows)
