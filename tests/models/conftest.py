"""An OpenAI-compatible server, and models that are connected to it."""

from __future__ import annotations

import pytest

from ugcbench.testing import OpenAIServer


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
