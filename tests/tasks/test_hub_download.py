"""Downloading the release from a hub: the real client against a real server on this machine."""

from __future__ import annotations

import json

import pytest
from release_files import make_release

from ugcbench.testing import HubServer

pytest.importorskip("huggingface_hub", reason="needs the extra [hub]")
REPOSITORY = "openinterx/UGC-VideoCap"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The release's files, in other folders than in the official repository."""
    root = make_release(tmp_path_factory.mktemp("hub") / "release")
    found = {f"data/{f.name}": f.read_bytes() for f in root.rglob("*.json*")}
    return {**found, "video_urls.txt": b"x\thttp://example.org/x\n", "README.md": b"# A card\n"}


def fetch(ugcbench, server, *arguments, **environment):
    given = {"HF_ENDPOINT": server.origin, "HF_HUB_OFFLINE": "0", "HF_HOME": "hub-cache"}
    return ugcbench("data", "fetch", "ugc-videocap", *arguments, **given, **environment)


def test_files_are_found_by_name_and_come_at_one_commit(ugcbench, files, tmp_path):
    with HubServer(REPOSITORY, files) as server:
        done = fetch(ugcbench, server)
        asked = [request.path for request in server.requests]
    assert done.returncode == 0, done.stderr
    root = tmp_path / "home/datasets/ugc-videocap"
    assert (root / "omni_bench_qa/benchmark_qa/tone.json").read_bytes() == files["data/tone.json"]
    assert (root / "results/ocr/ocr.jsonl").read_bytes() == files["data/ocr.jsonl"]
    assert (root / "video_urls.txt").exists()
    source = json.loads((root / "source.json").read_text())
    assert source["repository"] == REPOSITORY
    assert source["commit"] == server.commit
    downloads = [path for path in asked if "/resolve/" in path]
    assert downloads
    assert all(f"/resolve/{server.commit}/" in path for path in downloads)
    assert not [path for path in downloads if "README" in path]
    assert "fetching data/tone.json" in done.stderr
    info = json.loads(ugcbench("data", "info", "ugc-videocap", "--format", "json").stdout)
    assert info["clips"] == 25


def test_a_hub_with_only_five_questions_files_is_enough_for_the_table(ugcbench, files):
    absent = {"data/audio_caption_qa.json", "data/visual_caption_qa.json", "data/BGM.json"}
    with HubServer(REPOSITORY, {k: v for k, v in files.items() if k not in absent}) as server:
        done = fetch(ugcbench, server)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("note: ") == 3
    assert "holds no audio_caption_qa.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_download_that_breaks_off_is_tried_again(ugcbench, files, tmp_path):
    with HubServer(REPOSITORY, files, cut={"data/object.json": 1000}) as server:
        done = fetch(ugcbench, server)
        asked = [r.path for r in server.requests if r.method == "GET" and "object" in r.path]
    assert done.returncode == 0, done.stderr
    assert len(asked) == 2
    place = tmp_path / "home/datasets/ugc-videocap/omni_bench_qa/benchmark_qa/object.json"
    assert place.read_bytes() == files["data/object.json"]


@pytest.mark.parametrize(
    ("options", "repository", "message"),
    [
        ({"gated": True}, REPOSITORY, "hf auth login"),
        ({}, "somebody/else", "it is private or was moved"),
    ],
)
def test_what_the_hub_refuses_is_said(ugcbench, files, options, repository, message):
    with HubServer(repository, files, **options) as server:
        done = fetch(ugcbench, server)
    assert done.returncode == 2
    assert message in done.stderr
    assert "or take the files from a checkout by --from DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_without_the_files_says_what_it_holds(ugcbench, tmp_path):
    with HubServer(REPOSITORY, {"train.parquet": b"PAR1"}) as server:
        done = fetch(ugcbench, server)
    assert done.returncode == 2
    assert "it holds: train.parquet" in done.stderr
    assert not (tmp_path / "home").exists()


def test_offline_means_offline(ugcbench, files):
    with HubServer(REPOSITORY, files) as server:
        given = {"HF_ENDPOINT": server.origin, "HF_HUB_OFFLINE": "1"}
        done = ugcbench("data", "fetch", "ugc-videocap", **given)
        assert server.calls == 0
    assert done.returncode == 2
    assert "HF_HUB_OFFLINE is set" in done.stderr


def test_a_hub_that_is_not_there_is_an_error_in_one_line(ugcbench, files):
    with HubServer(REPOSITORY, files) as server:
        pass
    done = fetch(ugcbench, server)
    assert done.returncode == 2
    assert done.stderr.startswith("error: openinterx/UGC-VideoCap on the hub: ")
    assert "Traceback" not in done.stderr
