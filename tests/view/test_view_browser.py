"""The page in a real browser: Chromium, headless, on Playwright."""

from __future__ import annotations

import shutil
from urllib.parse import urlsplit

import pytest
from view_server import serving
from watched_runs import CAPTION, HOSTILE, read_index

pytest.importorskip("playwright", reason="needs playwright")

from playwright import sync_api

from ugcbench_view.shapes import Entries, RunColumns
from ugcbench_view.writing import write_script

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser: chromium or google-chrome"
)
MANY = 10_000
VIDEO = "document.querySelector('video')"
SHOWN = "#at=ugc/caption:mini-01"


def wait_until(page, holds):
    """Poll from outside: the page's policy lets nobody evaluate a condition inside."""
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("in ten seconds it did not come about")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """Opens an address in a fresh profile. The console stays silent, and nothing else is asked."""
    contexts = []

    def call(address, viewport=(1440, 860), **options):
        size = dict(zip(("width", "height"), viewport, strict=True))
        context = browser.new_context(viewport=size, **options)
        page = context.new_page()
        page.set_default_timeout(10_000)
        troubles, place = [], urlsplit(address)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        own = f"{place.scheme}://{place.netloc}/"
        page.on("request", lambda asked: asked.url.startswith(own) or troubles.append(asked.url))
        contexts.append((context, troubles))
        page.goto(address)
        return page

    yield call
    for context, troubles in contexts:
        context.close()
        assert troubles == []


@pytest.fixture
def open_export(open_page, shown):
    def call(link="", folder=shown, **options):
        return open_page(f"{(folder / 'index.html').as_uri()}{link}", **options)

    return call


def rows(page):
    """The samples in sight as task and id."""
    return [" ".join(row.locator(".what > *").all_inner_texts()) for row in options(page).all()]


def options(page):
    return page.locator("#list [role=option]")


def title(page):
    return " ".join(page.locator(".heading .name > *").all_inner_texts())


def play(page):
    """Play the clip by keyboard and see and hear it go on."""
    wait_until(page, lambda: page.evaluate(f"{VIDEO} && {VIDEO}.readyState") == 4)
    page.keyboard.press("Space")
    wait_until(page, lambda: page.evaluate(f"{VIDEO}.currentTime") > 0.3)
    assert page.evaluate(f"{VIDEO}.webkitAudioDecodedByteCount") > 0
    assert page.evaluate(f"{VIDEO}.webkitDecodedFrameCount") > 0
    page.keyboard.press("Space")
    assert page.evaluate(f"{VIDEO}.paused")


def test_a_clip_is_played_and_sought(open_export):
    page = open_export(SHOWN)
    play(page)
    frames = page.locator(".frame")
    frames.nth(3).click()
    current = page.locator(".frame[aria-current=true]")
    wait_until(page, lambda: page.evaluate(f"{VIDEO}.currentTime") > 3)
    assert current.get_attribute("aria-label") == frames.nth(3).get_attribute("aria-label")
    wave = page.get_by_role("slider")
    assert wave.get_attribute("aria-valuetext").startswith("0:03.8 of 0:0")
    wave.press("Home")
    wait_until(page, lambda: page.evaluate(f"{VIDEO}.currentTime") == 0)
    wave.press("ArrowRight")
    wait_until(page, lambda: page.evaluate(f"{VIDEO}.currentTime") == 1)
    box = wave.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 10)
    wait_until(page, lambda: 4 < page.evaluate(f"{VIDEO}.currentTime") < 5)
    assert "seen by watched" in page.locator(".story").inner_text()
    assert "not seen by blind run" in page.locator(".story").inner_text()


def test_a_served_page_shows_the_same(watched, blind, open_page):
    with serving(watched, blind) as (_, address):
        page = open_page(address)
        assert "key=" not in page.url
        page.keyboard.press("j")
        page.keyboard.press("j")
        wait_until(page, lambda: title(page) == "Caption mini-01")
        play(page)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy link").click()
        wait_until(page, lambda: page.locator("#said").inner_text() == "The link is copied.")
        link = page.evaluate("navigator.clipboard.readText()")
        assert "time=" in link
        other = page.context.new_page()
        other.goto(link)
        wait_until(other, lambda: title(other) == "Caption mini-01")
        wait_until(other, lambda: (other.evaluate(f"{VIDEO} && {VIDEO}.currentTime") or 0) > 0.2)


def test_answers_stand_side_by_side_as_text(open_export):
    page = open_export(SHOWN)
    first, second = (page.get_by_role("article").nth(at) for at in (0, 1))
    shown = HOSTILE.replace("\u202e", r"\u202e")
    assert first.locator(".answer").text_content() == shown
    assert shown in first.locator("blockquote").first.text_content()
    assert page.locator("main img, main script, iframe").count() == 0
    assert first.locator(".score").inner_text() == "60.0"
    assert second.locator(".score").inner_text().split() == [
        "46.7",
        "\N{MINUS SIGN}13.3",
        "against",
        "A",
    ]
    parts = [part.inner_text().split() for part in first.locator(".part").all()]
    assert parts == [["audio", "60.0"], ["visual", "60.0"], ["details", "60.0"]]
    assert first.locator(".verdict").count() == 3
    assert "judges 17.8 apart" in first.inner_text()
    assert "900 in" in first.inner_text()
    assert "Receipt: 8 frames" in first.inner_text()
    assert second.locator(".answer mark").all_inner_texts() == ["person"]
    page.keyboard.press("d")
    assert page.locator("ins, del, mark").count() == 0
    page.keyboard.press("j")
    wait_until(page, lambda: title(page) == "Tone mini-02")
    page.keyboard.press("d")
    wrong = page.get_by_role("article").filter(has_text="blind-one").locator(".answer")
    assert (wrong.locator("del").inner_text(), wrong.locator("ins").inner_text()) == (
        "Positive",
        "Neutral",
    )


def test_samples_are_filtered_and_sorted(open_export):
    page = open_export()
    everything = rows(page)
    assert everything[:2] == ["Tone mini-01", "Caption mini-01"]
    assert page.locator("#count").inner_text() == f"{len(everything)} samples"
    page.get_by_label("Task").select_option(CAPTION)
    assert rows(page) == [f"Caption mini-0{number}" for number in range(1, 6)]
    page.get_by_label("Status").select_option("refused")
    assert rows(page) == ["Caption mini-03"]
    page.get_by_role("button", name="Clear").click()
    assert rows(page) == everything
    page.get_by_label("Models disagree").check()
    assert set(rows(page)) == {"Tone mini-01", "Tone mini-02"}
    page.get_by_label("Models disagree").uncheck()
    page.get_by_label("Judges disagree").check()
    assert {row.partition(" ")[0] for row in rows(page)} == {"Caption"}
    page.get_by_role("button", name="Clear").click()
    page.locator("[name=run]").select_option("blind-run")
    page.get_by_label("Score from").fill("40")
    assert rows(page) == ["Caption mini-01", "Caption mini-02", "Caption mini-03"]
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Sort by").select_option("difference")
    assert rows(page)[:2] == ["Tone mini-01", "Tone mini-02"]
    page.get_by_role("button", name="Largest first").click()
    assert rows(page)[0].startswith("Caption")
    page.keyboard.press("/")
    page.keyboard.type("no such words")
    assert page.get_by_text("No sample passes these filters.").is_visible()


def test_a_link_brings_back_what_was_chosen(open_export):
    page = open_export()
    page.get_by_label("Task").select_option(CAPTION)
    page.get_by_label("Sort by").select_option("score")
    options(page).nth(1).click()
    wait_until(page, lambda: page.locator(".card").count() == 2)
    before = (page.url, rows(page), title(page))
    page.reload()
    wait_until(page, lambda: page.locator(".card").count() == 2)
    assert (page.url, rows(page), title(page)) == before
    assert page.get_by_label("Task").input_value() == CAPTION
    page.go_back()
    assert page.get_by_role("heading", name="The runs").is_visible()
    assert page.get_by_label("Task").input_value() == CAPTION
    lost = open_export("#at=ugc/caption:nowhere")
    assert "these runs have no such sample" in lost.locator("#sample").inner_text()


def test_a_link_is_copied_without_a_clipboard(open_export):
    page = open_export(f"{SHOWN}&task=ugc/caption")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy link").click()
    wait_until(page, lambda: page.locator("#said").inner_text() == "The link is copied.")
    page.keyboard.press("/")
    page.keyboard.press("Control+V")
    assert (
        page.get_by_label("Search")
        .input_value()
        .endswith("#task=ugc/caption&at=ugc/caption:mini-01")
    )


def test_everything_is_done_by_keyboard(open_export):
    page = open_export()
    page.keyboard.press("/")
    page.keyboard.type("mini-02")
    page.keyboard.press("Enter")
    wait_until(page, lambda: title(page) == "Tone mini-02")
    page.keyboard.press("ArrowDown")
    wait_until(page, lambda: title(page) == "Caption mini-02")
    assert page.locator("[role=option][aria-selected=true]").count() == 1
    page.keyboard.press("o")
    assert page.get_by_role("heading", name="The runs").is_visible()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    assert dialog.is_visible()
    dialog.get_by_label("Single keys act as above").uncheck()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy link").focus()
    page.keyboard.press("k")
    assert title(page) == "Caption mini-02"
    page.get_by_role("listbox").focus()
    page.keyboard.press("k")
    wait_until(page, lambda: title(page) == "Tone mini-02")


def test_ten_thousand_samples_scroll(shown, tmp_path, open_export):
    folder = shutil.copytree(shown, tmp_path / "many")
    write_script(folder / "data", "index", multiply(read_index(folder)))
    page = open_export(folder=folder)
    assert page.locator("#count").inner_text() == "10,000 samples"
    listbox = page.get_by_role("listbox")
    for share in (0.25, 0.5, 1):
        listbox.evaluate("(box, share) => { box.scrollTop = share * box.scrollHeight }", share)
        page.wait_for_timeout(60)
        assert 0 < options(page).count() < 40
    assert options(page).last.get_attribute("aria-posinset") == f"{MANY}"
    spent = page.evaluate(
        "() => { const began = performance.now(); State.set({ q: '09999' });"
        " return performance.now() - began; }"
    )
    assert rows(page) == ["Caption clip-09999"]
    assert spent < 1000
    page.keyboard.press("/")
    page.keyboard.press("Backspace")
    assert page.evaluate("document.querySelectorAll('*').length") < 1500


def multiply(index):
    """The index of many entries, all like the second one."""
    entries, names = index.entries, [f"clip-{number:05}" for number in range(MANY)]

    def repeat(columns):
        return {field: [getattr(columns, field)[1]] * MANY for field in type(columns).model_fields}

    columns = {**repeat(entries.model_copy(update={"runs": [None, None]})), "sample": names}
    columns["runs"] = [RunColumns(**repeat(run)) for run in entries.runs]
    return index.model_copy(update={"entries": Entries(**columns)})


def test_the_runs_are_told(shown, tmp_path, open_export):
    folder, index = shutil.copytree(shown, tmp_path / "rates"), read_index(shown)
    rates = {"name": "ugc/tone", "label": "Errors", "lower_is_better": True}
    rate = index.runs[0].cells[0].model_copy(update=rates | {"value": 1.2, "low": 0.9, "high": 1.5})
    first = index.runs[0].model_copy(update={"cells": (rate,), "notices": ("Mind the gold.",)})
    index = index.model_copy(update={"runs": (first, index.runs[1])})
    write_script(folder / "data", "index", index)
    page = open_export(folder=folder)
    row = page.get_by_role("row").filter(has_text="Errors")
    assert "lower is better, scale to 150" in row.inner_text()
    assert row.get_by_role("cell").first.inner_text().split() == [
        "120.0",
        "90.0",
        "to",
        "150.0",
        "n",
        "5",
    ]
    scale, interval = (row.locator(name).first.bounding_box() for name in (".scale", ".interval"))
    end = interval["x"] + interval["width"]
    assert end == pytest.approx(scale["x"] + scale["width"], abs=1)
    told = page.locator(".told").inner_text()
    assert "watched: Mind the gold." in told
    assert "different protocols: judge.votes" in told
    row.get_by_role("button", name="Errors").click()
    assert {found.partition(" ")[0] for found in rows(page)} == {"Tone"}


COMPARED = [
    ("A dog barks.", "a DOG, barks", "same", []),
    ("Neutral", "Positive", "variant", [("left", "Neutral"), ("added", "Positive")]),
    ("a b c d e f", "a b x d e", "variant", [("left", "c"), ("added", "x"), ("left", "f")]),
    ("狗在叫", "猫在叫", "variant", [("left", "狗"), ("added", "猫")]),
    ("One red car, a blue cat", "Color: RED; cat", "apart", [("shared", "RED"), ("shared", "cat")]),
    ("", "something else than nothing at all", "apart", []),
]


def test_words_are_compared(open_export):
    page = open_export()
    for reference, answer, kind, pieces in COMPARED:
        found = page.evaluate("(two) => Diff.compare(...two)", [reference, answer])
        marked = [(each["how"], each["text"]) for each in found["pieces"] if each["how"]]
        assert (found["kind"], marked) == (kind, pieces)
        kept = "".join(each["text"] for each in found["pieces"] if each["how"] != "left")
        assert kept.split() == answer.split()


def test_missing_media_are_told(watched, write_export, open_export):
    without = write_export(watched, wanted="none")
    page = open_export(SHOWN, folder=without)
    assert "The clips were left out of this export." in page.locator(".clip").inner_text()
    assert page.get_by_role("article").count() == 1
    stills = write_export(watched, wanted="frames")
    page = open_export(SHOWN, folder=stills)
    wait_until(page, lambda: page.locator(".frame").count() == 8)
    assert page.locator("video").count() == 0
    page.locator(".frame").nth(2).click()
    assert page.get_by_role("slider").get_attribute("aria-valuetext").startswith("0:02.5")


@pytest.mark.parametrize(("scheme", "viewport"), [("light", (1440, 860)), ("dark", (390, 844))])
def test_pages_are_accessible_and_fit(open_export, scheme, viewport):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
    page = open_export(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")

    def check():
        # Without preload: axe would ask for the style sheets, which the policy doesn't let it.
        found = axe.Axe().run(page, options={"preload": False}).response["violations"]
        told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
        assert told == []
        assert page.evaluate("document.documentElement.scrollWidth") == viewport[0]

    check()
    options(page).nth(1).click()
    wait_until(page, lambda: page.locator(".frame, .card").count() == 10)
    page.get_by_role("button", name="Runs").click()
    for fold in page.locator("#view details").all():
        fold.evaluate("(element) => { element.open = true; }")
    check()
    page.keyboard.press("?")
    check()
