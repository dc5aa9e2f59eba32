"""The mini benchmark: whole, balanced, what its manifest says, and made by its generator."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from ugcbench_tasks import datasets
from ugcbench_tasks.gold import CHOICES, KEYS
from ugcbench_tasks.layout import FILES

ROOT = Path(__file__).parents[2]
MINI = ROOT / "tasks/ugcbench_tasks/mini"
MANIFEST = json.loads((MINI / "manifest.json").read_text("utf-8"))
IDS = [f"mini-{number:02}" for number in range(1, 13)]
DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf")
CAN_SPEAK = shutil.which("espeak-ng") is not None and DEJAVU.is_file()


@pytest.fixture(scope="module")
def clips():
    return {clip.id: clip for clip in datasets.mini()}


def answers(clips, key):
    return {name: clip.gold[key].answer for name, clip in clips.items() if key in clip.gold}


def test_twelve_clips_in_order(clips):
    assert list(clips) == IDS == list(MANIFEST["clips"])
    assert all(Path(clip.media).is_file() for clip in clips.values())


def test_the_manifest_knows_every_file_and_its_hash():
    paths = {p for p in MINI.rglob("*") if p.is_file() and p.name != "manifest.json"}
    assert {p.relative_to(MINI).as_posix() for p in paths} == set(MANIFEST["files"])
    for path in paths:
        known = MANIFEST["files"][path.relative_to(MINI).as_posix()]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == known["sha256"], path.name
        assert path.stat().st_size == known["bytes"]
    assert sum(file["bytes"] for file in MANIFEST["files"].values()) < 1_500_000


def test_every_kind_of_gold_has_its_file():
    for key in set(KEYS) - {"ocr"}:
        file = json.loads((MINI / FILES[key]).read_text("utf-8"))
        assert set(file) == {"question", "valid_count", "samples"}
        assert file["valid_count"] == len(file["samples"])
        fields = {"video_id", "path", "answer"} | ({"options"} if key in CHOICES else set())
        assert all(set(sample) == fields for sample in file["samples"])


@pytest.mark.parametrize("key", CHOICES)
def test_every_option_occurs_equally_often(clips, key):
    given = Counter(answers(clips, key).values())
    assert set(given) == set(CHOICES[key])
    assert len(set(given.values())) == 1


def test_only_clips_with_a_voice_have_a_source_of_it(clips):
    spoken = {name for name, clip in MANIFEST["clips"].items() if clip["transcript"]}
    assert set(answers(clips, "voice_source")) == spoken
    assert len(spoken) == 9


def test_gold_agrees_with_how_the_clip_was_made(clips):
    unchanged = re.compile("does not change|stays the same|remains the same")
    for name, made in MANIFEST["clips"].items():
        assert (clips[name].gold["bgm"].answer == "Yes") is (made["music"] is not None)
        background = clips[name].gold["background"].answer
        assert bool(made["cuts"]) is not bool(unchanged.search(background)), name
    assert Counter(bool(c["cuts"]) for c in MANIFEST["clips"].values()) == {True: 6, False: 6}


def test_all_text_on_the_screen_is_in_the_captions(clips):
    texts = answers(clips, "ocr")
    assert set(clips) - set(texts) == {"mini-04"}
    for name, lines in texts.items():
        for key in ("visual_caption", "final_caption"):
            caption = clips[name].gold[key].answer
            assert [line for line in lines if f"'{line}'" not in caption] == [], name


def test_some_text_is_not_ascii(clips):
    letters = "".join("".join(lines) for lines in answers(clips, "ocr").values())
    assert {"É", "û", "€", "П", "°"} <= set(letters)


def test_objects_are_written_as_the_task_asks(clips):
    one = r"[a-z ]+ \(count: (\d+|multiple), color: [^:;]+, position: [^:;]+\)"
    for name, objects in answers(clips, "objects").items():
        assert re.fullmatch(f"{one}(; {one})*", objects), name


@pytest.mark.parametrize(
    ("key", "words"), [("final_caption", 90), ("visual_caption", 60), ("audio_caption", 20)]
)
def test_captions_are_paragraphs_of_their_own(clips, key, words):
    captions = answers(clips, key)
    assert len(set(captions.values())) == len(IDS)
    assert all(len(text.split()) >= words and "\n" not in text for text in captions.values())


@pytest.mark.parametrize("name", IDS)
def test_clip_is_as_long_upright_and_loud_as_promised(clips, name):
    made = MANIFEST["clips"][name]
    with av.open(clips[name].media) as container:
        assert container.duration / 1e6 == pytest.approx(made["seconds"], abs=0.1)
        assert bool(container.streams.audio) is made["audio_track"]
        first = next(container.decode(video=0))
    assert abs(first.rotation) == made["rotation"]
    upright = (first.width, first.height) if not made["rotation"] else (first.height, first.width)
    assert upright == (288, 512)
    if made["audio_track"]:
        sound = read_sound(clips[name].media)
        assert 0.05 < np.abs(sound).max() < 0.95


def test_music_fills_the_silence_after_the_voice(clips):
    def measure_end(name):
        return np.sqrt(np.mean(read_sound(clips[name].media)[-22_050:-4_410] ** 2))

    assert measure_end("mini-05") < 0.001 < 0.01 < measure_end("mini-12")


def test_gold_is_what_the_scripts_of_the_generator_say(tmp_path):
    write = "from tools.make_mini import gold, script; from pathlib import Path; import sys; "
    write += "gold.write_gold(script.load_scripts(), Path(sys.argv[1]))"
    run_generator(["-c", write, str(tmp_path)])
    for file in FILES.values():
        assert (tmp_path / file).read_bytes() == (MINI / file).read_bytes(), file


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    """Two folders of clips, from processes whose fresh memory holds different rubbish."""
    folder = tmp_path_factory.mktemp("films")
    names = ["--only", "mini-07", *(["--only", "mini-11"] if CAN_SPEAK else [])]
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(
                run_generator,
                ["-m", "tools.make_mini", *names, "--output", str(folder / rubbish)],
                MALLOC_PERTURB_=rubbish,
            )
            for rubbish in ("85", "170")
        ]
    assert [run.result() for run in runs] == [0, 0]
    return [folder / "85/videos", folder / "170/videos"]


@pytest.mark.parametrize(
    "name",
    [
        "mini-07.mp4",
        pytest.param(
            "mini-11.mp4",
            marks=pytest.mark.skipif(
                not CAN_SPEAK, reason="needs espeak-ng and fonts-dejavu-core to make this clip"
            ),
        ),
    ],
)
def test_the_generator_makes_a_clip_the_same_twice(films, name):
    one, two = (folder / name for folder in films)
    assert one.read_bytes() == two.read_bytes()
    assert_same_pictures(one, MINI / "videos" / name)


def run_generator(arguments, **environment):
    path = os.pathsep.join([str(ROOT), str(ROOT / "tasks")])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, **environment},
        check=True,
        capture_output=True,
    ).returncode


def assert_same_pictures(made, shipped):
    """Other versions of the encoder may give other bytes, but not other pictures."""
    pairs = list(zip(read_pictures(made), read_pictures(shipped), strict=True))
    assert pairs
    assert max(float(np.abs(one - other).mean()) for one, other in pairs) < 3


def read_pictures(path):
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="gray").astype(np.int16) for f in container.decode(video=0)]


def read_sound(path):
    with av.open(str(path)) as container:
        return np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
