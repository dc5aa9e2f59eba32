"""The leaderboard's pages in a real browser: Chromium, headless, on Playwright, from the disk."""

from __future__ import annotations

import csv
import re
import shutil

import pytest

pytest.importorskip("jinja2", reason="needs the extra [site]")
pytest.importorskip("playwright", reason="needs playwright")

from built_site import HOSTILE, build
from playwright import sync_api

from ugcbench_leaderboard.columns import ALL

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a browser: chromium or google-chrome"
)
NOTHING = "\N{EN DASH}"
DESK, PHONE = (1440, 900), (390, 844)


@pytest.fixture(scope="module")
def site(tmp_path_factory, write_runs):
    """The bundled systems, one of them made again, and a hostile one by an offline judge."""
    folder = tmp_path_factory.mktemp("board")
    again = {name: [0.4, 0.9] for name in ALL}
    made = {"source": "run", "asked": 3, "judge": "gpt-4o-2024-08-06"}
    write_runs(folder / "runs" / "again", "gemini-2.5-flash", again, **made)
    shown = {"protocol": "v1", "judge": "lexical", "comparable": False}
    write_runs(folder / "runs" / "own", HOSTILE, **shown)
    build(folder / "site", "--runs", folder / "runs")
    return folder / "site"


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser, site):
    """Opens a page of the site. The console stays silent, and no file of others is asked for."""
    contexts = []

    def call(name="index.html", viewport=DESK, **options):
        size = dict(zip(("width", "height"), viewport, strict=True))
        context = browser.new_context(viewport=size, **options)
        page = context.new_page()
        troubles = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        own = (f"{site.as_uri()}/", "blob:")
        page.on("request", lambda asked: asked.url.startswith(own) or troubles.append(asked.url))
        contexts.append((context, troubles))
        page.goto(f"{site.as_uri()}/{name}")
        return page

    yield call
    for context, troubles in contexts:
        context.close()
        assert troubles == []


def board(page, name="main"):
    return page.locator(f"table[data-board={name}]")


def systems(page, name="main"):
    """The systems in sight, from top to bottom."""
    return board(page, name).locator("tbody tr:visible th a").all_inner_texts()


def box(page, model, name="main"):
    return board(page, name).get_by_label(f"Compare {model}", exact=True)


def column(page, place):
    cells = board(page).locator(f"tbody tr:visible td.number:nth-of-type({place}) .value")
    return [float(text.rstrip("†‡°*≠≈")) for text in cells.all_inner_texts() if text != NOTHING]


def sort_by(page, label):
    board(page).get_by_role("button", name=label).click()
    return board(page).get_by_role("columnheader", name=label).get_attribute("aria-sort")


def test_a_column_is_sorted_down_up_and_back(open_page):
    page = open_page()
    own = systems(page)
    assert own[0] == "gemini-2.5-flash"
    assert sort_by(page, "Voice") == "descending"
    figures = column(page, 3)
    assert len(figures) == 8
    assert figures == sorted(figures, reverse=True)
    assert sort_by(page, "Voice") == "ascending"
    assert column(page, 3) == sorted(figures)
    assert sort_by(page, "Voice") == "none"
    assert systems(page) == own
    assert sort_by(page, "System") == "ascending"
    assert systems(page) == sorted(own, key=str.lower)


def test_rows_are_filtered_by_what_is_known_of_them(open_page):
    page = open_page()
    everything = set(systems(page))
    page.get_by_label("Weights").select_option("closed")
    assert systems(page) == ["gemini-2.5-flash", "gemini-2.5-pro"]
    assert page.get_by_role("status").inner_text() == f"2 of {len(everything)} systems"
    page.get_by_label("Size").select_option("below 4B")
    assert page.get_by_text("No system passes these filters").first.is_visible()
    page.get_by_role("button", name="Show all").click()
    assert set(systems(page)) == everything
    page.get_by_label("Size").select_option("4B to 10B")
    assert set(systems(page)) == {"qwen2.5-omni-7b", "gemma-3n-e4b-it"}
    page.get_by_role("button", name="Show all").click()
    page.get_by_label("Protocol").select_option("v1")
    assert systems(page) == [HOSTILE]
    page.get_by_label("Protocol").select_option("")
    page.get_by_label("Judge").select_option("lexical")
    assert systems(page) == [HOSTILE]
    page.get_by_label("Judge").select_option("")
    page.get_by_label("System").fill("QWEN")
    assert set(systems(page)) == {"qwen2.5-omni-7b", "qwen2.5-omni-3b"}


def test_a_figure_tells_where_it_comes_from_by_keyboard(open_page):
    page = open_page()
    figure = board(page).locator("tbody tr").first.locator("a.figure").nth(2)
    figure.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    text = dialog.inner_text()
    for told in ("Text on screen", "published 69.4", "arXiv:2507.11336, Table 2", "2 of 3 count",
                 "paper@", "ugcbench run --model gemini-2.5-flash"):  # fmt: skip
        assert told in text
    page.wait_for_url(re.compile("#cell=gemini-2.5-flash"))
    link = dialog.get_by_role("link", name="What this column measures")
    assert link.get_attribute("href") == "tasks/ugc-ocr.html"
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.wait_for_url(re.compile(r"/index\.html$"))
    assert figure.evaluate("element => element === document.activeElement")
    board(page).locator("tbody tr").nth(1).locator("a.figure").first.click()
    assert "taken over as it was published" in dialog.inner_text()
    dialog.get_by_role("link", name="All figures of this system").click()
    assert page.get_by_role("heading", level=1).inner_text() == "gemini-2.5-pro"


def test_chosen_systems_stand_side_by_side(open_page):
    page = open_page()
    for model in ("gemini-2.5-flash", "qwen2.5-omni-7b"):
        box(page, model).check()
    comparison = page.get_by_role("region", name="Side by side")
    assert comparison.locator("figure").count() == 9
    drawn = comparison.get_by_role("img", name="Tone: gemini-2.5-flash 65.0, qwen2.5-omni-7b 44.9")
    assert drawn.locator("path.whisker").count() == 1
    assert drawn.locator("rect.outlined").count() == 1
    bar, whisker = (drawn.locator(part).first.bounding_box() for part in ("rect", "path.whisker"))
    stroke = 4
    assert bar["x"] <= whisker["x"] + stroke
    assert whisker["x"] + whisker["width"] <= bar["x"] + bar["width"] + stroke
    page.get_by_role("button", name="Clear the choice").click()
    assert not comparison.is_visible()


def test_a_link_brings_back_what_was_seen(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Captions alone").click()
    box(page, "minicpm-o-2.6", "caption").check()
    page.get_by_label("Weights").select_option("open")
    board(page, "caption").get_by_role("button", name="Visual").click()
    seen = systems(page, "caption")
    assert seen[0] == "minicpm-o-2.6"
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    other = open_page("index.html#" + copied.partition("#")[2])
    assert systems(other, "caption") == seen
    assert box(other, "minicpm-o-2.6", "caption").is_checked()
    assert other.get_by_role("region", name="Side by side").is_visible()
    assert not board(other).is_visible()


def test_what_is_shown_can_be_saved(open_page):
    page = open_page()
    page.get_by_label("System").fill("onerror")
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV of the rows shown").first.click()
    with saved.value.path().open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {line["model"] for line in lines} == {HOSTILE}
    assert len(lines) == 9


def test_the_table_is_read_without_scripts(open_page):
    page = open_page(java_script_enabled=False)
    assert len(systems(page)) == 9
    assert len(systems(page, "caption")) == 13
    assert not page.locator("#controls").is_visible()
    board(page).locator("tbody tr").first.locator("a.figure").first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "gemini-2.5-flash"
    assert page.url.endswith("#main-ugc-voice-source")


def test_a_hostile_name_is_text_everywhere(open_page):
    page = open_page("index.html#q=onerror")
    row = board(page).locator("tbody tr:visible")
    box(page, HOSTILE).check()
    assert HOSTILE in page.get_by_role("region", name="Side by side").inner_text()
    row.locator("a.figure").first.click()
    assert HOSTILE in page.get_by_role("dialog").inner_text()
    page.get_by_role("link", name="All figures of this system").click()
    assert page.get_by_role("heading", level=1).inner_text() == HOSTILE
    assert page.locator("img").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible(open_page, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
    page = open_page("index.html#compare=gemini-2.5-flash,minicpm-o-2.6", color_scheme=scheme)
    address = page.url.partition("#")[0].removesuffix("index.html")
    for name in (None, "#cell=gemini-2.5-flash ugc/ocr", "models/gemini-2.5-flash.html",
                 "tasks/ugc-caption.html", "tasks.html", "protocols.html"):  # fmt: skip
        if name:
            page.goto(address + ("index.html" if name[0] == "#" else "") + name)
        page.wait_for_load_state()
        found = axe.Axe().run(page, options={"preload": False}).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


@pytest.mark.parametrize("name", ["index.html#compare=minicpm-o-2.6", "tasks/ugc-tone.html",
                                  "models/minicpm-o-2.6.html", "protocols.html"])  # fmt: skip
def test_a_phone_scrolls_no_page_sideways(open_page, name):
    page = open_page(name, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
