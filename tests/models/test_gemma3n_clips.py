"""Does Gemma 3n get all of a clip, and the same as from its own processor?"""

from __future__ import annotations

from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.errors import FatalModelError
from ugcbench.testing import make_tiny_gemma3n
from ugcbench.types import MediaProfile, Prompt, Sampling

if not all(map(find_spec, ("torch", "transformers", "timm", "torchvision", "xgrammar"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)

PROFILE = MediaProfile()
RATE = PROFILE.sample_rate


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Threads that wait for a core that is taken are slower than one."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from ugcbench_models.local.checkpoint_files import Source
    from ugcbench_models.local.gemma3n import Gemma3nEngine

    folder = make_tiny_gemma3n(tmp_path_factory.mktemp("babbler"))
    engine = Gemma3nEngine(Source(name=str(folder)), {})
    yield engine
    engine.close()


def make_media(frames=2, seconds=0.0, pitch=440.0):
    """Frames of noise, unlike each other, and a tone."""
    pictures = np.random.default_rng(frames).integers(0, 256, (frames, 56, 84, 3), np.uint8)
    pictures.flags.writeable = False
    sound = np.sin(np.arange(round(seconds * RATE)) * 2 * np.pi * pitch / RATE) / 2
    audio = sound.astype(np.float32) if seconds else None
    return SimpleNamespace(frames=pictures, audio=audio)


def ask(text="What is to be heard?"):
    return Prompt(task="t", sample_id="s", text=text, sampling=Sampling(max_tokens=24))


def process(engine, media, text, **audio_options):
    """What the model's own processor makes of the same frames and sound."""
    items = (
        [] if media.audio is None else np.array_split(media.audio, 1 + len(media.audio) // 480_001)
    )
    content = [{"type": "image", "image": frame.copy()} for frame in media.frames]
    content += [{"type": "audio", "audio": item} for item in items if len(item)]
    content.append({"type": "text", "text": text})
    return engine._clips._processor.apply_chat_template(
        [{"role": "user", "content": content}],
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"audio_kwargs": audio_options},
    )


@pytest.mark.parametrize("seconds", [0, 3.21, 30, 30.01, 47.3])
def test_inputs_and_reply_are_those_of_the_models_own_processor(engine, seconds):
    import torch

    media = make_media(3, seconds)
    direct = process(engine, media, ask().text, padding="max_length")
    clip = engine.encode(media, PROFILE)
    request = engine.prepare(ask(), clip)
    assert request.tokens == direct.pop("input_ids")[0].tolist()
    assert clip.inputs.keys() == direct.keys() - {"attention_mask", "token_type_ids"}
    for name, value in clip.inputs.items():
        assert torch.equal(value, direct[name]), name
    (reply,) = engine.answer([request], lambda: False)
    tokens = torch.tensor([request.tokens])
    loaded = engine._loaded
    made = loaded.model.generate(
        input_ids=tokens, **direct, max_new_tokens=24, eos_token_id=list(loaded.stops)
    )
    said = loaded.tokenizer.decode(made[0, tokens.shape[1] :], skip_special_tokens=True)
    assert reply.text == said


@pytest.mark.parametrize("seconds", [0.5, 3.21, 47.3])
def test_what_is_heard_does_not_depend_on_how_far_a_sound_is_filled_up(engine, seconds):
    import torch

    media = make_media(2, seconds)
    clip, direct = engine.encode(media, PROFILE), process(engine, media, "Now?")
    mask = direct["input_features_mask"]
    heard = clip.inputs["input_features"][:, : mask.shape[1]][mask]
    assert torch.equal(heard, direct["input_features"][mask])


def test_silence_and_other_sounds_are_told_apart_at_equal_tokens(engine):
    import torch

    one, other, none = (engine.encode(make_media(2, 2, pitch), PROFILE) for pitch in (440, 990, 0))
    tokens = {tuple(engine.prepare(ask(), clip).tokens) for clip in (one, other, none)}
    assert len(tokens) == 1
    features = [clip.inputs["input_features"] for clip in (one, other, none)]
    assert not torch.equal(features[0], features[1])
    assert not torch.equal(features[1], features[2])


def test_a_sound_of_one_sample_is_given(engine):
    clip = engine.encode(make_media(2, 1 / RATE), PROFILE)
    assert clip.sounds == 1
    assert int(clip.inputs["input_features_mask"].sum()) == 1


def test_frames_stand_before_the_sound_and_the_text_last(engine):
    request = engine.prepare(ask("Now?"), engine.encode(make_media(2, 40), PROFILE))
    processor = engine._clips._processor
    kinds = {processor.image_token_id: "see", processor.audio_token_id: "hear"}
    order = [kinds.get(token, "read") for token in request.tokens]
    places = [kind for kind, before in zip(order[1:], order, strict=False) if kind != before]
    assert places == ["see", "read"] * 2 + ["hear", "read"] * 2
    tail = engine._loaded.tokenizer.decode(request.tokens[-16:])
    assert tail.endswith("Now?<end_of_turn>\n<start_of_turn>model\n")


@given(st.integers(1, 2_000), st.integers(1, 500))
def test_split_sound_is_whole_and_in_the_fewest_equal_items(length, longest):
    from ugcbench_models.local.gemma3n_clips import split_sound

    signal = np.arange(length, dtype=np.float32)
    items = split_sound(signal, longest)
    assert np.array_equal(np.concatenate(items), signal)
    assert max(map(len, items)) <= longest
    assert max(map(len, items)) - min(map(len, items)) <= 1
    assert len(items) == -(-length // longest)


def test_a_profile_of_another_rate_is_refused(engine):
    with pytest.raises(FatalModelError, match=r"hears sound at 16000 Hz, but .* gives 8000 Hz"):
        engine.encode(make_media(2, 1), PROFILE.model_copy(update={"sample_rate": 8000}))


@pytest.fixture
def renewed(engine):
    """A processor of the engine's whose parts can be replaced by those of another version."""
    import copy

    import torch

    from ugcbench_models.local.gemma3n_clips import ClipProcessor

    processor, config = copy.copy(engine._clips._processor), engine._loaded.model.config
    return processor, ClipProcessor(processor, config, "it", torch.float32)


def test_a_processor_that_cuts_sound_is_noticed(renewed):
    from transformers import Gemma3nAudioFeatureExtractor

    class Shorter(Gemma3nAudioFeatureExtractor):
        def __call__(self, items, **kwargs):
            return super().__call__(items, max_length=10 * RATE, return_tensors="pt")

    processor, clips = renewed
    processor.feature_extractor = Shorter()
    assert clips.encode(make_media(2, 10), PROFILE).sounds == 1
    with pytest.raises(FatalModelError, match=r"made 10\.0 s of 12\.0 s of sound"):
        clips.encode(make_media(2, 12), PROFILE)


def test_a_processor_that_makes_several_pictures_of_a_frame_is_noticed(renewed):
    from transformers import SiglipImageProcessor

    class Twice(SiglipImageProcessor):
        def __call__(self, images, **kwargs):
            return super().__call__([*images, *images], **kwargs)

    processor, clips = renewed
    processor.image_processor = Twice()
    with pytest.raises(FatalModelError, match="made 4 pictures of 2 frames"):
        clips.encode(make_media(2), PROFILE)
