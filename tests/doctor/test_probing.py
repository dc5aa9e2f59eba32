"""Does the doctor tell a model that hears from one that doesn't, over real connections?"""

from __future__ import annotations

import base64
import contextlib
import io
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench import ModelSpec, Registry, hookimpl
from ugcbench.doctor import examine
from ugcbench.doctor.probes import PICTURES, SOUND
from ugcbench.errors import UnknownNameError, UsageError
from ugcbench.media import read
from ugcbench.testing import OpenAIServer
from ugcbench.types import MediaProfile, Prediction


@pytest.fixture
def server(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with OpenAIServer() as server:
        yield server


async def look(server=None, name="openai/m", registry=None, **options):
    """The checks of a model by name."""
    given = {"base_url": server.url, **options} if server else options
    found = examine(registry or Registry(), model=name, options=given, timeout=20)
    return {check.name: check async for check in found if check.area == "model"}


def parts(call, kind):
    content = call["messages"][-1]["content"]
    return [part for part in content if part["type"] == kind] if isinstance(content, list) else []


def hear_and_see(call):
    """What a model with good ears and eyes replies, by comparing with the clips themselves."""
    for part in parts(call, "input_audio"):
        data = base64.b64decode(part["input_audio"]["data"])
        heard = np.frombuffer(data[44:], "<i2") / 32767
        spoken = read(SOUND.first.clip, MediaProfile()).audio
        word = SOUND.first.word if np.abs(heard - spoken).max() < 0.01 else SOUND.second.word
        return f"The word is {word}."
    for part in parts(call, "image_url"):
        data = base64.b64decode(part["image_url"]["url"].partition(",")[2])
        darkest = np.asarray(Image.open(io.BytesIO(data)).convert("L")).min()
        return f"{PICTURES.first.word.title()}." if darkest < 50 else "none"
    return "none"


async def test_a_model_that_names_the_words_has_seen_and_heard(server):
    server.reply = hear_and_see
    checks = await look(server)
    assert [check.verdict for check in checks.values()] == [None, "seen", "heard"]
    assert {check.status for check in checks.values()} == {"ok"}
    assert "tokens: +5" in checks["sound"].found
    assert "wav 16 kHz 5.0 s" in checks["sound"].found
    assert len(server.requests) == 9


async def test_a_model_that_only_counts_was_reached(server):
    checks = await look(server)
    assert [check.verdict for check in checks.values()] == [None, "reached", "reached"]
    assert checks["sound"].figures["tokens_gained"] > 45
    assert "expected at least +15" in checks["sound"].found


@pytest.mark.parametrize(
    ("ignored", "lost", "reached", "option"),
    [("input_audio", "sound", "pictures", "audio"), ("image_url", "pictures", "sound", "frames")],
)
async def test_what_a_server_drops_in_silence_is_found_out(server, ignored, lost, reached, option):
    server.ignored = {ignored}
    checks = await look(server)
    assert (checks[lost].status, checks[lost].verdict) == ("failed", "did not arrive")
    assert f"--option {option}=false" in checks[lost].fix
    assert checks[reached].verdict == "reached"


async def test_a_guess_does_not_pass_for_hearing(server):
    server.ignored = {"input_audio"}
    server.reply = lambda call: f"{SOUND.first.word}, or maybe {SOUND.second.word}"
    assert (await look(server))["sound"].verdict == "did not arrive"


async def test_a_part_that_is_refused_names_the_option(server):
    server.parts = {"text", "image_url"}
    checks = await look(server)
    assert checks["sound"].status == "failed"
    assert "--option audio=false" in checks["sound"].found
    assert checks["pictures"].status == "ok"


async def test_what_is_left_out_on_purpose_is_told_and_no_failure(server):
    checks = await look(server, audio=False)
    assert checks["sound"].status == "note"
    assert "audio=false" in checks["sound"].found
    assert not any(parts(request.json(), "input_audio") for request in server.requests)
    checks = await look(name="blind")
    assert {checks[name].status for name in ("pictures", "sound")} == {"note"}


async def test_a_wrong_key_is_one_failure(server):
    server.key = "right"
    checks = await look(server, api_key="sk-wrong-key")
    assert list(checks) == ["reply"]
    assert checks["reply"].status == "failed"
    assert "OPENAI_API_KEY" in checks["reply"].found
    assert "sk-wrong-key" not in str(checks)


async def test_a_server_that_is_not_there_is_one_failure(server):
    checks = await look(base_url="http://127.0.0.1:9/v1")
    assert list(checks) == ["reply"]
    assert checks["reply"].status == "failed"
    assert "start the server" in checks["reply"].found


async def test_another_model_that_replies_is_warned_of(server):
    server.served_model = "cheaper"
    checks = await look(server)
    assert checks["identity"].status == "warning"
    assert "cheaper" in checks["identity"].found


async def test_the_files_of_clips_are_probed_as_well(monkeypatch):
    pytest.importorskip("google.genai", reason="needs the extra [gemini]")
    from ugcbench.testing import GeminiServer

    with GeminiServer() as server:
        checks = await look(server, "gemini/m", api_key="any")
        assert [check.verdict for check in checks.values()] == [None, "reached", "reached"]
        assert checks["sound"].figures["tokens_gained"] == 5 * 32
        assert "AUDIO 160" in checks["sound"].found
        checks = await look(server, "gemini/m", api_key="any", media="profile", audio=False)
        assert checks["sound"].status == "note"


async def test_weights_without_sense_are_reached_all_the_same(tmp_path):
    if not all(map(find_spec, ("torch", "torchvision", "transformers", "timm", "xgrammar"))):
        pytest.skip("needs the extra [hf]")
    from ugcbench.testing import make_tiny_qwen_omni

    folder = make_tiny_qwen_omni(tmp_path / "tiny", says="Nothing to see.")
    checks = await look(name="qwen2.5-omni-3b", path=str(folder))
    assert [check.verdict for check in checks.values()] == [None, "reached", "reached"]
    assert 125 <= checks["sound"].figures["tokens_gained"] < 130
    checks = await look(name="qwen2.5-omni-3b", path=str(tmp_path))
    assert (list(checks), checks["reply"].status) == (["reply"], "failed")
    assert "config.json" in checks["reply"].found


class Told:
    """A model without a server: it says what it is told to, and raises where it is told to."""

    def __init__(self, trouble="", text="?"):
        self.trouble = trouble
        self.text = text

    async def generate(self, prompt):
        if self.trouble == "clips only" and prompt.media is None:
            raise TypeError("a path was expected")
        if self.trouble == "clips break" and prompt.media:
            raise ValueError("no such codec")
        return Prediction(task="t", sample_id="s", text=self.text)

    async def close(self):
        pass


def told(**fields):
    class Plugin:
        @hookimpl
        def ugcbench_models(self):
            spec = {"name": "told", "target": f"{__name__}:Told", "summary": ""}
            yield ModelSpec(**{**spec, **fields})

    return Registry({"mine": Plugin()})


async def test_what_cannot_be_settled_is_a_warning():
    checks = await look(name="told", registry=told())
    assert checks["sound"].verdict == "not proved"
    assert {checks[name].status for name in ("pictures", "sound")} == {"warning"}


async def test_a_model_that_takes_only_clips_is_probed_all_the_same():
    checks = await look(name="told", registry=told(), trouble="clips only")
    assert checks["reply"].status == "warning"
    assert checks["sound"].verdict == "not proved"


async def test_a_clip_that_breaks_the_adapter_is_a_failure():
    checks = await look(name="told", registry=told(), trouble="clips break")
    assert checks["pictures"].status == "failed"
    assert "no such codec" in checks["pictures"].found


async def test_the_extra_is_that_of_the_chosen_backend():
    registry = told(extra="openai", backends={"gpu": "vllm"}, target=f"{__name__}:make_told")
    for options, extra in (({}, "openai"), ({"backend": "gpu"}, "vllm")):
        async with contextlib.aclosing(examine(registry, model="told", options=options)) as checks:
            found = [check.found async for check in checks if check.name == "extra"]
        assert [f"[{extra}]" in each for each in found] == [True]


def make_told(*, backend=None):
    return Told()


async def test_a_missing_module_says_what_to_type():
    registry = told(target="nowhere_to_be_found.model:Model", extra="openai")
    checks = await look(name="told", registry=registry)
    assert list(checks) == ["load"]
    assert checks["load"].fix == "pip install 'ugcbench[openai]'"
    assert "nowhere_to_be_found" in checks["load"].found


@pytest.mark.parametrize(
    ("name", "error"), [("majority", UsageError), ("signal-basline", UnknownNameError)]
)
async def test_what_cannot_be_asked_is_wrong_usage(name, error):
    with pytest.raises(error):
        await look(name=name)
