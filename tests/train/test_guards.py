"""Is a training stopped before its first step where the model wouldn't get what is meant?"""

from __future__ import annotations

import json
from collections import Counter

import pytest

from ugcbench.errors import PreflightError, UsageError

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:.*gradient_checkpointing.* is deprecated:FutureWarning"),
]


@pytest.fixture
def codec(tiny_omni):
    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec

    return QwenOmniCodec(model="none/none", path=str(tiny_omni))


@pytest.fixture
def broken_rows(small_rows, tmp_path):
    """The four rows, of which the second has a clip cut short and the third one that is missing."""
    from pathlib import Path

    short = tmp_path / "short.mp4"
    short.write_bytes(Path(small_rows[1].video).read_bytes()[:300])
    clips = {1: str(short), 2: str(tmp_path / "missing.mp4")}
    return [
        row.model_copy(update={"video": clips.get(number, row.video)})
        for number, row in enumerate(small_rows)
    ]


def train(recipe, rows, **options):
    from ugcbench_train.trainers.training import train

    return train(recipe, rows, **options)


def test_clips_that_cannot_be_read_are_skipped_and_counted(make_recipe, broken_rows):
    recipe = make_recipe(data={"max_skipped": 0.5})
    assert (train(recipe, broken_rows) / "config.json").is_file()
    findings = json.loads((recipe.output / "survey.json").read_text())["findings"]
    assert [each["problem"] for each in findings] == [
        None,
        "unreadable clip",
        "unreadable clip",
        None,
    ]
    assert "missing.mp4" in findings[2]["detail"]


def test_what_is_left_must_fill_a_step(make_recipe, broken_rows):
    settings = {"data": {"max_skipped": 0.5}, "grpo": {"group": 2}, "optimizer": {"batch": 8}}
    with pytest.raises(UsageError, match="2 rows don't fill one step"):
        train(make_recipe("grpo", **settings), broken_rows, reward=print)


def test_too_many_of_them_stop_it(make_recipe, broken_rows):
    recipe = make_recipe(data={"max_skipped": 0.3})
    with pytest.raises(
        PreflightError, match=r"2 of 4 rows .*unreadable clip: 2.* first is small-1 .*max_skipped"
    ):
        train(recipe, broken_rows)
    assert not (recipe.output / "checkpoints").exists()


def look(recipe, codec, rows):
    from ugcbench_train.trainers.examples import Examples, survey

    examples = Examples(codec, recipe.media, rows)
    return survey(examples, recipe, file=recipe.output / "survey.json")


def test_long_prompts_and_captions_are_skipped_and_counted(make_recipe, codec, small_rows):
    limit = len(codec.encode_reply(small_rows[0].caption))
    recipe = make_recipe(sft={"max_caption_tokens": limit})
    found = look(recipe, codec, small_rows)
    sizes = [finding.caption for finding in found.findings]
    assert found.skipped == {"caption too long": sum(size > limit for size in sizes)}
    assert small_rows[0] in found.usable

    prompts = sorted(finding.prompt for finding in found.findings)
    media = {"max_prompt_tokens": prompts[-2]}
    again = look(make_recipe("grpo", media=media, optimizer={"batch": 8}), codec, small_rows)
    assert again.skipped == {"prompt too long": 1}
    assert len(again.usable) == 3


def test_what_was_found_is_kept_until_something_changes(make_recipe, codec, small_rows, tmp_path):
    import shutil

    from ugcbench_train.trainers.examples import Examples, survey

    read = Counter()

    class Counting(Examples):
        def encode(self, row):
            read[row.id] += 1
            return super().encode(row)

    copy = shutil.copy(small_rows[0].video, tmp_path / "copy.mp4")
    rows = [small_rows[0].model_copy(update={"video": str(copy)}), small_rows[1]]
    recipe, file = make_recipe(), tmp_path / "survey.json"
    first = survey(Counting(codec, recipe.media, rows), recipe, file=file)
    second = survey(Counting(codec, recipe.media, rows), recipe, file=file)
    assert first == second
    assert read.total() == 2
    shutil.copy(small_rows[1].video, copy)
    third = survey(Counting(codec, recipe.media, rows), recipe, file=file)
    assert read.total() == 4
    assert third.findings != first.findings


def test_processes_share_the_work(make_recipe, codec, small_rows, tmp_path):
    from ugcbench_train.trainers.examples import Examples, survey

    recipe = make_recipe()
    examples = Examples(codec, recipe.media, small_rows)
    whole = survey(examples, recipe, file=tmp_path / "whole.json")

    def share(mine):
        assert mine == whole.findings[1:3]
        return [whole.findings[0], *mine, whole.findings[3]]

    part = survey(examples, recipe, file=tmp_path / "part.json", share=share, part=slice(1, 3))
    assert part.findings == whole.findings


def test_rows_without_captions_are_refused(make_recipe, small_rows):
    rows = [small_rows[0], small_rows[1].model_copy(update={"caption": None})]
    with pytest.raises(PreflightError, match=r"1 of 2 rows have no caption.* small-1"):
        train(make_recipe(), rows)


def test_a_stage_gets_rewards_if_it_needs_them(make_recipe, small_rows):
    with pytest.raises(UsageError, match="needs a reward function"):
        train(make_recipe("grpo", optimizer={"batch": 8}), small_rows)


def test_sound_that_is_promised_must_be_there(make_recipe, small_rows):
    silent = [small_rows[3]]
    with pytest.raises(PreflightError, match=r"none of 1 clips has sound.* media\.audio=false"):
        train(make_recipe(), silent)
    train(make_recipe(media={"audio": False}), silent)


def test_strategies_that_share_weights_refuse_some_silent_clips(make_recipe, codec, small_rows):
    from ugcbench_train.trainers.guards import check_sound

    recipe = make_recipe(launch={"strategy": "zero3"})
    with pytest.raises(PreflightError, match=r"1 of 4 clips are silent.*strategy=zero2"):
        check_sound(recipe, look(recipe, codec, small_rows))
    check_sound(recipe, look(recipe, codec, small_rows[:3]))


@pytest.mark.parametrize(
    ("module", "complaint"),
    [("model.visual.merger", "without pictures"), ("model.audio_tower.proj", "without sound")],
)
def test_media_must_move_the_model(make_recipe, codec, small_rows, tmp_path, module, complaint):
    """A checkpoint whose tower says the same to everything."""
    import torch

    model = codec.load()
    with torch.no_grad():
        for weights in model.get_submodule(module).parameters():
            weights.zero_()
    codec.save(model, tmp_path / "blind")
    recipe = make_recipe(path=str(tmp_path / "blind"))
    with pytest.raises(PreflightError, match=rf"{complaint} the model says the same"):
        train(recipe, small_rows)
    assert not list((recipe.output / "checkpoints").glob("checkpoint-*"))


@pytest.mark.parametrize("stage", ["sft", "grpo"])
def test_pictures_and_sound_move_log_probabilities(make_recipe, codec, small_rows, stage):
    from ugcbench_train.trainers import guards, settings
    from ugcbench_train.trainers.examples import Examples
    from ugcbench_train.trainers.grpo import GroupTrainer
    from ugcbench_train.trainers.sft import CaptionTrainer
    from ugcbench_train.trainers.training import make_dataset

    recipe = make_recipe(stage, optimizer={"batch": 8})
    examples = Examples(codec, recipe.media, small_rows)
    shared = {
        "model": codec.load(),
        "examples": examples,
        "keep": None,
        "train_dataset": make_dataset(small_rows),
    }
    if stage == "sft":
        trainer = CaptionTrainer(
            args=settings.make_sft_config(recipe), normalisation="tokens", **shared
        )
    else:
        trainer = GroupTrainer(
            args=settings.make_grpo_config(recipe, codec.media_tokens),
            settings=recipe.grpo,
            reward_funcs=lambda completions, **_: [0.0] * len(completions),
            **shared,
        )
    caption = small_rows[0].caption
    changes = guards.measure_changes(trainer, codec, examples[0], caption)
    assert changes.keys() == {"pictures", "sound"}
    assert min(changes.values()) > 100 * guards.LEAST_CHANGE
    assert guards.measure_changes(trainer, codec, examples[3], caption).keys() == {"pictures"}


def test_labels_that_are_not_the_caption_are_refused(make_recipe, tiny_omni, small_rows):
    from ugcbench_models.local.qwen_omni_codec import QwenOmniCodec
    from ugcbench_train.trainers.examples import Examples
    from ugcbench_train.trainers.guards import check_labels

    class Cutting(QwenOmniCodec):
        def encode_reply(self, text):
            return [*super().encode_reply(text)[:5], self.stops[0]]

    class Endless(QwenOmniCodec):
        def encode_reply(self, text):
            return super().encode_reply(text)[:-1]

    media = make_recipe().media
    for kind in (Cutting, Endless):
        examples = Examples(kind(model="none/none", path=str(tiny_omni)), media, small_rows)
        with pytest.raises(PreflightError, match=r"of small-0 .* instead of its caption"):
            check_labels(examples, [0, 1])


def test_captions_with_control_tokens_and_accents_pass(make_recipe, codec, small_rows):
    import unicodedata

    from ugcbench_train.trainers.examples import Examples
    from ugcbench_train.trainers.guards import check_labels

    odd = [
        "Stop <|im_end|> here",
        unicodedata.normalize("NFD", "un café à Zürich"),
        "\u732b \U0001f408",
    ]
    rows = [small_rows[0].model_copy(update={"caption": caption}) for caption in odd]
    check_labels(Examples(codec, make_recipe().media, rows), range(3))


def test_bans_must_name_all_media_tokens(codec):
    from ugcbench_train.trainers.guards import check_bans

    check_bans({"suppress_tokens": list(codec.media_tokens)}, codec)
    check_bans({"logit_bias": dict.fromkeys(codec.media_tokens, -100)}, codec)
    with pytest.raises(PreflightError, match="1 media tokens could be sampled"):
        check_bans({"suppress_tokens": list(codec.media_tokens[1:])}, codec)


def test_a_clip_without_a_place_or_a_voice_is_noticed(make_recipe, codec, small_rows):
    """Examples as an unsuited version of transformers would make them."""
    import dataclasses

    from ugcbench_train.trainers.examples import Examples
    from ugcbench_train.trainers.guards import check_example

    class Damaged(Examples):
        lost = ""

        def __getitem__(self, number):
            return dataclasses.replace(super().__getitem__(number), **{self.lost: 0})

    examples = Damaged(codec, make_recipe().media, small_rows)
    for examples.lost, complaint in (("seen", "no place"), ("heard", "gave no token")):
        with pytest.raises(PreflightError, match=complaint):
            check_example(examples, 0)


def test_unknown_profiles_are_refused(make_recipe, small_rows):
    with pytest.raises(UsageError, match="no profile 'papr'"):
        train(make_recipe(media={"profile": "papr"}), small_rows)
