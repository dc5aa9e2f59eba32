"""The released systems in a real browser: their answers side by side, and their leaderboard."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("jinja2", reason="needs the extra [site]")
pytest.importorskip("playwright", reason="needs playwright")

from playwright import sync_api

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or ROOT.parent / "shared" / "ugc-videocap")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SYSTEMS = ["gemini-2.5-flash", "gemma-3n-e4b-it", "qwen2.5-omni-3b", "ugc-videocaptioner-3b"]
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: chromium or google-chrome"),
    pytest.mark.skipif(
        not (RELEASE / "results").is_dir(),
        reason="needs the public release; name it in $UGCBENCH_UGC_VIDEOCAP",
    ),
]


@pytest.fixture
def page():
    troubles = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        yield page
        browser.close()
    assert troubles == []


def test_the_released_systems_are_shown(ugcbench, tmp_path, page):
    def call(*typed):
        done = ugcbench(*typed)
        assert done.returncode in (0, 4), done.stderr

    call("import", "ugc-videocap", RELEASE, "--output", "runs")
    runs = [tmp_path / "runs" / name for name in SYSTEMS]
    call("view", *runs, "--export", "shown", "--quiet")
    call("leaderboard", "--runs", "runs", "--site", "site")

    page.goto(f"{(tmp_path / 'shown' / 'index.html').as_uri()}#task=ugc/caption&sort=difference")
    page.locator("#list [role=option]").first.click()
    answers = page.get_by_role("article")
    answers.nth(3).wait_for()
    assert answers.count() == len(SYSTEMS)
    assert all(answers.nth(place).locator(".answer").inner_text() for place in range(4))

    page.goto((tmp_path / "site" / "index.html").as_uri())
    made_again = page.get_by_role("row").filter(has_text="gemini-2.5-flash").first
    assert "99.6 % covered" in made_again.inner_text()
    made_again.get_by_role("link", name="69.4").click()
    told = page.get_by_role("dialog")
    told.wait_for()
    assert "69.4 in arXiv:2507.11336" in told.inner_text()
