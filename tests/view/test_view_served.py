"""Does a served page give out the runs' data and clips, to whoever has the key and nobody else?"""

from __future__ import annotations

import json
import signal

import pytest

pytest.importorskip("starlette", reason="needs the extra [view]")
pytest.importorskip("uvicorn", reason="needs the extra [view]")

from view_server import Client, serving
from watched_runs import CLIPS, read_clip, read_index, read_script

from ugcbench.errors import MissingExtraError
from ugcbench.plugins import Registry
from ugcbench_view.command import view
from ugcbench_view.shapes import ClipMedia

PATHS = [
    "/",
    "/index.html",
    "/data/index.js",
    "/data/clip/0.js",
    "/media/0.mp4",
    "/frames/0-0.webp",
]


@pytest.fixture(scope="module")
def address(watched, blind, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("scratch")
    with serving(watched, blind, TMPDIR=str(scratch)) as (_, address):
        yield address


@pytest.fixture(scope="module")
def client(address):
    return Client(address).enter()


def test_served_data_are_those_of_an_export(client, shown):
    for name in ("index", "chunk/0"):
        response, body = client.get(f"/data/{name}.js")
        assert response.status == 200
        assert response.getheader("content-type") == "text/javascript; charset=utf-8"
        served, exported = read_script(body)[1], read_script(shown / "data" / f"{name}.js")[1]
        assert {**json.loads(served), "pictures": []} == {**json.loads(exported), "pictures": []}


def test_served_clips_are_those_of_an_export(client, shown):
    for place in range(2):
        response, body = client.get(f"/data/clip/{place}.js")
        media = ClipMedia.model_validate_json(read_script(body)[1])
        assert media == read_clip(shown, place)
        response, sheet = client.get(f"/{media.frames[0].sheet}")
        assert response.getheader("content-type") == "image/webp"
        assert sheet == (shown / media.frames[0].sheet).read_bytes()


def test_clips_come_in_ranges(client, shown):
    whole = (shown / "media" / "1.mp4").read_bytes()
    response, body = client.get("/media/1.mp4", Range="bytes=100-299")
    assert (response.status, body) == (206, whole[100:300])
    assert response.getheader("content-range") == f"bytes 100-299/{len(whole)}"
    response, body = client.get("/media/1.mp4")
    assert (response.status, body) == (200, whole)
    assert response.getheader("content-type") == "video/mp4"


def test_every_answer_has_the_strict_policy(client):
    for path in PATHS:
        response, _ = client.get(path)
        policy = response.getheader("content-security-policy")
        assert response.status == 200
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy


@pytest.mark.parametrize("path", PATHS)
def test_nothing_without_the_key(address, path):
    response, body = Client(address).get(path)
    assert response.status == 403
    assert b"key" in body


def test_nothing_by_another_name(client):
    response, _ = client.get("/data/index.js", Host="evil.example")
    assert response.status == 421


@pytest.mark.parametrize(
    "path",
    [
        f"/data/clip/{CLIPS}.js",
        "/data/clip/-1.js",
        "/data/chunk/9.js",
        f"/frames/{CLIPS}-0.webp",
        "/frames/0-7.webp",
        f"/media/{CLIPS}.mp4",
        "/media/0.webm",
        "/media/0",
        "/media/mini-01.mp4",
        "/media/99999999999999999999.mp4",
        "/media/%C2%B2.mp4",
        "/media/..%2f..%2f..%2fetc%2fpasswd",
        "/../../../../etc/passwd",
        "/data/..%2f..%2f..%2fetc/passwd",
    ],
)
def test_what_is_not_of_the_page_is_not_found(client, path):
    assert client.get(path)[0].status == 404


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_behind(blind, tmp_path, number):
    with serving(blind, TMPDIR=str(tmp_path)) as (process, address):
        assert Client(address).enter().get("/data/index.js")[0].status == 200
        assert list(tmp_path.iterdir()) != []
        process.send_signal(number)
        process.wait(10)
    assert list(tmp_path.iterdir()) == []


def test_missing_extra_is_told_before_anything_is_read(blind, monkeypatch):
    monkeypatch.setattr("ugcbench_view.command.EXTRA", ("starlette", "no_such_package"))
    with pytest.raises(MissingExtraError, match=r"no_such_package: pip install 'ugcbench\[view\]'"):
        view.main([str(blind)], obj=Registry(), standalone_mode=False)


def test_served_index_says_that_there_are_clips(client, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "index.js").write_bytes(client.get("/data/index.js")[1])
    assert read_index(tmp_path).media == "clips"
