"""Is what vLLM is asked the same prompt and clip, to the bit? The engine's own tests need vLLM."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.errors import FatalModelError, UsageError


@given(
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 5000)),
)
def test_a_clip_loses_nothing_on_its_way_to_a_server(count, rows, columns, samples):
    import av

    from ugcbench_train.trainers.rollouts import write_matroska

    source = np.random.default_rng(count)
    frames = source.integers(0, 256, (count, 28 * rows, 28 * columns, 3), np.uint8)
    sound = None
    if samples is not None:
        sound = source.standard_normal(samples).astype(np.float32), 16_000
    with av.open(io.BytesIO(write_matroska(frames, sound))) as file:
        shown = [picture.to_ndarray(format="rgb24") for picture in file.decode(video=0)]
    assert np.array_equal(np.stack(shown), frames)
    with av.open(io.BytesIO(write_matroska(frames, sound))) as file:
        assert len(file.streams.audio) == (sound is not None)
        if sound is not None:
            heard = [block.to_ndarray()[0] for block in file.decode(audio=0)]
            assert np.array_equal(np.concatenate(heard), sound[0])


def test_a_prompt_is_written_out_by_its_template():
    import jinja2

    from ugcbench_train.trainers.rollouts import make_message

    text = 'user: {{ it }} {% raw %} "quoted" \\n ü\n<|VIDEO|>'
    prompt = {
        "prompt_token_ids": [1, 2],
        "multi_modal_data": {"video": [np.zeros((2, 28, 28, 3), np.uint8)]},
        "mm_processor_kwargs": {"fps": 1.0},
    }
    message, template, more = make_message(prompt, lambda tokens: text)
    assert jinja2.Template(template).render(messages=[message]) == text
    assert more["mm_processor_kwargs"] == {"fps": 1.0}
    (part,) = message["content"]
    assert part["video_url"]["url"].startswith("data:video/x-matroska;base64,")


def test_other_tokens_than_those_of_the_loss_stop_the_training():
    from ugcbench_train.trainers.rollouts import check_tokens

    check_tokens([1, 2, 3], (1, 2, 3))
    for made, place in (([1, 9, 3], 2), ([1, 2], 3), ([1, 2, 3, 4], 4)):
        with pytest.raises(FatalModelError, match=rf"from the {place}th on.*rollouts=transformers"):
            check_tokens([1, 2, 3], made)


@pytest.mark.parametrize(("rollouts", "mode"), [("vllm", "colocate"), ("vllm-server", "server")])
def test_settings_reach_vllm(make_recipe, rollouts, mode):
    from ugcbench_train.trainers.settings import make_grpo_config

    options = {"gpu_memory_utilization": 0.4}
    recipe = make_recipe(
        "grpo",
        grpo={"rollouts": rollouts, "vllm_options": options},
        optimizer={"batch": 8},
    )
    made = make_grpo_config(recipe, (7, 8))
    assert made.use_vllm
    assert made.vllm_mode == mode
    assert made.vllm_gpu_memory_utilization == 0.4
    assert made.generation_kwargs == {"logit_bias": {7: -100.0, 8: -100.0}}
    assert made.vllm_importance_sampling_correction, "positions differ a little; see rollouts.py"


def test_an_engine_in_the_process_is_not_split(make_recipe):
    from ugcbench_train.trainers.settings import make_grpo_config

    options = {"rollouts": "vllm", "vllm_options": {"tensor_parallel_size": 2}}
    recipe = make_recipe("grpo", grpo=options, optimizer={"batch": 8})
    with pytest.raises(UsageError, match="leave tensor_parallel_size out"):
        make_grpo_config(recipe, ())
