"""docs/plugins.md has a heading for every hook, and each of its plugins works as it stands."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import ugcbench
from ugcbench import hookspecs
from ugcbench.doctor.probes import BLANK, SPOKEN
from ugcbench.plugins import create
from ugcbench.testing import CONTRACT, DATASET_CONTRACT, TASK_CONTRACT, Fake, Subject

PAGE = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
SECTIONS = dict(re.findall(r"^## (ugcbench_\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


def hooks():
    return {name for name in vars(hookspecs) if name.startswith("ugcbench_")}


def test_every_hook_has_a_heading_and_every_heading_a_hook():
    assert set(SECTIONS) == hooks()


@pytest.fixture
def plugin(request, monkeypatch):
    """The section's plugin as an importable module."""
    return load(SECTIONS[request.param], f"plugin_of_{request.param}", monkeypatch)


def load(text, name, monkeypatch):
    """The only example of a text as an importable module."""
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(code, "docs/plugins.md", "exec"), vars(module))
    return module


def section(title):
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL).group(1)


def run(plugin, tmp_path, **settings):
    registry = ugcbench.Registry({"mine": plugin})
    given = {"model": "blind", "tasks": "ugc/tone", "dataset": "mini", **settings}
    return ugcbench.run(registry=registry, output=tmp_path / "run", **given)


@pytest.mark.parametrize("plugin", ["ugcbench_models"], indirect=True)
def test_the_model(plugin, tmp_path):
    result = run(plugin, tmp_path, model="frame-counter", options={"unit": "sec"}, limit=2)
    texts = [record.prediction.text for record in result.records()]
    assert all(re.fullmatch(r"\d+ frames, \d+\.\d sec of sound", text) for text in texts)


@pytest.mark.parametrize("plugin", ["ugcbench_tasks"], indirect=True)
def test_the_task(plugin, tmp_path):
    result = run(plugin, tmp_path, model="majority", tasks="mine/first_word")
    assert 0 < result.cells["mine/first_word"].value <= 1


@pytest.mark.parametrize("plugin", ["ugcbench_lifecycles"], indirect=True)
def test_the_lifecycle(plugin):
    registry = ugcbench.Registry({"mine": plugin})
    assert registry.lifecycles["openai/my-judge-2026-05-01"].shutdown.year == 2027


@pytest.mark.parametrize("plugin", ["ugcbench_datasets"], indirect=True)
def test_the_dataset(plugin, tmp_path):
    more = {"dataset": "countdown", "dataset_options": {"start": 5}, "tasks": "ugc/ocr"}
    assert run(plugin, tmp_path, **more).cells["ugc/ocr"].asked == 5


@pytest.mark.parametrize("plugin", ["ugcbench_executors"], indirect=True)
def test_the_executor(plugin, tmp_path):
    here = run(plugin, tmp_path / "here")
    there = run(plugin, tmp_path / "there", executor="turns", workers=3)
    records = [(result.path / "records.jsonl").read_bytes() for result in (here, there)]
    assert records[0] == records[1]


@pytest.mark.parametrize("plugin", ["ugcbench_commands"], indirect=True)
def test_the_command(plugin):
    group = click.Group("ugcbench")
    ugcbench.Registry({"mine": plugin}, installed=False).add_commands(group)
    assert CliRunner().invoke(group, ["greet", "you"]).output == "hello you\n"


@pytest.mark.parametrize("plugin", ["ugcbench_record"], indirect=True)
def test_the_listener_to_records(plugin, tmp_path, capsys):
    run(plugin, tmp_path, model="fake", options={"reply": "no idea"}, limit=1)
    assert "ugc/tone" in capsys.readouterr().out


@pytest.mark.parametrize("plugin", ["ugcbench_finished"], indirect=True)
def test_the_listener_to_summaries(plugin, tmp_path, capsys):
    run(plugin, tmp_path)
    assert "blind ugc/tone" in capsys.readouterr().out


@pytest.mark.parametrize("plugin", ["ugcbench_pictures"], indirect=True)
def test_the_pictures(plugin, tmp_path):
    shown = run(plugin, tmp_path, tasks="ugc/tone,ugc/ocr").path
    (picture,) = plugin.ugcbench_pictures([shown])
    assert picture.name == "average-1"
    assert picture.title.startswith("average ")
    assert picture.light.startswith(b"<svg ")
    assert picture.light != picture.dark


async def test_the_annotator(monkeypatch):
    plugin = load(section("An annotator"), "plugin_that_annotates", monkeypatch)
    registry = ugcbench.Registry({"mine": plugin})
    spec = registry.model("silence-detector")
    model = create(spec)
    replies = [
        json.loads((await model.generate(Subject(make=Fake).ask("?", clip))).text)
        for clip in (BLANK, SPOKEN.clip)
    ]
    await model.close()
    assert replies == [{"speakers": 0}, {}]


@pytest.fixture
def mine(monkeypatch):
    """The plugins of three sections as one module, as an author would have them."""
    module = types.ModuleType("ugcbench_mine")
    for name in ("ugcbench_models", "ugcbench_tasks", "ugcbench_datasets"):
        part = load(SECTIONS[name], f"part_{name}", monkeypatch)
        vars(module).update({k: v for k, v in vars(part).items() if not k.startswith("__")})
    monkeypatch.setitem(sys.modules, "ugcbench_mine", module)
    return module


KINDS = {"test_model": CONTRACT, "test_task": TASK_CONTRACT, "test_dataset": DATASET_CONTRACT}


@pytest.mark.parametrize(("kind", "promise"), [(k, p) for k in KINDS for p in KINDS[k]])
def test_the_proof(mine, monkeypatch, kind, promise):
    tests = load(section("Proving a plugin"), "tests_of_mine", monkeypatch)
    (mark,) = getattr(tests, kind).pytestmark
    assert list(mark.args[1]) == list(KINDS[kind])
    getattr(tests, kind)(promise)


def test_the_way_without_installing(mine, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    tried = load(section("Trying a plugin without installing it"), "trying", monkeypatch)
    assert tried.result.cells["ugc/tone"].asked == 12


def test_every_example_is_tried():
    sections = ["An annotator", "Proving a plugin", "Trying a plugin without installing it"]
    examples = [*SECTIONS.values(), *map(section, sections)]
    assert PAGE.count("```python") == len(examples)
    assert all(text.count("```python") == 1 for text in examples)
