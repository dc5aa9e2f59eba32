"""Servers that speak the real APIs, models that are connected to them, and clips to ask about."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ugcbench.testing import GeminiServer, OpenAIServer


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture
async def connect(server, monkeypatch):
    """Models at the server, closed at the end of the test; nothing is set in the environment."""
    from ugcbench_models.openai_chat import OpenAIChat

    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    models = []

    def connect(**options):
        models.append(OpenAIChat(**{"model": "m", "base_url": server.url, **options}))
        return models[-1]

    yield connect
    for model in models:
        await model.close()


@pytest.fixture
def gemini():
    with GeminiServer() as server:
        yield server


@pytest.fixture
async def reach(gemini, monkeypatch):
    """Gemini models at the server, closed at the end; nothing is set in the environment."""
    from ugcbench_models.gemini import Gemini

    for name in ("GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    models = []

    def reach(**options):
        models.append(Gemini(**{"model": "m", "base_url": gemini.url, **options}))
        return models[-1]

    yield reach
    for model in models:
        await model.close()


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """Four seconds that grow brighter, with a tone."""
    return write_clip(tmp_path_factory.mktemp("clips") / "loud.mp4", sound=True)


@pytest.fixture(scope="session")
def muted_clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "muted.mp4", sound=False)


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory):
    """With more sound and more pictures than a model may take at once."""
    return write_clip(tmp_path_factory.mktemp("clips") / "long.mp4", sound=True, seconds=47.5)


def write_clip(path, *, sound, seconds=4.0):
    import av
    import numpy as np

    with av.open(str(path), "w") as file:
        video = file.add_stream("libx264", rate=10, options={"crf": "10"})
        video.width, video.height, video.pix_fmt = 168, 280, "yuv420p"
        audio = file.add_stream("aac", rate=48_000, layout="mono") if sound else None
        for i in range(round(10 * seconds)):
            picture = np.full((280, 168, 3), 20 + 5 * i % 200, np.uint8)
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture)))
        file.mux(video.encode())
        if audio is not None:
            times = np.arange(round(seconds * 48_000)) / 48_000
            tone = np.sin(times * 2 * np.pi * 440).astype(np.float32) / 2
            frame = av.AudioFrame.from_ndarray(tone[None], "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
            file.mux(audio.encode(frame))
            file.mux(audio.encode())
    return str(path)
