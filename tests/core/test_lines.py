"""A sealed line is the line that was written, or it is refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ugcbench import Prediction, Usage
from ugcbench.errors import RunCorruptError
from ugcbench.lines import seal, unseal
from ugcbench.store import Store, read_lines, read_typed

objects = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=20), min_size=1)


def encode(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


@given(objects)
def test_a_seal_comes_off_and_a_line_without_one_is_left_alone(value):
    line = encode(value)
    assert unseal(seal(line)) == unseal(seal(line) + b"\n") == unseal(line) == line
    assert json.loads(seal(line))["crc32"]


@given(st.tuples(st.text(), st.text(), st.text(), st.text()), st.data())
def test_damage_is_never_taken_for_an_answer(tmp_path_factory, texts, data):
    """Bytes that are changed or gone, within a line or over the end of one into the next."""
    given = [
        Prediction(task="t", sample_id=texts[0], text=texts[1], usage=Usage(input_tokens=3)),
        Prediction(task="t", sample_id=texts[2], text=texts[3], model="m"),
    ]
    whole = b"".join(seal(one.model_dump_json().encode()) + b"\n" for one in given)
    begin = data.draw(st.integers(0, len(whole) - 2))
    end = data.draw(st.integers(begin + 1, len(whole) - 1))
    other = data.draw(st.sampled_from([b"", bytes(end - begin), b"x" * (end - begin)]))
    file = tmp_path_factory.getbasetemp() / "predictions.jsonl"
    file.write_bytes(whole[:begin] + other + whole[end:])
    with contextlib.suppress(RunCorruptError):
        for found in read_typed(file, Prediction):
            assert found in given


@pytest.mark.parametrize("damaged", ['"crc32":"0000000g",', '"crc32":"00000000",', '"crc32":1,'])
def test_a_seal_that_is_damaged_itself_is_none(tmp_path, damaged):
    (tmp_path / "x.jsonl").write_text(f'{{{damaged}"task":"t"}}\n')
    with pytest.raises(RunCorruptError, match=r"checksum is .* delete line 1 of it"):
        list(read_lines(tmp_path / "x.jsonl"))


def test_the_error_names_the_line_and_what_to_do(tmp_path):
    with Store(tmp_path) as store:
        for name in "abc":
            store.predictions.append(Prediction(task="t", sample_id=name, text="a good answer"))
    file = tmp_path / "predictions.jsonl"
    whole = file.read_bytes()
    second = whole.index(b"\n") + 1
    file.write_bytes(whole[:second] + whole[second:].replace(b"good", b"bad!", 1))
    with pytest.raises(RunCorruptError, match=rf"byte {second}: .* delete line 2 of it and go on"):
        Store(tmp_path)
    assert b"bad!" in file.read_bytes()
