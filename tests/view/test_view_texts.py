"""Do texts go through scripts unharmed, and lose the paths of this machine?"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from watched_runs import read_script

from ugcbench_view.excerpts import LENGTH, begin, begin_list
from ugcbench_view.pathless import CUT, strip_paths, strip_values
from ugcbench_view.writing import compose_script

names = st.text("abcz09_.-", min_size=1, max_size=8).filter(lambda name: name.strip("."))


class Said(BaseModel):
    texts: dict[str, str]


@given(st.dictionaries(st.text(), st.text()))
def test_scripts_give_back_what_was_written(texts):
    name, inside = read_script(compose_script("chunk/3", Said(texts=texts)))
    assert name == "chunk/3"
    assert Said.model_validate_json(inside).texts == texts


def test_prototype_is_a_name_like_any_other():
    script = compose_script("x", Said(texts={"__proto__": "'); alert(1); ('"}))
    assert b'JSON.parse(\'{"texts":{"__proto__":"\\\'); alert(1)' in script


@given(st.lists(names, min_size=2, max_size=5), st.sampled_from(["{}", "({})", "x={}", "see '{}'"]))
def test_absolute_paths_keep_their_last_name_only(parts, around):
    assert strip_paths(around.format("/" + "/".join(parts))) == around.format(CUT + parts[-1])


@pytest.mark.parametrize(
    "text",
    [
        "https://host/v1/chat/completions",
        "http://127.0.0.1:8000/v1/x",
        "openai/gpt-4o",
        "ugc/caption and/or a/b/c",
        "./a/b/c ../a/b ~/x/y",
        "frames: 8; 1/2/3",
    ],
)
def test_what_is_no_absolute_path_stays(text):
    assert strip_paths(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hf//data/models/mine", f"hf/{CUT}mine"),
        ("file:///data/clips/a.mp4", f"{CUT}a.mp4"),
        (r"C:\clips\own\a.mp4", f"{CUT}a.mp4"),
        ("/data/a.mp4: no such file", f"{CUT}a.mp4: no such file"),
    ],
)
def test_paths_are_found_in_other_forms(text, left):
    assert strip_paths(text) == left


def test_home_with_a_space_is_not_named(monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/vault/own files"))
    assert strip_paths("/vault/own files/clips/a.mp4") == f"{CUT}a.mp4"


def test_options_are_stripped_at_any_depth():
    options = {"path": "/data/x/y", "n": 3, "inner": [{"a": "/data/x/z"}]}
    assert strip_values(options) == {"path": f"{CUT}y", "n": 3, "inner": [{"a": f"{CUT}z"}]}


@given(st.text())
def test_beginnings_stand_on_one_short_line(text):
    line = begin(text)
    assert len(line) <= LENGTH
    assert line == " ".join(line.split())
    assert line.endswith("\N{HORIZONTAL ELLIPSIS}") or line == " ".join(text.split())


def test_several_texts_begin_in_a_row():
    assert begin_list(("STOP", "GO")) == "STOP \N{MIDDLE DOT} GO"
    assert begin(None) == ""
