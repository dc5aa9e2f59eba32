"""The dataset ugc-videocap: fetched from a folder, corrected in v1.1, as published in v1."""

from __future__ import annotations

import json
import os
from collections import Counter
from importlib import resources
from pathlib import Path

import pytest
from release_files import IDS, ORPHAN, make_release

from ugcbench import Registry
from ugcbench.datasets import open_dataset
from ugcbench.errors import DatasetError, UnknownNameError
from ugcbench.gold.checks import find_odd_counts, find_repeated_texts
from ugcbench.gold.corrections import Correction, Revision
from ugcbench.types import Clip, Gold
from ugcbench_tasks.layout import FILES
from ugcbench_tasks.ugc_videocap.corrections import read_revision
from ugcbench_tasks.ugc_videocap.fetching import Checkout, fetch
from ugcbench_tasks.ugc_videocap.release import REVISIONS, default_root, open_release

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP", ROOT.parent / "shared/ugc-videocap"))
needs_release = pytest.mark.skipif(
    not RELEASE.is_dir(), reason="needs the public release; name it in $UGCBENCH_UGC_VIDEOCAP"
)
REGISTRY = Registry()


@pytest.fixture
def checkout(tmp_path):
    return make_release(tmp_path / "checkout")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("UGCBENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_fetched_files_are_copies_in_the_official_layout(checkout, home):
    fetched = fetch(Checkout(checkout), default_root())
    assert fetched.root == home / "datasets/ugc-videocap"
    assert len(fetched.files) == 9
    assert set(fetched.files.values()) == {"new"}
    assert fetched.problems == ()
    for place in fetched.files:
        mine, theirs = fetched.root / place, checkout / place
        assert mine.read_bytes() == theirs.read_bytes()
        assert not mine.is_symlink()
        assert not mine.samefile(theirs)
    source = json.loads((fetched.root / "source.json").read_text())
    assert source["folder"] == str(checkout)
    assert set(source["sha256"]) == set(fetched.files)
    assert not [path for path in fetched.root.iterdir() if path.name.startswith(".")]


def test_fetching_again_says_what_changed(checkout, tmp_path):
    root = tmp_path / "own"
    fetch(Checkout(checkout), root)
    (root / "videos").mkdir()
    (root / "videos/a.mp4").touch()
    (root / "results/ocr/ocr.jsonl").write_text("")
    (checkout / "video_urls.txt").write_text("x\thttp://example.org\n")
    states = fetch(Checkout(checkout), root).files
    assert Counter(states.values()) == {"unchanged": 8, "replaced": 1, "new": 1}
    assert states["results/ocr/ocr.jsonl"] == "replaced"
    assert (root / "video_urls.txt").exists()
    assert (root / "videos/a.mp4").exists()


def test_an_incomplete_source_changes_nothing(checkout, tmp_path):
    root = tmp_path / "own"
    (checkout / "omni_bench_qa/benchmark_qa/tone.json").rename(
        checkout / "omni_bench_qa/benchmark_qa/Tone (1).json"
    )
    with pytest.raises(
        DatasetError, match=r"tone.json is absent; .*Tone \(1\).json lies there"
    ) as e:
        fetch(Checkout(checkout), root)
    assert "--partial" in str(e.value)
    assert not root.exists()
    fetched = fetch(Checkout(checkout), root, partial=True)
    assert len(fetched.files) == 8
    assert "tone.json is absent" in fetched.problems[0]


def test_a_broken_file_changes_nothing(checkout, tmp_path):
    root = tmp_path / "own"
    fetch(Checkout(checkout), root)
    before = (root / "results/ocr/ocr.jsonl").read_bytes()
    with (checkout / "results/ocr/ocr.jsonl").open("a") as file:
        file.write('{"video_id": "torn')
    with pytest.raises(DatasetError, match=r"^ocr.jsonl:22: Invalid JSON: EOF"):
        fetch(Checkout(checkout), root)
    assert (root / "results/ocr/ocr.jsonl").read_bytes() == before
    fetched = fetch(Checkout(checkout), root, partial=True)
    assert fetched.problems[0].startswith("ocr.jsonl:22: Invalid JSON")


def test_a_place_that_is_no_folder_is_an_error_with_a_hint(checkout, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="choose another by --to"):
        fetch(Checkout(checkout), tmp_path / "file/below")


def test_what_was_not_fetched_says_what_to_type():
    with pytest.raises(DatasetError, match="data fetch ugc-videocap") as caught:
        open_release()
    assert "--dataset mini" in str(caught.value)


def test_revisions_are_chosen_by_name_or_option(checkout):
    fetch(Checkout(checkout), default_root())
    default, group = open_dataset(REGISTRY, "ugc-videocap", {})
    assert (default.name, group) == ("ugc-videocap@v1.1", "ugc")
    for name in REVISIONS:
        by_name, _ = open_dataset(REGISTRY, f"ugc-videocap@{name}", {})
        by_option, _ = open_dataset(REGISTRY, "ugc-videocap", {"revision": name})
        assert by_name.name == by_option.name == f"ugc-videocap@{name}"
        assert by_name.revision == by_option.revision
    assert by_name.revision == default.revision
    with pytest.raises(UnknownNameError, match=r"no revision 'v2'.*its revisions are: v1"):
        open_dataset(REGISTRY, "ugc-videocap@v2", {})
    with pytest.raises(UnknownNameError, match="did you mean ugc-videocap"):
        open_dataset(REGISTRY, "ugc-videocapp@v1", {})
    with pytest.raises(UnknownNameError, match=r"its revisions are: v1, v1\.1"):
        open_dataset(REGISTRY, "ugc-videocap", {"revision": "v3"})


def test_the_spec_names_the_revisions_that_there_are():
    assert sorted(REGISTRY.dataset("ugc-videocap").revisions) == sorted(REVISIONS)


def test_v1_is_what_the_files_say_and_v1_1_is_corrected(checkout):
    published, corrected = open_release("v1", root=checkout), open_release(root=checkout)
    before = {clip.id: clip.gold for clip in published}
    after = {clip.id: clip.gold for clip in corrected}
    assert before.keys() == after.keys()
    assert published.revision == open_dataset(REGISTRY, checkout, {})[0].revision
    assert published.revision != corrected.revision
    tones = {gold["tone"].answer for gold in before.values() if "tone" in gold}
    assert tones == {"Positive", "neutral", "negative"}
    for name, gold in after.items():
        assert "bgm" not in gold
        kept = {key: value for key, value in before[name].items() if key not in ("bgm", "tone")}
        assert {key: value for key, value in gold.items() if key != "tone"} == kept
    assert after[IDS[1]]["tone"].answer == "Neutral"
    assert after[ORPHAN].keys() == {"ocr"}


def test_a_drop_waits_for_the_text_that_it_knows():
    drop = Correction(task="ocr", change="drop", count=1, reason="", clips={"a": "none"})
    revision = Revision(revision="x", corrections=(drop,))

    def clip(name, text):
        return Clip(id=name, media=None, gold={"ocr": Gold(answer=(text,))})

    clips = [clip("a", "none"), clip("b", "none"), clip("a", "NEW")]
    assert [bool(clip.gold) for clip in revision.apply(clips)] == [False, True, True]
    assert revision.count(clips) == {0: 1}


def test_the_folder_of_the_videos_is_an_option(checkout, tmp_path):
    release = open_release(root=checkout, videos=tmp_path / "clips")
    assert next(iter(release)).media == str(tmp_path / "clips" / f"{IDS[0]}.mp4")
    assert release.videos == tmp_path / "clips"


def test_corrections_are_facts_with_reasons_and_few_words():
    file = resources.files("ugcbench_tasks") / "ugc_videocap" / "v1.1.json"
    assert len(file.read_bytes()) < 5000
    corrections = read_revision("v1.1").corrections
    assert {c.task for c in corrections} == {"tone", "bgm", "ocr", "objects", "audio_caption"}
    for correction in corrections:
        assert len(correction.reason) > 40
        assert correction.count == len(correction.clips) or not correction.clips
        assert all(len(text or "") < 10 for text in correction.clips.values())


@needs_release
def test_the_corrections_fit_the_public_release():
    release = open_release(root=RELEASE)
    clips = list(release)
    counts = Counter(key for clip in clips for key in clip.gold)
    assert counts == {
        "voice_source": 669,
        "tone": 999,
        "ocr": 817,
        "background": 311,
        "objects": 997,
        "final_caption": 999,
        "audio_caption": 999,
        "visual_caption": 999,
    }
    tones = Counter(clip.gold["tone"].answer for clip in clips if "tone" in clip.gold)
    assert tones == {"Positive": 743, "Neutral": 213, "Negative": 43}
    by_change = {(c.task, c.change): (c, changed) for c, changed in release.corrections}
    for correction, changed in by_change.values():
        assert changed == (0 if correction.change == "note" else correction.count)
    (odd,) = find_odd_counts(clips)
    noted = by_change["objects", "note"][0]
    assert f"in {noted.count} clips" in odd.message
    (repeated,) = find_repeated_texts(clips)
    ids = {name for group in repeated.examples for name in group.split(" = ")}
    assert ids == set(by_change["audio_caption", "note"][0].clips)


@needs_release
def test_a_run_on_the_fetched_release_says_which_revision(ugcbench, tmp_path):
    done = ugcbench("data", "fetch", "ugc-videocap", "--from", RELEASE)
    assert done.returncode == 0, done.stderr
    arguments = ["run", "--model", "blind", "--tasks", "ugc/tone", "--limit", "20"]
    done = ugcbench(*arguments, "--format", "json", "--output", "r")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dataset"].startswith("ugc-videocap@v1.1@")
    assert ugcbench("run", "--resume", "r").returncode == 0
    assert ugcbench("score", "r").returncode == 0
    done = ugcbench(*arguments, "--dataset", "ugc-videocap@v1", "--format", "json")
    assert json.loads(done.stdout)["dataset"].startswith("ugc-videocap@v1@")


def test_every_gold_key_has_a_published_file():
    file = resources.files("ugcbench_tasks") / "ugc_videocap" / "published.json"
    assert set(json.loads(file.read_text())["files"]) == set(FILES.values())
