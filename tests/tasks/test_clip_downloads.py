"""Videos are fetched by the real yt-dlp from a real server, and what is gone is written down."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from importlib import resources

import pytest

from ugcbench.errors import DatasetError
from ugcbench.testing import LoopbackServer, Response
from ugcbench_tasks.data import downloads
from ugcbench_tasks.data.url_lists import read_urls

VIDEO = (resources.files("ugcbench_tasks") / "mini/videos/mini-05.mp4").read_bytes()
IDS = {"a", "b", "c", "d"}
needs_yt_dlp = pytest.mark.usefixtures("yt_dlp")


@pytest.fixture(scope="module")
def yt_dlp():
    return pytest.importorskip("yt_dlp", reason="needs the extra [fetch]")


class Site:
    """A site of videos: some are there, some gone, one breaks off once, one fails for a while."""

    def __init__(self, failing=0):
        self.asked = Counter()
        self.failing = failing

    def __call__(self, request):
        path = request.path
        self.asked[path] += 1
        if path in ("/404.mp4", "/410.mp4"):
            return Response(int(path[1:4]))
        if path == "/fails.mp4" and self.failing:
            self.failing -= 1
            return Response(503)
        body = b"<html>no video</html>" * 99 if path == "/fake.mp4" else VIDEO
        headers = {"content-type": "video/mp4", "accept-ranges": "bytes"}
        begin = request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0]
        at = int(begin)
        if at:
            headers["content-range"] = f"bytes {at}-{len(body) - 1}/{len(body)}"
        # The first request asks only what is there, the second one for the video.
        cut = len(VIDEO) // 2 if path == "/cut.mp4" and self.asked[path] == 2 else None
        return Response(206 if at else 200, body[at:], headers, cut=cut)


@pytest.fixture
def own(tmp_path):
    """A dataset of four clips."""
    rows = [{"id": name, "media": f"{name}.mp4", "tone": "Positive"} for name in sorted(IDS)]
    (tmp_path / "own.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path / "own.jsonl"


def fetch(ugcbench, own, lines, *arguments):
    (own.parent / "urls.txt").write_text("\n".join(lines))
    command = ["data", "videos", own, "--fetch", "--urls", "urls.txt", "--videos", "clips"]
    return ugcbench(*command, "--quiet", "--format", "json", *arguments)


def recorded(own):
    text = (own.parent / "clips/fetch.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


@needs_yt_dlp
def test_videos_come_and_what_is_gone_is_recorded(ugcbench, own):
    names = {"a": "here.mp4", "b": "404.mp4", "c": "410.mp4", "d": "fake.mp4"}
    with LoopbackServer(Site()) as server:
        lines = [f"{name}\t{server.origin}/{path}" for name, path in names.items()]
        done = fetch(ugcbench, own, lines)
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        first = {line["id"]: line for line in recorded(own)}
        assert {name: line["status"] for name, line in first.items()} == {
            "a": "ok",
            "b": "gone",
            "c": "gone",
            "d": "error",
        }
        assert first["a"]["sha256"] == hashlib.sha256(VIDEO).hexdigest()
        assert "404" in first["b"]["reason"]
        assert first["d"]["reason"] == "what came is no video: media_not_media"
        clips = own.parent / "clips"
        assert (clips / "a.mp4").read_bytes() == VIDEO
        assert sorted(path.name for path in clips.iterdir()) == ["a.mp4", "fetch.jsonl"]

        server.requests.clear()
        again = json.loads(fetch(ugcbench, own, lines).stdout)
        assert {request.path for request in server.requests} == {"/fake.mp4"}
        assert {row["id"]: row["new"] for row in again["videos"]} == {
            "a": False,
            "b": False,
            "c": False,
            "d": True,
        }
        (clips / "a.mp4").unlink()
        fetch(ugcbench, own, lines, "--again")
        assert {request.path for request in server.requests} == {
            f"/{path}" for path in names.values()
        }
    done = ugcbench("data", "videos", own, "--videos", "clips", "--quiet")
    assert done.returncode == 1
    assert "b: " in done.stdout


@needs_yt_dlp
def test_a_video_that_breaks_off_goes_on_where_it_was(ugcbench, own):
    with LoopbackServer(Site()) as server:
        done = fetch(ugcbench, own, [f"a {server.origin}/cut.mp4"])
        ranges = [r.headers["range"] for r in server.requests if "range" in r.headers]
    assert done.returncode == 0, done.stderr
    assert (own.parent / "clips/a.mp4").read_bytes() == VIDEO
    (begin,) = (int(r.removeprefix("bytes=").rstrip("-")) for r in ranges)
    assert 0 < begin <= len(VIDEO) // 2


@needs_yt_dlp
def test_a_video_that_broke_off_goes_on_in_another_process(ugcbench, own):
    partial = own.parent / "clips/.partial/a"
    partial.mkdir(parents=True)
    (partial / "video.mp4.part").write_bytes(VIDEO[:40_000])
    with LoopbackServer(Site()) as server:
        done = fetch(ugcbench, own, [f"a {server.origin}/here.mp4"])
        ranges = [r.headers["range"] for r in server.requests if "range" in r.headers]
    assert done.returncode == 0, done.stderr
    assert ranges == ["bytes=40000-"]
    assert (own.parent / "clips/a.mp4").read_bytes() == VIDEO
    assert not partial.parent.exists()


@needs_yt_dlp
def test_attempts_are_bounded_and_a_failure_is_not_gone(ugcbench, own):
    with LoopbackServer(Site(failing=99)) as server:
        done = fetch(ugcbench, own, [f"a,{server.origin}/fails.mp4"], "--attempts", "1")
        assert server.calls <= 4
    assert done.returncode == 1
    (line,) = recorded(own)
    assert line["status"] == "error"
    assert "503" in line["reason"]


@needs_yt_dlp
def test_a_torn_record_is_mended(ugcbench, own):
    with LoopbackServer(Site()) as server:
        lines = [f"a\t{server.origin}/here.mp4", f"b\t{server.origin}/404.mp4"]
        fetch(ugcbench, own, lines)
        file = own.parent / "clips/fetch.jsonl"
        whole = file.read_bytes()
        file.write_bytes(whole[:-20])
        fetch(ugcbench, own, lines)
    assert [line["id"] for line in recorded(own)] == ["a", "b"]


@pytest.mark.parametrize(
    ("reason", "gone"),
    [
        ("[TikTok] 7: Video not available, status code 10231", True),
        ("[generic] Unable to download webpage: HTTP Error 410: Gone", True),
        ("You do not have permission to view this post. Log into an account", True),
        ("Your IP address is blocked from accessing this post", False),
        ("This video is not available from your location due to geo restriction", False),
        ("Unable to download webpage: HTTP Error 503: Service Unavailable", False),
        ("HTTP Error 403: Forbidden", False),
        ("Unable to download webpage: [Errno 111] Connection refused", False),
    ],
)
def test_only_what_will_not_come_back_is_gone(reason, gone):
    assert downloads._is_gone(reason) is gone


def test_a_list_may_be_written_in_several_ways(tmp_path):
    (tmp_path / "urls.txt").write_text(
        "\ufeffvideo_id,url\n# a comment\n\na\thttps://x.org/1\nb, https://x.org/2?q=a,b\n"
        "c  http://x.org/3\nhttps://x.org/video/d.mp4\na\thttps://x.org/1\n",
        "utf-8",
    )
    assert read_urls(tmp_path / "urls.txt", IDS) == {
        "a": "https://x.org/1",
        "b": "https://x.org/2?q=a,b",
        "c": "http://x.org/3",
        "d": "https://x.org/video/d.mp4",
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("https://www.tiktok.com/@somebody/video/7210000000000000000", "which clip it shows"),
        ("z\thttps://x.org/1", "'z' is no clip of the dataset"),
        ("a\tfile:///etc/passwd", "is no address that begins with http"),
        ("a\thttps://[x.org/1", "Invalid IPv6 URL"),
        ("a", "is no address"),
        ("a https://x.org/1 https://x.org/2", "is no address"),
        ("a\thttps://x.org/other", "a has another address above"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, message):
    (tmp_path / "urls.txt").write_text(f"a\thttps://x.org/1\n{line}\n")
    with pytest.raises(DatasetError, match=r"urls\.txt:2: ") as caught:
        read_urls(tmp_path / "urls.txt", IDS)
    assert message in str(caught.value)


def test_all_wrong_lines_are_counted(tmp_path):
    (tmp_path / "urls.txt").write_text("nonsense\n" * 7)
    with pytest.raises(DatasetError, match=r"\.\.\. and 2 more"):
        read_urls(tmp_path / "urls.txt", IDS)
    (tmp_path / "urls.txt").write_text("\n")
    with pytest.raises(DatasetError, match="holds no address"):
        read_urls(tmp_path / "urls.txt", IDS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fetch"], "--fetch and --urls FILE go together"),
        (["--urls", "own.jsonl"], "--fetch and --urls FILE go together"),
        (["--check", "--fetch", "--urls", "own.jsonl"], "either --check or --fetch"),
    ],
)
def test_options_that_do_not_go_together(ugcbench, own, arguments, message):
    done = ugcbench("data", "videos", own, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
