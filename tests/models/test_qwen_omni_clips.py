"""Does Qwen2.5-Omni get our frames and our sound, whole, in step and nothing else?"""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench import Registry
from ugcbench.errors import FatalModelError
from ugcbench.media import read
from ugcbench.media.sampling import pick_frames
from ugcbench.plugins import create
from ugcbench.testing import make_tiny_qwen_omni
from ugcbench.types import MediaProfile

if not all(map(find_spec, ("torch", "torchvision", "transformers", "xgrammar"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)

PAPER = MediaProfile()
PLACE = "<|vision_bos|><|VIDEO|><|vision_eos|>"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for a core that is taken are slower than one."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def omni(tmp_path_factory):
    from ugcbench_models.local.checkpoint_files import Source
    from ugcbench_models.local.qwen_omni import QwenOmniEngine

    folder = make_tiny_qwen_omni(tmp_path_factory.mktemp("omni"))
    return QwenOmniEngine(Source(name=str(folder)), {})


@pytest.fixture(scope="module")
def mini():
    return {clip.id: clip.media for clip in create(Registry().dataset("mini"))}


def token(omni, name):
    return omni._loaded.tokenizer.convert_tokens_to_ids(name)


def positions(omni, clip):
    """The model's own time of each token, in steps of 40 ms from the clip's first."""
    import torch

    inputs = clip.inputs
    tokens = torch.tensor([clip.tokens])
    lengths = inputs["feature_attention_mask"].sum(-1) if clip.sounding else None
    found, _ = omni._loaded.model.get_rope_index(
        tokens,
        None,
        inputs["video_grid_thw"],
        torch.ones_like(tokens),
        clip.sounding,
        lengths,
        inputs["video_second_per_grid"],
    )
    times = found[0, 0]
    seen, heard = (times[tokens[0] == token(omni, name)] for name in ("<|VIDEO|>", "<|AUDIO|>"))
    start = int(seen[0])
    return (seen - start).tolist(), (heard - start).tolist()


@pytest.mark.parametrize("name", ["mini-01", "mini-04", "mini-07", "mini-09"])
def test_picture_and_sound_stand_at_their_true_times(omni, mini, name):
    media = read(mini[name], PAPER)
    clip = omni.encode(media, PAPER)
    seen, heard = positions(omni, clip)
    count, height, width, _ = media.frames.shape
    tokens_of_grid = (height // 28) * (width // 28)
    grids = [seen[at] / 25 for at in range(0, len(seen), tokens_of_grid)]
    step = float(clip.inputs["video_second_per_grid"][0])
    assert len(seen) == count // 2 * tokens_of_grid
    assert step == pytest.approx(2 * media.receipt.duration / count, abs=1e-3)
    for at, time in enumerate(media.times):
        start = grids[at // 2]
        assert start - 1 / 12 <= time < start + step, "it is on the screen in its grid's time"
    seconds = 0 if media.audio is None else len(media.audio) / 16_000
    assert heard == list(range(len(heard))), "sound goes on by 40 ms a token"
    assert len(heard) == pytest.approx(25 * seconds, abs=1)
    assert clip.sounding == (name != "mini-07")
    assert clip.counts == f"{len(seen)} video tokens, {len(heard)} audio tokens"


def test_picture_and_sound_take_turns_of_two_seconds(omni, mini):
    clip = omni.encode(read(mini["mini-02"], PAPER), PAPER)
    names = {token(omni, f"<|{n}|>"): n for n in ("VIDEO", "AUDIO", "audio_bos", "audio_eos")}
    named = [names.get(number, "other") for number in clip.tokens]
    edges = [at for at in range(1, len(named)) if named[at] != named[at - 1]]
    runs = [named[at] for at in (0, *edges)]
    turns = ["VIDEO", "AUDIO"] * 4
    assert runs == ["other", "audio_bos", *turns, "audio_eos", "other"]
    assert named.count("AUDIO") == 8 * 25


def test_the_pixels_are_ours_and_the_spectrogram_is_the_processors_own(omni, mini):
    import torch

    media = read(mini["mini-03"], PAPER)
    inputs = omni.encode(media, PAPER).inputs
    parts = omni._clips._processor
    frames = torch.tensor(media.frames).permute(0, 3, 1, 2)
    expected = parts.video_processor(
        [frames], do_resize=False, do_sample_frames=False, cap_pixels_per_frame=False
    )
    patches = torch.as_tensor(expected["pixel_values_videos"])
    assert torch.equal(inputs["pixel_values_videos"], patches)
    _, height, width, _ = media.frames.shape
    assert inputs["video_grid_thw"].tolist() == [[5, height // 14, width // 14]]
    padded = parts.feature_extractor(media.audio, sampling_rate=16_000, return_tensors="np")
    length = inputs["input_features"].shape[-1]
    assert length == math.ceil(len(media.audio) / 160)
    whole = padded["input_features"][:, :, :length]
    np.testing.assert_allclose(inputs["input_features"].numpy(), whole, atol=2e-5)


def test_the_placeholders_are_those_of_a_whole_chat(omni, mini):
    """Spliced token by token, a prompt is what the processor makes of template and clip at once."""
    from ugcbench.types import Prompt

    media = read(mini["mini-05"], PAPER)
    clip = omni.encode(media, PAPER)
    prompt = Prompt(task="t", sample_id="s", text="What is  said?\n", system="Listen.")
    asked = omni.prepare(prompt, clip)
    chat = (
        f"<|im_start|>system\nListen.<|im_end|>\n<|im_start|>user\n{PLACE}What is  said?\n"
        "<|im_end|>\n<|im_start|>assistant\n"
    )
    clips = omni._clips
    place, clips._place = clips._place, chat
    try:
        assert asked.tokens == omni.encode(media, PAPER).tokens
    finally:
        clips._place = place


def test_muting_changes_what_the_model_gets(omni, clip, muted_clip):
    loud, muted = (omni.encode(read(path, PAPER), PAPER) for path in (clip, muted_clip))
    assert set(loud.inputs) - set(muted.inputs) == {"input_features", "feature_attention_mask"}
    assert token(omni, "<|AUDIO|>") in loud.tokens
    assert token(omni, "<|AUDIO|>") not in muted.tokens
    silenced = dataclasses.replace(read(clip, PAPER), audio=None)
    assert omni.encode(silenced, PAPER).tokens == muted.tokens


def made_up(frames, seconds, audio_seconds=None, size=56):
    """A clip of noise, with a receipt that says so."""
    from ugcbench.types import Receipt

    source = np.random.default_rng(0)
    sound = None
    if audio_seconds is not None:
        sound = source.normal(0, 0.1, round(audio_seconds * 16_000)).astype(np.float32)
    receipt = Receipt(
        sha256="",
        file_bytes=1,
        decoder="",
        profile="",
        duration=seconds,
        frame_times=tuple(range(frames)),
        frame_size=(size, size),
        source_size=(size, size),
        audio_seconds=audio_seconds or 0.0,
    )
    from ugcbench.media import Media

    pixels = source.integers(0, 256, (frames, size, size, 3)).astype(np.uint8)
    return Media(pixels, receipt.frame_times, sound, receipt)


@pytest.mark.parametrize(
    ("frames", "seconds", "audio"),
    [
        (1, 0.5, 0.5),
        (3, 3.0, None),
        (5, 4.9, 7.3),
        (2, 0.0, 0.04),
        (2, 60.0, 3.0),
        (32, 1216 / 24, 50),
    ],
)
def test_odd_clips_pass_the_checks_and_keep_order(omni, frames, seconds, audio):
    clip = omni.encode(made_up(frames, seconds, audio), PAPER)
    seen, heard = positions(omni, clip)
    assert len(seen) == math.ceil(frames / 2) * 4
    assert seen == sorted(seen)
    assert heard == list(range(len(heard)))
    assert bool(heard) == (audio is not None)


def test_sound_too_short_for_a_token_is_no_sound(omni):
    assert not omni.encode(made_up(2, 1.0, 0.039), PAPER).sounding


def test_long_sound_is_not_cut_even_if_the_checkpoint_says_so(tmp_path):
    """A fine-tuned copy with Whisper's own 30 seconds must not end hearing there."""
    import json

    from ugcbench_models.local.checkpoint_files import Source
    from ugcbench_models.local.qwen_omni import QwenOmniEngine

    folder = make_tiny_qwen_omni(tmp_path)
    saved = json.loads((folder / "processor_config.json").read_text())
    saved["feature_extractor"] |= {"chunk_length": 30, "n_samples": 480_000, "nb_max_frames": 3000}
    (folder / "processor_config.json").write_text(json.dumps(saved))
    engine = QwenOmniEngine(Source(name=str(folder)), {})
    for seconds in (47, 400):
        clip = engine.encode(made_up(4, seconds, seconds), PAPER)
        assert clip.tokens.count(token(engine, "<|AUDIO|>")) == seconds * 25


@given(
    frames=st.integers(1, 64),
    duration=st.one_of(
        st.floats(0, 600),
        st.builds(Fraction, st.integers(1, 18_000), st.sampled_from([24, 25, 30, 60])).map(float),
    ),
)
def test_processor_and_model_agree_in_which_turn_a_frame_falls(frames, duration):
    from ugcbench_models.local.qwen_omni_clips import frame_rate, seconds_per_grid

    grid = seconds_per_grid(frames, duration)
    rate = frame_rate(grid)
    numbers = np.arange(math.ceil(frames / 2))
    processors = numbers * (2 / rate) * 25
    models = (numbers * np.float32(2 / rate) * np.float32(25)).astype(np.float32).astype(np.int64)
    assert np.array_equal(processors // 50, models // 50)
    assert grid * frames / 2 == pytest.approx(duration, abs=frames / 1024)


@given(st.integers(1, 600), st.sampled_from([1, 2, 12, 24, 25, 30, 60]))
def test_each_frame_lies_in_the_time_of_its_grid(seconds_in_tenths, rate):
    from ugcbench_models.local.qwen_omni_clips import seconds_per_grid

    times = range(max(seconds_in_tenths * rate // 10, 1))
    picked = pick_frames(times, len(times), Fraction(1, rate), PAPER)
    duration = len(times) / rate
    grid = seconds_per_grid(len(picked), duration)
    for number, picture in enumerate(picked):
        shown, gone = picture / rate, (picture + 1) / rate
        start = number // 2 * grid
        assert shown <= start + grid + 0.01
        assert gone >= start - 0.01


def test_a_profile_for_another_model_is_refused(omni):
    with pytest.raises(FatalModelError, match=r"hears sound at 16000 Hz.* gives 8000 Hz"):
        omni.encode(made_up(2, 1.0), PAPER.model_copy(update={"sample_rate": 8000}))
    with pytest.raises(FatalModelError, match=r"multiples of 28.* the factor 16"):
        omni.encode(made_up(2, 1.0, size=48), PAPER.model_copy(update={"factor": 16}))


class Deaf:
    """A processor of a later version, to which one argument is called something else."""

    def __init__(self, processor, lost):
        self._processor = processor
        self._lost = lost

    def __getattr__(self, name):
        return getattr(self._processor, name)

    def __call__(self, **arguments):
        for name in self._lost:
            arguments.pop(name, None)
        return self._processor(**arguments)


@pytest.mark.parametrize(
    ("lost", "complaint"),
    [
        (
            ("use_audio_in_video", "load_audio_from_video"),
            r"0 tokens of 4.00 s|0 <\|AUDIO\|> tokens",
        ),
        (("audio_kwargs",), None),
        (("fps",), "a time grid of 1 s instead of 2.6"),
        (("do_resize",), "tokens of 3 frames instead of 8"),
    ],
)
def test_a_processor_that_ignores_an_argument_is_noticed(omni, monkeypatch, lost, complaint):
    clips = omni._clips
    monkeypatch.setattr(clips, "_processor", Deaf(clips._processor, lost))
    media = made_up(3, 4.0, 4.0)
    if complaint is None:
        assert omni.encode(media, PAPER).sounding, "it only pads more"
        return
    # Since 5.23 the processor notices the first of these itself.
    with pytest.raises((FatalModelError, ValueError), match=complaint):
        omni.encode(media, PAPER)


def test_the_processor_does_not_warn(omni, clip, caplog, capfd):
    omni.encode(read(Path(clip), PAPER), PAPER)
    assert not caplog.records
    assert capfd.readouterr().err == ""
