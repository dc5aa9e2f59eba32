"""What is vLLM handed for a clip, family by family, and is a wrong layout noticed? Without vLLM."""

from __future__ import annotations

import json
from importlib.util import find_spec

import numpy as np
import pytest

from ugcbench.errors import FatalModelError, RequestRejectedError, UsageError
from ugcbench.media import Media
from ugcbench.testing import (
    make_tiny_causal_lm,
    make_tiny_gemma3n,
    make_tiny_minicpm_o,
    make_tiny_qwen_omni,
)
from ugcbench.types import MediaProfile, Prompt, Receipt
from ugcbench_models.local.chats import ChatEncoder
from ugcbench_models.local.checkpoint_files import Source
from ugcbench_models.local.vllm_chat import VLLMChat
from ugcbench_models.local.vllm_clips import ClipInput, Family, find_runs, name_items

if not all(map(find_spec, ("torch", "transformers", "timm", "xgrammar"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)

V, A = "<|VIDEO|>", "<|AUDIO|>"
PROFILE = MediaProfile()


def media(*, frames=4, seconds=None, sound=None, size=(56, 84), sha256="c0"):
    """A clip of a frame a second, unless said otherwise; `sound` are seconds of it."""
    seconds = seconds or float(frames)
    times = tuple(seconds * (number + 0.5) / frames for number in range(frames))
    audio = None if sound is None else np.zeros(round(sound * 16_000), np.float32)
    receipt = Receipt(
        sha256=sha256,
        file_bytes=1,
        decoder="d",
        profile="paper",
        duration=seconds,
        frame_times=times,
        frame_size=size[::-1],
        source_size=size[::-1],
        audio_seconds=sound or 0.0,
    )
    return Media(np.zeros((frames, *size, 3), np.uint8), times, audio, receipt)


def family_of(folder, **options):
    from ugcbench_models.local.vllm_families import find_family

    return find_family(folder, Source(name=str(folder), **options))


def written(family, clip, text="What?"):
    """The chat that is handed to vLLM, as text."""
    tokenizer = family.tokenizer
    tokenizer.chat_template = clip.template or tokenizer.chat_template
    prompt = Prompt(task="t", sample_id="s", text=text)
    tokens = ChatEncoder(tokenizer, "m", {}).encode(prompt, clip.parts, clip.expand)
    return tokenizer.decode(tokens)


@pytest.fixture(scope="module")
def omni(tmp_path_factory):
    return family_of(make_tiny_qwen_omni(tmp_path_factory.mktemp("omni"), published=True))


@pytest.fixture(scope="module")
def gemma(tmp_path_factory):
    return family_of(make_tiny_gemma3n(tmp_path_factory.mktemp("gemma")))


@pytest.fixture(scope="module")
def units(tmp_path_factory):
    return family_of(make_tiny_minicpm_o(tmp_path_factory.mktemp("units")), trusted=True)


def test_qwen_gets_frames_and_sound_in_turns_of_two_seconds(omni):
    clip = omni.encode(media(frames=6, sound=6.0), PROFILE)
    turn = [(V, 6), (A, 50)]
    assert clip.layout == turn * 3
    assert clip.options["second_per_grid_ts"] == [2.0]
    assert clip.options["use_audio_in_video"] is True
    assert clip.options["do_resize"] is clip.options["do_sample_frames"] is False
    assert clip.options["fps"] == pytest.approx(1.0)
    assert [part.shape for part, _ in clip.data["audio"]] == [(96_000,)]
    assert written(omni, clip).count("<|vision_bos|><|VIDEO|><|vision_eos|>What?") == 1


def test_qwen_gets_a_silent_clip_without_the_switch_for_sound(omni):
    for silent in (media(), media(sound=0.03)):
        clip = omni.encode(silent, PROFILE)
        assert clip.layout == [(V, 12)]
        assert clip.data.keys() == {"video"}
        assert "use_audio_in_video" not in clip.options
        assert clip.counts == "12 video tokens, 0 audio tokens"


def test_qwen_gets_frames_that_torch_does_not_warn_of(omni):
    clip = media()
    clip.frames.flags.writeable = False  # as the reader gives them
    (video,) = omni.encode(clip, PROFILE).data["video"]
    assert video.flags.writeable
    assert (video == clip.frames).all()


def test_qwen_hears_all_of_a_long_clip(omni):
    clip = omni.encode(media(frames=32, seconds=64.0, sound=64.5), PROFILE)
    # A grid of two frames every four seconds: each second turn has sound alone.
    assert clip.layout == [(V, 6), (A, 100)] * 15 + [(V, 6), (A, 112)]


def test_qwen_notices_a_profile_that_it_cannot_take(omni):
    with pytest.raises(FatalModelError, match="multiples of 28"):
        omni.encode(media(size=(50, 84)), PROFILE)
    with pytest.raises(FatalModelError, match="hears sound at 16000 Hz"):
        omni.encode(media(), MediaProfile(sample_rate=8000))


def test_gemma_gets_all_sound_in_equal_items_of_at_most_half_a_minute(gemma):
    clip = gemma.encode(media(frames=2, seconds=70.0, sound=70.0), PROFILE)
    assert [len(sound) for sound, _ in clip.data["audio"]] == pytest.approx(
        [70 * 16_000 / 3] * 3, abs=1
    )
    picture, sound = ("<image_soft_token>", 256), ("<audio_soft_token>", 188)
    assert clip.layout == [picture] * 2 + [sound] * 3
    chat = written(gemma, clip)
    assert "<image_soft_token>" * 2 + "<audio_soft_token>" * 3 + "What?" in chat
    assert gemma.encode(media(), PROFILE).data.keys() == {"image"}
    with pytest.raises(FatalModelError, match="hears sound at 16000 Hz"):
        gemma.encode(media(), MediaProfile(sample_rate=8000))


def test_minicpm_gets_units_of_a_second_and_nothing_numbered(units):
    clip = units.encode(media(frames=2, seconds=4.0, sound=3.5), PROFILE)
    assert clip.layout == [("<unk>", count) for count in (25, 4, 25, 25, 4, 13)]
    picture, sound = "(<video>./</video>)", "(<audio>./</audio>)"
    chat = written(units, clip, text=f"Is {sound} heard?")
    marks = f"<unit>{sound}<unit>{picture}{sound}<unit>{sound}<unit>{picture}{sound}"
    introduction = "<|im_start|>user\nYou are a helpful assistant. You can accept"
    assert introduction in chat
    assert f"<|im_end|>\n<|im_start|>user\n{marks}Is (" in chat
    assert chat.count(sound) == 4, "what the question spells out must not stand for sound"
    assert chat.endswith("<|im_start|>assistant\n<|spk_bos|><|spk|><|spk_eos|><|tts_bos|>")
    assert [item.shape for item in clip.data["video"]] == [(1, 56, 84, 3)] * 2
    silent = units.encode(media(frames=2), PROFILE)
    assert silent.template is None
    assert silent.data.keys() == {"video"}


def test_minicpm_runs_code_only_if_it_is_trusted(tmp_path):
    with pytest.raises(FatalModelError, match="trust_remote_code=true"):
        family_of(make_tiny_minicpm_o(tmp_path))


def test_a_chat_model_reads_text_only(tmp_path):
    family = family_of(make_tiny_causal_lm(tmp_path))
    with pytest.raises(RequestRejectedError, match="reads text only"):
        family.encode(media(), PROFILE)


def test_a_kind_that_is_not_known_sees_frames_and_never_loses_sound_in_silence(tmp_path):
    folder = make_tiny_qwen_omni(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "qwen2_5_vl", "vision_config": {}}
    (folder / "config.json").write_text(json.dumps(config))
    family = family_of(folder)
    clip = family.encode(media(frames=2), PROFILE)
    assert "<|vision_bos|><|IMAGE|><|vision_eos|>" * 2 + "What?" in written(family, clip)
    assert len(clip.data["image"]) == 2
    with pytest.raises(FatalModelError, match="audio=false"):
        family.encode(media(sound=1.0), PROFILE)


def test_a_broken_configuration_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(FatalModelError, match=r"config\.json can't be read"):
        family_of(tmp_path)


class Words:
    def convert_tokens_to_ids(self, name):
        return {V: 1, A: 2}[name]


FAMILY = Family(name="m", tokenizer=Words(), encode=lambda media, profile: None, places=(V, A))
CLIP = ClipInput(data={"video": [0], "audio": [0]}, layout=[(V, 2), (A, 1), (V, 2)], counts="")


def test_the_layout_is_compared_in_order_and_number():
    FAMILY.check([7, 1, 1, 2, 1, 1, 7], CLIP)
    FAMILY.check([7, 7], None)
    for wrong in ([7, 1, 1, 1, 1, 2], [1, 1, 2, 1], [7], [1, 1, 2, 1, 1, 7, 2]):
        with pytest.raises(FatalModelError, match=r"of 4 .* in 2 pieces and 1"):
            FAMILY.check(wrong, CLIP)
    with pytest.raises(FatalModelError, match=r"1 .*AUDIO.* in 1 piece .* of no media"):
        FAMILY.check([7, 2], None)


def test_runs_are_told_apart_by_what_stands_between():
    assert find_runs([1, 1, 7, 1, 2], {1: "a", 2: "b"}) == [("a", 2), ("a", 1), ("b", 1)]


def test_items_are_named_by_file_and_profile():
    first = name_items(CLIP, "c0", PROFILE)
    assert first.keys() == {"video", "audio"}
    assert first == name_items(CLIP, "c0", MediaProfile())
    assert len({first["video"][0], first["audio"][0]}) == 2
    for other in (name_items(CLIP, "c1", PROFILE), name_items(CLIP, "c0", MediaProfile(fps=2))):
        assert other["video"] != first["video"]


def test_options_without_sense_are_refused():
    for options in ({"dtype": "float1"}, {"tensor_parallel": 0}, {"gpu_memory": 1.5}):
        with pytest.raises(UsageError):
            VLLMChat(model="m", **options)


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
async def test_without_vllm_it_says_what_to_install(tmp_path):
    model = VLLMChat(model=str(tmp_path))
    with pytest.raises(FatalModelError, match=r"pip install 'ugcbench\[vllm\]'"):
        await model.generate(Prompt(task="t", sample_id="s", text="x"))
    await model.close()
