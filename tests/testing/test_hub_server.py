"""The hub on the loopback interface answers as the real client expects, faults included."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from ugcbench.testing import HubServer

FILES = {"data/a b.json": b'{"a": 1}', "big.bin": bytes(range(256)) * 8}


@pytest.fixture
def server():
    with HubServer("who/what", FILES) as server:
        yield server


def ask(server, path, method="GET", **headers):
    request = urllib.request.Request(server.origin + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


@pytest.mark.parametrize("revision", ["", "/revision/main", "/revision/{commit}"])
def test_the_repository_is_listed_with_its_commit(server, revision):
    status, _, body = ask(server, "/api/datasets/who/what" + revision.format(commit=server.commit))
    info = json.loads(body)
    assert status == 200
    assert info["sha"] == server.commit
    assert [file["rfilename"] for file in info["siblings"]] == list(FILES)


def test_a_head_has_the_headers_and_no_body(server):
    path = "/datasets/who/what/resolve/main/data/a%20b.json"
    status, headers, body = ask(server, path, "HEAD")
    assert (status, body) == (200, b"")
    assert headers["x-repo-commit"] == server.commit
    assert headers["content-length"] == str(len(FILES["data/a b.json"]))
    # What `git hash-object` says of these eight bytes.
    assert headers["etag"] == '"4a036f56bb619924ec4189bd84ed716c766971ae"'
    assert ask(server, path)[2] == FILES["data/a b.json"]


def test_a_range_is_a_part(server):
    path = f"/datasets/who/what/resolve/{server.commit}/big.bin"
    status, headers, body = ask(server, path, range="bytes=10-19")
    assert (status, body) == (206, FILES["big.bin"][10:20])
    assert headers["content-range"] == "bytes 10-19/2048"
    assert ask(server, path, range="bytes=2000-")[2] == FILES["big.bin"][2000:]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/datasets/who/else", "RepoNotFound"),
        ("/datasets/who/what/resolve/old/big.bin", "RevisionNotFound"),
        ("/datasets/who/what/resolve/main/small.bin", "EntryNotFound"),
    ],
)
def test_what_is_not_there_says_what_is_missing(server, path, code):
    status, headers, _ = ask(server, path)
    assert (status, headers["x-error-code"]) == (404, code)


def test_a_gated_repository_gives_nothing_out():
    with HubServer("who/what", FILES, gated=True) as server:
        for path in ("/api/datasets/who/what", "/datasets/who/what/resolve/main/big.bin"):
            status, headers, _ = ask(server, path)
            assert (status, headers["x-error-code"]) == (401, "GatedRepo")


def test_the_commit_changes_with_the_files():
    commits = {HubServer("a/b", files).commit for files in (FILES, {"big.bin": b""}, {})}
    assert len(commits) == 3
    assert HubServer("a/b", dict(reversed(FILES.items()))).commit in commits
