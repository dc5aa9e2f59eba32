"""Does each row of a batch follow its own grammar, its own sampling and its own limit?"""

from __future__ import annotations

import json
from collections import Counter
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from ugcbench.errors import RequestRejectedError
from ugcbench.testing import make_tiny_causal_lm
from ugcbench.types import Sampling
from ugcbench_models.local.batching import OutOfMemoryError
from ugcbench_models.local.checkpoint_files import Source

if not all(map(find_spec, ("torch", "transformers", "xgrammar"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)

GREEDY = Sampling()


class Reasoned(BaseModel):
    """The text comes first, so that rambling there leaves no number."""

    reason: str
    tags: list[str]
    level: int
    sure: bool


class Tiny:
    """A loaded tiny checkpoint; nothing heavy is imported before it is made."""

    def __init__(self, folder):
        import torch

        from ugcbench_models.local import checkpoints, decoding, grammars

        torch.set_num_threads(1)  # threads that wait for a core that is taken are slower than one
        self.torch = torch
        self.checkpoint = checkpoints.load_causal_lm(Source(name=str(folder)))
        self.decoding = decoding
        self.compile = grammars.Grammars(self.checkpoint).compile

    def row(self, sampling, limit, schema=None):
        return self.decoding.Row(sampling, limit, self.compile(schema) if schema else None)

    def run(self, prompts, rows, abandoned=lambda: False):
        checkpoint = self.checkpoint
        encoded = [checkpoint.tokenizer(text)["input_ids"] for text in prompts]
        inputs = self.decoding.pad_left(encoded, checkpoint.pad)
        replies = self.decoding.decode(checkpoint, inputs, rows, abandoned)
        return [(checkpoint.tokenizer.decode(r.tokens), r.finish, r.count) for r in replies]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return Tiny(make_tiny_causal_lm(tmp_path_factory.mktemp("lm")))


def test_a_batch_says_what_each_of_its_rows_says_alone(tiny):
    prompts = ["a", "A woman speaks in a kitchen. " * 9, "0 1 2 3", "music plays " * 30, ""]
    prompts[-1] = "hello"
    rows = [
        tiny.row(GREEDY, 12),
        tiny.row(Sampling(temperature=0.9, top_p=0.8, seed=3), 30),
        tiny.row(GREEDY, 40, Reasoned.model_json_schema()),
        tiny.row(Sampling(temperature=1.5, seed=4), 64, {"type": "boolean"}),
        tiny.row(GREEDY, 1),
    ]
    alone = [tiny.run([p], [row])[0] for p, row in zip(prompts, rows, strict=True)]
    assert tiny.run(prompts, rows) == alone
    assert tiny.run(prompts[::-1], rows[::-1]) == alone[::-1]
    assert [finish for _, finish, _ in alone] == ["length", "length", "length", "stop", "length"]
    assert [count for _, _, count in alone][:2] == [12, 30]


@pytest.mark.parametrize("seed", range(6))
def test_a_rambling_reply_is_closed_before_the_limit_cuts_it(tiny, seed):
    schema = Reasoned.model_json_schema()
    row = tiny.row(Sampling(temperature=2.0, seed=seed), 400, schema)
    text, finish, count = tiny.run(["Tell."], [row])[0]
    assert Reasoned.model_validate_json(text)
    assert count <= 400
    assert finish in ("stop", "length")


@pytest.mark.parametrize(
    "kind", [list[int], dict[str, int], float, int, list[list[str]], str | None, list[Reasoned]]
)
def test_json_of_any_kind_is_whole(tiny, kind):
    schema = TypeAdapter(kind).json_schema()
    rows = [tiny.row(Sampling(temperature=1.5, seed=seed), 400, schema) for seed in range(4)]
    for text, _, _ in tiny.run(["Tell."] * 4, rows):
        TypeAdapter(kind).validate_json(text)


def test_without_room_the_reply_is_cut(tiny):
    schema = Reasoned.model_json_schema()
    text, finish, count = tiny.run(["Tell."], [tiny.row(GREEDY, 4, schema)])[0]
    assert (finish, count) == ("length", 4)
    with pytest.raises(ValueError):
        json.loads(text)


def test_a_schema_that_cannot_be_held_to_is_rejected(tiny):
    with pytest.raises(RequestRejectedError, match=r"Unsupported type.*structured=false"):
        tiny.compile({"type": "nonsense"})


def test_nobody_waiting_ends_the_batch(tiny):
    steps = iter(range(100))
    (reply,) = tiny.run(["Tell."], [tiny.row(GREEDY, 500)], lambda: next(steps) >= 5)
    assert reply[2] == 6


def test_a_full_memory_is_typed_and_other_errors_are_not(tiny, monkeypatch):
    def fill(error):
        def generate(**inputs):
            raise error

        monkeypatch.setattr(tiny.checkpoint.model, "generate", generate)

    fill(tiny.torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB. GPU 0 has ..."))
    with pytest.raises(OutOfMemoryError, match=r"^CUDA out of memory$") as caught:
        tiny.run(["a"], [tiny.row(GREEDY, 1)])
    assert caught.value.__context__ is None, "the error would hold on to the memory"
    fill(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"))
    with pytest.raises(OutOfMemoryError):
        tiny.run(["a"], [tiny.row(GREEDY, 1)])
    fill(RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        tiny.run(["a"], [tiny.row(GREEDY, 1)])


def test_tokens_are_drawn_as_often_as_they_are_likely(tiny):
    torch, draw_token = tiny.torch, tiny.decoding.draw_token
    scores = torch.tensor([2.0, 1.0, 0.0, -1.0])
    sampling = Sampling(temperature=2.0)
    drawn = Counter(draw_token(scores, sampling, place / 5000) for place in range(5000))
    likely = torch.softmax(scores / 2.0, -1).tolist()
    for token, chance in enumerate(likely):
        assert drawn[token] / 5000 == pytest.approx(chance, abs=0.001)


@given(
    st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=30),
    st.floats(0.01, 1.0),
    st.floats(0.01, 5.0),
    st.floats(0, 1, exclude_max=True),
)
def test_only_the_likeliest_tokens_that_make_up_top_p_are_drawn(tiny, scores, top_p, heat, at):
    torch, draw_token = tiny.torch, tiny.decoding.draw_token
    values = torch.tensor(scores)
    token = draw_token(values, Sampling(temperature=heat, top_p=top_p), at)
    chances = torch.softmax(values.double() / heat, -1)
    likelier = float(chances[chances > chances[token]].sum())
    assert likelier < top_p + 1e-9


def test_what_a_grammar_forbids_is_never_drawn(tiny):
    torch = tiny.torch
    scores = torch.full((2, 50), -torch.inf)
    scores[:, 7] = 0.5
    draw = tiny.decoding.Draw([Sampling(temperature=5.0, seed=1), GREEDY])
    steered = draw(torch.zeros(2, 1), scores.clone())
    assert steered.argmax(-1).tolist() == [7, 7]
    assert torch.equal(steered[1], scores[1])


def test_equal_seeds_draw_equal_tokens_and_no_seed_draws_anew(tiny):
    def say(seed):
        return tiny.run(["Tell."], [tiny.row(Sampling(temperature=3.0, seed=seed), 20)])[0]

    assert say(1) == say(1) != say(2)
    assert say(None) != say(None)
