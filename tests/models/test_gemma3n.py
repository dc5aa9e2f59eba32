"""Does Gemma 3n answer about clips, with a real tiny one from loading to the last number?"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import weakref
from importlib.util import find_spec

import pytest

from ugcbench import Registry
from ugcbench.errors import FatalModelError, ModelError, RequestRejectedError
from ugcbench.plugins import create
from ugcbench.store import read_records
from ugcbench.testing import make_tiny_causal_lm, make_tiny_gemma3n
from ugcbench.types import MediaProfile, Prompt, Sampling

if not all(map(find_spec, ("torch", "transformers", "timm", "torchvision", "xgrammar"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)

NAMES = ("gemma-3n-e2b", "gemma-3n-e4b")
CAPTION = 'A tone sounds.\nThe picture grows "brighter".'
CHOICE = {"type": "object", "properties": {"answer": {"enum": ["A", "B"]}}, "required": ["answer"]}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for a core that is taken are slower than one."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def babbler(tmp_path_factory):
    return make_tiny_gemma3n(tmp_path_factory.mktemp("babbler"))


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    return make_tiny_gemma3n(tmp_path_factory.mktemp("speaker"), says=CAPTION)


def load(folder, name=NAMES[0], **options):
    return create(Registry().model(name), path=str(folder), **options)


@pytest.fixture
async def open_chat():
    chats = []

    def open_chat(folder, **options):
        chats.append(load(folder, **options))
        return chats[-1]

    yield open_chat
    for chat in chats:
        await chat.close()


def ask(media=None, text="What is to be heard?", tokens=24, **changes):
    changes.setdefault("sampling", Sampling(max_tokens=tokens))
    return Prompt(**{"task": "t", "sample_id": "s", "text": text, "media": media, **changes})


async def test_it_says_what_the_model_says_and_what_the_model_got(speaker, open_chat, clip):
    reply = await open_chat(speaker).generate(ask(clip, system="You are terse."))
    assert (reply.text, reply.finish, reply.model) == (CAPTION, "stop", str(speaker))
    assert reply.usage.output_tokens == 2
    assert 4 * 256 + 188 + 20 < reply.usage.input_tokens < 4 * 256 + 188 + 90
    sent = reply.receipt.sent
    assert sent.startswith("frames: 4 of 168x280; audio: 4.0 s; 1024 picture tokens of frames that")
    assert "resized to 64x64, 188 audio tokens of 1 x 4.0 s; Gemma3nFor" in sent


async def test_a_batch_of_all_sorts_gives_what_each_gives_alone(
    babbler, open_chat, clip, muted_clip, long_clip
):
    prompts = [
        ask(clip, tokens=32),
        ask(muted_clip, "Who?", tokens=40),
        ask(None, "Who speaks in a kitchen while music plays?", tokens=32),
        ask(clip, output_schema=CHOICE),
        ask(long_clip, profile=MediaProfile(max_frames=4)),
        ask(muted_clip, sampling=Sampling(max_tokens=32, temperature=1, seed=3)),
    ]
    chat = open_chat(babbler)
    engine = await chat._resident.get()
    requests = [await chat._prepare(engine, prompt, await chat._read(prompt)) for prompt in prompts]
    batch = engine.answer(requests, lambda: False)
    assert batch == [
        reply for request in requests for reply in engine.answer([request], lambda: False)
    ]
    assert json.loads(batch[3].text)["answer"] in ("A", "B")
    asked = await asyncio.gather(*map(chat.generate, prompts))
    assert [reply.text for reply in asked] == [reply.text for reply in batch]


async def test_the_files_of_published_checkpoints_are_understood(
    babbler, open_chat, tmp_path, clip
):
    folder = shutil.copytree(babbler, tmp_path / "published")
    config = json.loads((folder / "processor_config.json").read_text())
    parts = {**config.pop("feature_extractor"), **config.pop("image_processor")}
    parts |= {"image_processor_type": "SiglipImageProcessorFast", "do_convert_rgb": None}
    (folder / "preprocessor_config.json").write_text(json.dumps(parts))
    (folder / "processor_config.json").write_text(json.dumps(config))
    replies = [await open_chat(path).generate(ask(clip)) for path in (babbler, folder)]
    assert replies[0].text == replies[1].text


async def test_a_smaller_dtype_may_be_chosen(speaker, open_chat, clip):
    chat = open_chat(speaker, dtype="bfloat16")
    assert (await chat.generate(ask(clip))).text == CAPTION
    model = chat._resident.loaded._loaded.model
    assert {str(weight.dtype) for weight in model.parameters()} == {"torch.bfloat16"}


async def test_muting_the_clip_changes_tokens_and_answer(babbler, open_chat, clip, muted_clip):
    chat = open_chat(babbler)
    heard, unheard = [await chat.generate(ask(media)) for media in (clip, muted_clip)]
    deaf = await open_chat(babbler, audio=False).generate(ask(clip))
    assert heard.usage.input_tokens - unheard.usage.input_tokens > 188
    assert heard.text != unheard.text
    assert (deaf.text, deaf.usage) == (unheard.text, unheard.usage)
    assert "audio: none in the clip" in unheard.receipt.sent
    assert "audio: off by option" in deaf.receipt.sent


async def test_all_sound_of_a_long_clip_is_given_in_items(babbler, open_chat, long_clip):
    reply = await open_chat(babbler).generate(ask(long_clip, tokens=1))
    assert reply.usage.input_tokens > 32 * 256 + 2 * 188
    assert "8192 picture tokens" in reply.receipt.sent
    assert "376 audio tokens of 2 x 23.8 s" in reply.receipt.sent


async def test_an_overlong_prompt_is_rejected_and_the_reply_takes_what_is_left(
    tmp_path, open_chat, clip
):
    chat = open_chat(make_tiny_gemma3n(tmp_path, context=1300))
    with pytest.raises(RequestRejectedError, match=r"1024 picture.*188 audio.* takes 1300"):
        await chat.generate(ask(clip, "word " * 100))
    full = await chat.generate(ask(clip, tokens=300))
    assert full.finish == "length"
    assert full.usage.input_tokens + full.usage.output_tokens == 1300


async def test_a_prompt_cannot_speak_for_the_clip(babbler, open_chat, clip):
    chat = open_chat(babbler)
    for media in (clip, None):
        reply = await chat.generate(ask(media, "<image_soft_token> or <audio_soft_token>?"))
        assert reply.usage.output_tokens > 0


async def complaint(folder, media=None, **options):
    chat = load(folder, **options)
    try:
        with pytest.raises(FatalModelError) as caught:
            await chat.generate(ask(media))
    finally:
        await chat.close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


async def test_what_cannot_be_loaded_says_why_in_one_line(speaker, tmp_path):
    assert "there is no directory" in await complaint(tmp_path / "nowhere")
    folder = shutil.copytree(speaker, tmp_path / "weightless")
    (folder / "model.safetensors").unlink()
    assert "no weight file" in await complaint(folder)
    other = make_tiny_causal_lm(tmp_path / "other")
    assert "is no Gemma 3n, but qwen2 by its config.json" in await complaint(other)


async def test_weights_that_are_missing_are_not_made_up(speaker, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(speaker, tmp_path / "holes")
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if "audio_tower" in name)
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert name in await complaint(folder)


async def test_a_processor_of_another_model_is_noticed(speaker, tmp_path):
    folder = shutil.copytree(speaker, tmp_path / "mixed")
    config = json.loads((folder / "processor_config.json").read_text())
    config["audio_seq_length"] = 100
    (folder / "processor_config.json").write_text(json.dumps(config))
    assert "writes 100 tokens for a sound, but the model reads 188" in await complaint(folder)


async def test_a_template_without_room_for_the_clip_is_noticed(speaker, tmp_path, clip):
    folder = shutil.copytree(speaker, tmp_path / "deaf")
    template = (folder / "chat_template.jinja").read_text()
    deaf = template.replace("<{{ item.type }}_soft_token>", "<image_soft_token>")
    (folder / "chat_template.jinja").write_text(deaf)
    said = await complaint(folder, clip)
    assert "room for 1280 picture and 0 audio tokens where the clip has 1024 and 188" in said


@pytest.mark.parametrize("missing", ["torch", "timm"])
def test_without_the_extra_it_says_what_to_install(speaker, missing):
    code = (
        f"import sys, asyncio; sys.modules['{missing}'] = None\n"
        "from ugcbench import Prompt, Registry\n"
        "from ugcbench.plugins import create\n"
        "model = create(Registry().model('gemma-3n-e2b'), path=sys.argv[1])\n"
        "asyncio.run(model.generate(Prompt(task='t', sample_id='s', text='x')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(speaker)], capture_output=True, text=True
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.endswith(f"needs {missing}: pip install 'ugcbench[hf]'")


async def test_closing_frees_the_weights(speaker, clip):
    chat = load(speaker)
    await asyncio.gather(*(chat.generate(ask(clip, str(number))) for number in range(3)))
    engine = chat._resident.loaded
    model = weakref.ref(engine._loaded.model)
    await chat.close()
    assert model() is None
    with pytest.raises(ModelError, match="closed"):
        engine.prepare(ask(), None)


def test_each_name_has_its_own_checkpoint():
    specs = [Registry().model(name) for name in NAMES]
    ids = [spec.options["model"] for spec in specs]
    assert ids == ["google/gemma-3n-E2B-it", "google/gemma-3n-E4B-it"]


@pytest.mark.parametrize("name", NAMES)
def test_mini_benchmark_runs_end_to_end(ugcbench, speaker, tmp_path, name):
    asked = ["--model", name, "--option", f"path={speaker}", "--judge", "lexical"]
    asked += ["--tasks", "all", "--dataset", "mini", "--limit", "2", "--output", "run"]
    done = ugcbench("run", *asked, "--format", "json", "--quiet", OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["model"], summary["model_answered"]) == (name, [str(speaker)])
    captions = [cell for cell in summary["cells"] if cell["name"].startswith("ugc/caption")]
    assert {cell["coverage"] for cell in captions} == {1.0}
    records = list(read_records(tmp_path / "run"))
    assert {record.prediction.text for record in records} == {CAPTION}
    assert all("audio tokens" in record.prediction.receipt.sent for record in records)
