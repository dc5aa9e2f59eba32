"""How numbers are shown."""

from __future__ import annotations

import csv
import io

import pytest
import toy

import ugcbench
from ugcbench import Cell, Registry, Result, Summary, Usage
from ugcbench.errors import RequestRejectedError, RunCorruptError
from ugcbench.models import Fake


def cell(name="t", **more):
    known = {
        "label": f"Label of {name}",
        "value": 0.5,
        "low": 0.25,
        "high": 0.75,
        "n": 10,
        "asked": 10,
        "coverage": 1.0,
        "statuses": {"ok": 10},
        "protocol": "v1",
        "protocol_hash": "abc",
    }
    return Cell(name=name, **{**known, **more})


def result(tmp_path, *cells, average=0.5):
    return Result(
        tmp_path,
        Summary(
            run="r",
            model="<b>m</b>",
            model_answered=("m",),
            dataset="d@1",
            protocol="v1@abc",
            cells=cells,
            average=average,
            requests=10,
            usage=Usage(),
            judge_usage=Usage(),
            versions={},
        ),
    )


def test_numbers_are_on_the_scale_of_0_to_100(tmp_path):
    table = result(tmp_path, cell()).table()
    assert "50.0" in table
    assert "25.0 - 75.0" in table


def test_partial_coverage_shows_what_was_asked(tmp_path):
    table = result(tmp_path, cell(n=4, coverage=0.4)).table("csv")
    assert "40.0% of 10" in table


def test_what_is_unknown_is_a_dash_and_no_number(tmp_path):
    shown = result(tmp_path, cell(value=None, low=None, high=None, n=0, coverage=0.0), average=None)
    rows = list(csv.reader(io.StringIO(shown.table("csv"))))
    assert rows[1][1:4] == ["-", "", "0"]
    assert rows[-1][:2] == ["Average", "-"]


@pytest.mark.parametrize("style", ["table", "md", "latex", "html"])
def test_an_offline_judges_number_is_marked_wherever_it_is_shown(tmp_path, style):
    shown = result(tmp_path, cell(judge="lexical", comparable=False)).table(style)
    assert "lexical *" in shown
    assert "not comparable" in shown
    assert "not comparable" not in result(tmp_path, cell(judge="gpt")).table(style)


def test_html_is_escaped(tmp_path):
    shown = result(tmp_path, cell(label="<script>x</script>"))._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "&lt;script&gt;" in shown


def test_pandas_has_one_row_a_cell(tmp_path):
    pytest.importorskip("pandas", reason="needs the extra [pandas]")
    frame = result(tmp_path, cell("a"), cell("b", value=0.25)).to_pandas()
    assert list(frame.index) == ["a", "b"]
    assert frame.loc["b", "value"] == 0.25


def test_what_was_used_is_said_in_words(tmp_path):
    shown = result(tmp_path, cell())
    usage = Usage(attempts=1200, input_tokens=5000, cost_usd=0.25)
    used = shown.summary.model_copy(update={"usage": usage, "judge_usage": Usage(attempts=0)})
    assert Result(tmp_path, used).expense == "model: 1,200 requests, 5,000 tokens in, 0.2500 USD"
    assert shown.title == "<b>m</b> on d@1, protocol v1@abc"


def test_the_smallest_coverage_is_the_results(tmp_path):
    assert result(tmp_path, cell("a"), cell("b", coverage=0.2)).coverage == 0.2


def test_a_broken_summary_names_its_file(tmp_path):
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(RunCorruptError, match=r"summary\.json"):
        Result.load(tmp_path)


def test_answers_are_rows_of_a_frame(tmp_path):
    pytest.importorskip("pandas", reason="needs the extra [pandas]")
    models = {"knows": "number 1", "fails": RequestRejectedError("no")}
    frames = {}
    for name, said in models.items():
        asked = {"tasks": "toy/exact", "dataset": "numbers", "output": tmp_path / name}
        registry = Registry({"toy": toy.Plugin()}, installed=False)
        model = Fake(lambda prompt, said=said: said)
        frames[name] = ugcbench.run(model=model, registry=registry, **asked).records_to_pandas()
    known, failed = frames["knows"], frames["fails"]
    assert list(known["sample_id"]) == [f"n{number}" for number in range(6)]
    assert list(known["value"]) == [0, 1, 0, 0, 0, 0]
    assert set(known["text"]) == {"number 1"}
    assert "ok" not in set(failed["status"])
    assert failed["value"].isna().all()
    assert failed["note"].str.contains("no").all()
