"""The reviewer's page in a real browser: Chromium, headless, on Playwright."""

from __future__ import annotations

import shutil

import pytest
from reviewed_clips import HOSTILE, annotate, said, work, write

pytest.importorskip("starlette", reason="needs the extra [curate]")
pytest.importorskip("playwright", reason="needs playwright")

from playwright import sync_api
from review_server import serving

from ugcbench_curate.annotations import Joint
from ugcbench_curate.reviewing.batches import Review
from ugcbench_curate.reviewing.events import FINE, Rules
from ugcbench_curate.reviewing.intake import begin_review
from ugcbench_curate.reviewing.ledger import Ledger
from ugcbench_curate.reviewing.procedure import Desk

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser: chromium or google-chrome"
)
TIME = "document.querySelector('video').currentTime"
READY = "document.querySelector('video').readyState"


def wait_until(page, holds):
    """Poll from outside: the page's policy lets nobody evaluate a condition inside."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("in ten seconds it did not come about")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture
def ledger(tmp_path):
    annotations = [annotate(n, tmp_path, joint=Joint(caption=said(HOSTILE))) for n in range(2)]
    source = write(tmp_path / "annotations.jsonl", annotations)
    begin_review(source, tmp_path / "review.sqlite", Rules(), "lead").close()
    return tmp_path / "review.sqlite"


@pytest.fixture
def open_page(browser):
    """Opens an address in a fresh profile; whatever the console says is an error."""
    contexts = []

    def call(address, **options):
        context = browser.new_context(viewport={"width": 1360, "height": 860}, **options)
        page = context.new_page()
        said_there = []
        page.on("console", lambda message: said_there.append(message.text))
        page.on("pageerror", lambda error: said_there.append(str(error)))
        contexts.append((context, said_there))
        page.goto(address)
        return page

    yield call
    for context, said_there in contexts:
        context.close()
        # Chromium also tells of answers that are no 200, which some are meant to be.
        assert [text for text in said_there if not text.startswith("Failed to load")] == []


def review_of(ledger):
    with Ledger(ledger) as opened:
        return Review(opened.entries())


def test_a_clip_is_played_and_marked_by_keyboard(ledger, open_page):
    with serving(ledger, "r1") as (_, address):
        page = open_page(address)
        assert "key=" not in page.url
        page.get_by_role("button", name="Take it").click()
        page.wait_for_url("**/batches/1.1/1")
        wait_until(page, lambda: page.evaluate(READY) >= 3)
        page.keyboard.press("Space")
        wait_until(page, lambda: page.evaluate(TIME) > 0.3)
        page.keyboard.press("Space")
        assert page.evaluate("document.querySelector('video').paused")
        before = page.evaluate(TIME)
        page.keyboard.press("ArrowRight")
        assert page.evaluate(TIME) == pytest.approx(before + 2, abs=0.1)
        page.get_by_role("button", name="Play from").click()
        wait_until(page, lambda: page.evaluate(TIME) < 2)

        for key in "1yallo":  # audio is fine; visual accurate, not clear, with an omission
            page.keyboard.press(key)
        page.keyboard.press("n")
        page.keyboard.type("a dog, sir")
        page.keyboard.press("Escape")
        for key in "3yS":
            page.keyboard.press(key)
        page.wait_for_url("**/batches/1.1/2")
        (first, second) = review_of(ledger).batches[1][0].annotations
        marks = review_of(ledger).batches[1][0].seats["r1"].marks[first]
        assert (marks["audio"], marks["joint"]) == (FINE, FINE)
        visual = marks["visual"]
        assert (visual.accurate, visual.complete, visual.clear) == (True, False, False)
        assert (visual.errors, visual.note) == (("omission",), "a dog, sir")

        page.keyboard.press("u")
        page.wait_for_url("**/batches/1.1/1?undone")
        page.get_by_role("button", name="The rest is fine").click()
        page.wait_for_url("**/batches/1.1/2")
        for key in "yyys":
            page.keyboard.press(key)
        page.wait_for_url("**/hand-in")
        page.keyboard.press("s")
        page.wait_for_url("**/?handed-in=1.1")
        assert page.get_by_role("status").inner_text() == "Batch 1.1 is handed in. Thank you."
        assert page.title() == "Batches - ugcbench"
    seat = review_of(ledger).batches[1][0].seats["r1"]
    assert seat.handed_in
    assert set(seat.marks) == {first, second}


def test_keys_can_be_switched_off(ledger, open_page):
    with serving(ledger, "r1") as (_, address):
        page = open_page(address)
        page.get_by_role("button", name="Take it").click()
        page.get_by_label("Single keys act as above").uncheck()
        page.keyboard.press("y")
        assert page.locator("input:checked:not(#shortcuts)").count() == 0
        page.reload()
        page.keyboard.press("y")
        assert page.locator("input:checked:not(#shortcuts)").count() == 0


def test_marks_are_made_without_scripts(ledger, open_page):
    with serving(ledger, "r1") as (_, address):
        page = open_page(address, java_script_enabled=False)
        page.get_by_role("button", name="Take it").click()
        page.wait_for_url("**/batches/1.1/1")
        for card in page.locator("section.card").all():
            for criterion in ("Accurate", "Complete", "Clear"):
                card.get_by_role("radiogroup", name=criterion).get_by_label("Yes").check()
        card.get_by_role("radiogroup", name="Accurate").get_by_label("No").check()
        page.get_by_role("button", name="Save and go on").click()
        assert "Not accurate: say whether" in page.get_by_role("alert").inner_text()
        page.get_by_label("Factual inaccuracy").last.check()
        page.get_by_role("button", name="Save and go on").click()
        page.wait_for_url("**/batches/1.1/2")
        assert HOSTILE in page.locator("body").inner_text()
        page.get_by_role("button", name="Take back").click()
        assert page.url.endswith("/1?undone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(ledger, open_page, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")

    def check():
        page.wait_for_load_state()  # a click doesn't wait for the style of the page it leads to
        found = axe.Axe().run(page).response["violations"]
        told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
        assert told == []

    with Ledger(ledger) as opened:
        work(Desk(opened), "r2", 1, opinion=lambda a, c: FINE)
    with serving(ledger, "r1") as (_, address):
        page = open_page(address, color_scheme=scheme)
        check()
        page.get_by_role("button", name="Take it").click()
        check()
        for key in "yo2f":
            page.keyboard.press(key)
        check()
        page.get_by_role("button", name="The rest is fine").click()
        page.get_by_role("link", name="Batch 1", exact=True).click()
        page.wait_for_url("**/hand-in")
        check()
        page.goto(page.url.replace("hand-in", "99"))
        check()
    with Ledger(ledger) as opened:
        Desk(opened).release("lead", 1, "r1")
        work(Desk(opened), "r4", 1, opinion=lambda a, c: FINE if c != "audio" else OMITS)
    with serving(ledger, "r3", "arbitrate") as (_, address):
        page = open_page(address, color_scheme=scheme)
        page.get_by_role("button", name="Take it").click()
        check()


OMITS = FINE.model_copy(update={"complete": False, "errors": ("omission",), "note": "the rain"})
