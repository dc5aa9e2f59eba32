"""The leaderboard as a folder of pages: what is in it, and where it may be written."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import sys
from pathlib import Path

import pytest

pytest.importorskip("jinja2", reason="needs the extra [site]")

from built_site import HOSTILE, Page, build, write_entry
from hypothesis import given
from hypothesis import strategies as st

from ugcbench.errors import MissingExtraError, UsageError
from ugcbench_leaderboard.cards.card import About
from ugcbench_leaderboard.site.drawing import draw, fit
from ugcbench_leaderboard.site.naming import slug
from ugcbench_leaderboard.site.tabling import read_size

BREAKING = f"{HOSTILE}</script>"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    return build(tmp_path_factory.mktemp("bundled") / "site")


def pages_of(files):
    return {name: Page(text.decode()) for name, text in files.items() if name.endswith(".html")}


def data_of(files):
    return json.loads(pages_of(files)["index.html"].data)


def row_of(files, model, table="main"):
    return next(row for row in data_of(files)[table]["rows"] if row["model"] == model)


def test_the_entries_alone_make_a_page_for_each_system_and_task(bundled):
    models = {name for name in bundled if name.startswith("models/")}
    assert len(models) == 12
    assert "models/gemini-2.5-flash.html" in models
    assert {name for name in bundled if name.startswith("tasks/")} == {
        f"tasks/ugc-{name}.html"
        for name in ("voice-source", "tone", "ocr", "background", "objects", "caption")
    }
    table = data_of(bundled)["main"]
    assert [column["key"] for column in table["columns"]][-1] == "average"
    assert [row["rank"] for row in table["rows"]][:3] == ["1", "2", "3"]


def test_every_link_leads_to_a_file_and_to_a_place_in_it(bundled):
    pages = pages_of(bundled)
    checked = 0
    for name, page in pages.items():
        for link in page.links:
            if link.startswith("https://"):
                continue
            path, _, place = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path or name))
            target = name if not path else target
            assert target in bundled, (name, link)
            assert not place or place in pages[target].ids, (name, link)
            checked += 1
    assert checked > 300


def test_nothing_is_written_into_the_page_that_its_policy_forbids(bundled):
    for name, page in pages_of(bundled).items():
        (policy,) = [tag for tag in page.tags if "http-equiv" in tag[1]]
        assert "default-src 'none'; script-src 'self'" in policy[1]["content"]
        for tag, written in page.tags:
            assert tag != "style", name
            data = written.get("type") == "application/json"
            assert tag != "script" or data or "src" in written, name
            assert "style" not in written, name
            assert not any(attribute.startswith("on") for attribute in written), name


def test_the_same_entries_give_the_same_bytes(bundled, tmp_path):
    assert build(tmp_path / "again") == bundled


def test_downloads_hold_the_table(bundled):
    rows = json.loads(bundled["downloads/main.json"])
    assert rows[0]["model"] == "gemini-2.5-flash"
    lines = list(csv.DictReader(io.StringIO(bundled["downloads/main.csv"].decode())))
    assert {line["model"] for line in lines} == {row["model"] for row in rows}
    latex = bundled["downloads/caption.tex"].decode()
    assert latex.startswith("\\begin{tabular}")
    assert latex.count("\\\\") >= 13


def test_published_and_measured_figures_are_told_apart(make_run, constant_values, tmp_path):
    again = make_run("again", "gemini-2.5-flash", constant_values(ocr=0.5, tone=0.641))
    files = build(tmp_path / "site", again)
    cells = row_of(files, "gemini-2.5-flash")["cells"]
    assert cells["ugc/voice_source"]["kind"] == "published"
    assert cells["ugc/voice_source"]["low"] is None
    assert cells["ugc/ocr"]["kind"] == "again"
    assert (cells["ugc/ocr"]["text"], cells["ugc/ocr"]["beside"]) == ("50.0", "69.4")
    assert cells["average"]["kind"] == "mixed"
    facts = dict(cells["ugc/ocr"]["facts"])
    assert facts["Samples"].startswith("2 of 2 count")
    assert facts["Published"] == "69.4 in arXiv:2507.11336, Table 2"
    assert facts["Protocol"].startswith("paper@")
    assert facts["Run"] == "again"


def test_a_run_of_its_own_tells_judge_rules_and_command(make_run, tmp_path):
    own = make_run(
        "own", "my model", protocol="v1", judge="lexical", comparable=False, source="run", limit=7
    )
    row = row_of(build(tmp_path / "site", own), "my model")
    assert row["judges"] == ["lexical"]
    assert row["protocols"] == ["v1"]
    assert row["rank"] is None
    cell = row["cells"]["ugc/caption:audio"]
    assert cell["kind"] == "own"
    assert cell["marks"] == "*≠"
    facts = dict(cell["facts"])
    assert facts["Judge asked"] == "lexical (offline: a smoke test)"
    assert facts["Clips"] == "the first 7 clips"
    command = facts["Command"]
    assert command.startswith("ugcbench run --model 'my model' --tasks ugc/voice_source,")
    assert command.endswith("--judge lexical --protocol v1 --limit 7")


def test_a_card_tells_of_its_system(mini_card, tmp_path):
    about = {"weights": "open", "parameters": "2B", "link": "https://example.org/m"}
    card = tmp_path / "card.json"
    card.write_text(json.dumps(mini_card | {"about": about}), encoding="utf-8")
    files = build(tmp_path / "site", card)
    row = row_of(files, "blind")
    assert (row["weights"], row["size"], row["protocols"]) == ("open", 2, ["v1"])
    assert "https://example.org/m" in pages_of(files)["models/blind.html"].links


def test_runs_of_one_name_have_a_page_each(make_run, tmp_path):
    make_run("first/twin", "me"), make_run("second/twin", "me")
    files = build(tmp_path / "site", "--runs", tmp_path / "first", "--runs", tmp_path / "second")
    models = [row["model"] for row in data_of(files)["main"]["rows"]]
    assert {"me (twin)", "me (twin) #2"} <= set(models)
    assert len([name for name in files if name.startswith("models/me-twin")]) == 2


def test_folders_of_a_machine_stay_there(make_run, tmp_path):
    run = make_run("own", "/vault/cellar/weights/best", dataset="/vault/cellar/my/clips@abc")
    texts = b"".join(build(tmp_path / "site", run).values())
    assert b"cellar" not in texts
    assert b"weights/best" in texts


def test_what_a_name_holds_is_shown_and_never_obeyed(make_run, tmp_path):
    entries = write_entry(tmp_path / "entries", BREAKING, about={"licence": "<b>mine</b>"})
    run = make_run("<script>alert(2)<script>", "=cmd()", judge="<i>judge</i>")
    files = build(tmp_path / "site", run, "--entries", entries)
    for name, page in pages_of(files).items():
        text = files[name].decode()
        shown = [own for tag, own in page.tags if tag in {"img", "script"} and "type" not in own]
        assert all(own["src"].endswith((".js", ".svg")) for own in shown)
        assert "<img src=x" not in text
        assert "<b>mine" not in text
        assert "<i>judge" not in text
        assert "alert(2)<script" not in text
    assert row_of(files, BREAKING)["cells"]["ugc/tone"]["text"] == "50.0"
    assert all("/" not in name.removeprefix("models/") for name in files if "models/" in name)


def test_only_web_addresses_become_links(tmp_path):
    entries = write_entry(tmp_path / "entries", "a", about={"link": "javascript:alert(1)"})
    with pytest.raises(UsageError, match="must be an address such as"):
        build(tmp_path / "site", "--entries", entries)


def test_rows_that_share_their_places_are_one_band(make_run, tmp_path):
    entries = write_entry(tmp_path / "entries", "far", **{"ugc/caption:average": "99.0"})
    runs = [make_run(name, name) for name in ("one", "two")]
    text = build(tmp_path / "site", *runs, "--entries", entries)["index.html"].decode()
    rows = [row for tag, row in Page(text).tags if tag == "tr" and "data-row" in row]
    tied = [row["data-row"] for row in rows if row.get("class") == "tied"]
    assert sorted(set(tied)) == ["one", "two"]


def test_a_folder_of_others_is_left_alone(tmp_path):
    foreign = tmp_path / "photos"
    foreign.mkdir()
    (foreign / "one.jpg").write_bytes(b"x")
    with pytest.raises(UsageError, match="no site of ours"):
        build(foreign)
    (foreign / "site.json").write_text('{"made_by": "somebody", "files": ["one.jpg"]}')
    with pytest.raises(UsageError, match="no site of ours"):
        build(foreign)
    assert (foreign / "one.jpg").read_bytes() == b"x"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos"]


def test_an_older_site_is_replaced_whole_unless_it_holds_more(tmp_path):
    site, entries = tmp_path / "site", write_entry(tmp_path / "entries", "gone")
    assert "models/gone.html" in build(site, "--entries", entries)
    assert "models/gone.html" not in build(site)
    (site / "models" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"also holds models/notes\.txt"):
        build(site)
    assert (site / "models" / "notes.txt").read_text() == "mine"


def test_the_command_says_what_is_wrong_and_what_to_open(ugcbench, tmp_path):
    done = ugcbench("leaderboard", "--site", "there")
    assert done.returncode == 0, done.stderr
    assert f"open {Path('there', 'index.html')}" in done.stdout
    done = ugcbench("leaderboard", "--site", "there", "--format", "csv")
    assert done.returncode == 2
    assert "--format doesn't go with --site" in done.stderr


def test_without_jinja_it_is_said_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ugcbench\[site\]'"):
        build(tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("3B", 3),
        ("4B effective", 4),
        ("7.6 billion", 7.6),
        ("500M", 0.5),
        ("1T", 1000),
        ("big", None),
    ],
)
def test_a_size_is_read_as_people_write_it(text, size):
    assert read_size(About(parameters=text)) == size


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(40, 300))
def test_every_figure_has_a_place_in_its_column(figures, width):
    scale = fit(figures, width)
    assert scale.bottom <= min(figures)
    assert max(figures) <= scale.top
    for figure in figures:
        strip = draw(scale, figure, (figure, 100.0), figure)
        assert 0 < strip.value < width
        assert strip.published is None


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_names_never_share_a_page(one, other):
    assert "/" not in slug(one)
    assert slug(one).strip(".")
    assert (slug(one) == slug(other)) == (one == other)
