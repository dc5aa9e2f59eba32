"""The pages of a reviewer over HTTP, from a real server on the loopback interface."""

from __future__ import annotations

import signal

import pytest
from reviewed_clips import HOSTILE, UNTRUE, annotate, judge, said, say_fine, work, write

pytest.importorskip("starlette", reason="needs the extra [curate]")
pytest.importorskip("uvicorn", reason="needs the extra [curate]")

from review_server import Client, fill, serving

from ugcbench_curate.annotations import Joint
from ugcbench_curate.reviewing.batches import Review
from ugcbench_curate.reviewing.events import FINE, Rules
from ugcbench_curate.reviewing.intake import begin_review
from ugcbench_curate.reviewing.ledger import Ledger
from ugcbench_curate.reviewing.pages.views import list_withheld
from ugcbench_curate.reviewing.procedure import Desk

ALL = ("audio", "visual", "joint")
GOOD = [pair for component in ALL for pair in fill(component=component)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One server of reviewer r1 serves all tests that only read, or mark their own annotation."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def ledger(folder):
    annotations = [annotate(n, folder) for n in range(8)]
    annotations[2] = annotate(2, folder, joint=Joint(caption=said(HOSTILE)))
    (folder / "evil.html").write_text("<script>alert(1)</script>")
    annotations[3] = annotate(3, folder, media="evil.html")
    source = write(folder / "annotations.jsonl", annotations)
    begin_review(source, folder / "review.sqlite", Rules(), "lead").close()
    return folder / "review.sqlite"


@pytest.fixture(scope="module")
def client(ledger):
    with serving(ledger, "r1") as (_, address):
        client = Client(address).enter()
        client.get("/")
        response, _ = client.post("/batches/1/claim")
        assert response.getheader("location") == "/batches/1.1"
        yield client


@pytest.fixture(scope="module")
def places(client, ledger):
    """Where each annotation is in the batch."""
    with Ledger(ledger) as opened:
        names = Review(opened.entries()).batches[1][0].annotations
        return {name: place for place, name in enumerate(names, 1)}


def marks(ledger, name, person="r1"):
    with Ledger(ledger) as opened:
        review = Review(opened.entries())
    return review.batches[1][-1].seats[person].marks.get(name)


def test_marks_of_a_form_are_recorded(client, ledger, places):
    place = places["clip-000"]
    fields = [*GOOD[:6], *fill("no", "no", "no", ["factual_inaccuracy"], " a\r\nb ", "joint")]
    response, _ = client.post(f"/batches/1.1/{place}", fields)
    assert response.status == 303
    kept = marks(ledger, "clip-000")
    assert (kept["audio"], kept["visual"]) == (FINE, FINE)
    assert kept["joint"].errors == ("factual_inaccuracy", "omission")
    assert kept["joint"].note == "a\nb"
    _, page = client.get(f"/batches/1.1/{place}")
    assert b">a\nb</textarea>" in page
    response, _ = client.post("/batches/1.1/undo")
    assert response.getheader("location") == f"/batches/1.1/{place}?undone"
    assert marks(ledger, "clip-000") is None


def test_one_button_says_that_the_rest_is_fine(client, ledger, places):
    response, _ = client.post(f"/batches/1.1/{places['clip-001']}", [("action", "fine")])
    assert response.status == 303
    assert marks(ledger, "clip-001") == dict.fromkeys(ALL, FINE)
    told = [("audio.complete", "no"), ("action", "fine")]
    client.post(f"/batches/1.1/{places['clip-000']}", told)
    kept = marks(ledger, "clip-000")
    audio = kept.pop("audio")
    assert (audio.accurate, audio.complete, audio.clear) == (True, False, True)
    assert audio.errors == ("omission",)
    assert kept == dict.fromkeys(set(ALL) - {"audio"}, FINE)
    client.post("/batches/1.1/undo")


def test_a_fault_that_is_half_told_is_asked_for_by_that_button_too(client, ledger, places):
    place = f"/batches/1.1/{places['clip-000']}"
    response, page = client.post(place, [("audio.accurate", "no"), ("action", "fine")])
    assert response.status == 422
    assert b"Not accurate: say whether" in page
    assert marks(ledger, "clip-000") is None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (fill(accurate="", clear=""), b"Choose yes or no for accurate and clear."),
        (fill(accurate="no"), b"Not accurate: say whether"),
        (fill(errors=["omission"]), b"be complete with an omission"),
        (fill(errors=["inconsistent_with_video"]), b"be accurate with"),
        (fill(note="x" * 4001), b"longer than 4000"),
    ],
)
def test_a_form_that_contradicts_itself_comes_back_as_it_was(client, ledger, places, changed, told):
    fields = [*changed, *GOOD[3:6], *fill("no", errors=["factual_inaccuracy"], component="joint")]
    response, page = client.post(f"/batches/1.1/{places['clip-004']}", fields)
    assert response.status == 422
    assert told in page
    assert b'value="factual_inaccuracy" data-of="accurate" checked' in page
    assert marks(ledger, "clip-004") is None


def test_markup_in_captions_and_notes_is_text(client, places):
    place = places["clip-002"]
    response, page = client.get(f"/batches/1.1/{place}")
    assert b"<script>document" not in page
    assert b"&lt;script&gt;document.title=&#39;gone&#39;&lt;/script&gt;" in page
    assert b"{{ 7*7 }}" in page
    policy = response.getheader("content-security-policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    fields = [*GOOD[:6], *fill("yes", "no", note=HOSTILE + "</textarea>", component="joint")]
    client.post(f"/batches/1.1/{place}", fields)
    _, page = client.get(f"/batches/1.1/{place}")
    assert page.count(b"<script>document") == 0
    assert page.count(b"</textarea>") == 3


def test_the_clip_comes_in_ranges(client, folder, places):
    path = f"/batches/1.1/{places['clip-005']}/clip"
    response, body = client.get(path)
    assert (response.status, response.getheader("content-type")) == (200, "video/mp4")
    assert response.getheader("accept-ranges") == "bytes"
    assert body == (folder / annotate(5, folder).media).read_bytes()
    response, part = client.get(path, Range="bytes=100-199")
    assert response.status == 206
    assert part == body[100:200]
    assert response.getheader("content-range") == f"bytes 100-199/{len(body)}"


def test_only_clips_are_served(client, places):
    response, _ = client.get(f"/batches/1.1/{places['clip-003']}/clip")
    assert response.status == 415
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/review.sqlite"):
        assert client.get(path)[0].status == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Cookie": ""}, 403),
        ({"Cookie": "ugcbench_1=x"}, 403),
    ],
)
def test_others_see_nothing(client, headers, status):
    response, body = client.get("/batches/1.1/1", **headers)
    assert response.status == status
    assert b"clip-" not in body


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://127.0.0.1"},
    ],
)
def test_forms_of_other_sites_change_nothing(client, ledger, places, headers):
    response, _ = client.post(f"/batches/1.1/{places['clip-006']}", GOOD, **headers)
    assert response.status == 403
    assert marks(ledger, "clip-006") is None


def test_forms_need_the_token_and_an_end(client, ledger, places):
    path = f"/batches/1.1/{places['clip-006']}"
    assert client.post(path, GOOD, token="")[0].status == 403
    assert client.post(path, GOOD, token="x" * 43)[0].status == 403
    assert client.post(path, [*GOOD, ("audio.note", "x" * 300_000)])[0].status == 413
    assert client.post(path, [("a", "b")] * 200)[0].status == 400
    assert marks(ledger, "clip-006") is None


@pytest.mark.parametrize(
    "path", ["/batches/9.1", "/batches/1.0", "/batches/1.2/1", "/batches/1.1/99"]
)
def test_what_is_not_there_is_told(client, path):
    response, page = client.get(path)
    assert response.status == 404
    assert b"Back to the batches" in page


def test_a_stopped_server_goes_on_where_it_was(tmp_path):
    source = write(tmp_path / "annotations.jsonl", [annotate(n, tmp_path) for n in range(4)])
    ledger = tmp_path / "review.sqlite"
    begin_review(source, ledger, Rules(), "lead").close()
    with serving(ledger, "r1") as (process, address):
        client = Client(address).enter()
        client.get("/")
        client.post("/batches/1/claim")
        assert client.post("/batches/1.1/1", GOOD)[0].status == 303
        assert client.post("/batches/1.1/2", GOOD)[0].status == 303
        process.send_signal(signal.SIGKILL)
    with serving(ledger, "r1") as (process, address):
        again = Client(address).enter()
        assert again.get("/batches/1.1")[0].getheader("location") == "/batches/1.1/3"
        assert again.send("GET", "/", None, {"Cookie": client.cookie})[0].status == 403
        again.get("/batches/1.1/3")
        assert again.post("/batches/1.1/hand-in")[0].status == 409
        again.post("/batches/1.1/3", GOOD)
        response, _ = again.post("/batches/1.1/4", GOOD)
        assert response.getheader("location") == "/batches/1.1/hand-in"
        assert again.post("/batches/1.1/hand-in")[0].status == 303
        assert again.post("/batches/1.1/1", GOOD)[0].status == 409
        assert b"marks are fixed" in again.get("/batches/1.1/1")[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_the_arbiter_sees_both_opinions_and_no_names(tmp_path):
    annotations = [annotate(n, tmp_path, wrong=("visual",)) for n in range(3)]
    source = write(tmp_path / "annotations.jsonl", annotations)
    ledger = tmp_path / "review.sqlite"
    begin_review(source, ledger, Rules(), "lead").close()
    with Ledger(ledger) as opened:
        desk = Desk(opened)
        work(desk, "reviewer-one", 1, opinion=say_fine)
        with serving(ledger, "r3", "arbitrate") as (_, address):
            client = Client(address).enter()
            assert b"No disagreements wait" in client.get("/")[1]
            work(desk, "reviewer-two", 1, opinion=judge)
            client.get("/")
            client.post("/batches/1/claim")
            _, page = client.get("/batches/1.1/1")
            assert page.count(b'class="opinion"') == 2
            assert b"factual inaccuracy" in page
            assert b"reviewer-" not in page
            assert page.count(b"<textarea") == 1
            untrue = fill("no", errors=["factual_inaccuracy"], component="visual")
            for place, fields in enumerate((untrue, fill(component="visual"), untrue), 1):
                assert client.post(f"/batches/1.1/{place}", fields)[0].status == 303
            assert client.post("/batches/1.1/hand-in")[0].status == 303
        decided = desk.review().batches[1][0].decided
    assert (decided.accepted, decided.errors, decided.units) == (False, 2, 3)
    assert UNTRUE.faulty


def test_who_reviewed_a_batch_is_told_that_another_one_decides(tmp_path):
    source = write(tmp_path / "annotations.jsonl", [annotate(0, tmp_path, wrong=("visual",))])
    begin_review(source, tmp_path / "review.sqlite", Rules(), "lead").close()
    with Ledger(tmp_path / "review.sqlite") as opened:
        desk = Desk(opened)
        work(desk, "r1", 1, opinion=say_fine)
        assert list_withheld(desk, "r1") == ()
        work(desk, "r2", 1, opinion=judge)
        assert list_withheld(desk, "r3") == ()
        with serving(tmp_path / "review.sqlite", "r1", "arbitrate") as (_, address):
            client = Client(address).enter()
            _, page = client.get("/")
            assert b"No disagreements wait for you." in page
            assert b"Another person decides about what you reviewed yourself: Batch 1." in page
        work(desk, "r3", 1, "arbiter")
        assert list_withheld(desk, "r1") == ()
