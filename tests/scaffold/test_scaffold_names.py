"""Which names does `ugcbench plugin new` take, and what does it refuse to write over?"""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from ugcbench import Registry
from ugcbench.errors import UsageError
from ugcbench.version import __version__
from ugcbench_scaffold.command import plugin
from ugcbench_scaffold.kinds import KINDS
from ugcbench_scaffold.names import LONGEST, check_free, read_name
from ugcbench_scaffold.writing import fitting_versions


@pytest.fixture(scope="module")
def registry():
    return Registry()


def type_new(*arguments, registry, **more):
    group = click.Group("ugcbench", commands=[plugin, click.Command("run")])
    return CliRunner().invoke(group, ["plugin", "new", *map(str, arguments)], obj=registry, **more)


@pytest.mark.parametrize("typed", ["whale-song", "Whale_Song", "whale.song", "ugcbench-whale-song"])
def test_all_names_follow_from_the_short_one(typed):
    names = read_name(typed)
    assert names.short == "whale-song"
    assert names.distribution == "ugcbench-whale-song"
    assert names.package == "ugcbench_whale_song"
    assert names.class_name == "WhaleSong"


WRONG = [
    *("", " ", "-", "3d", "a b", "whale/song", "../whale", "wal\N{LATIN SMALL LETTER SHARP S}"),
    *("ugcbench", "ugcbench-", "whale\n", "$name", "--kind", "x" * (LONGEST + 1)),
]


@pytest.mark.parametrize("typed", WRONG)
def test_what_can_be_no_name_is_refused(typed):
    with pytest.raises(UsageError, match="name"):
        read_name(typed)


@given(st.text())
def test_any_text_is_a_name_or_refused(typed):
    try:
        names = read_name(typed)
    except UsageError:
        return
    assert names.package.isidentifier()
    assert names.package.isascii()
    assert f"{names.class_name}Model".isidentifier()


@pytest.mark.parametrize(
    ("name", "kind", "taken"),
    [
        ("ray", "model", "a package ugcbench_ray is installed"),
        ("fake", "model", "a model 'fake'"),
        ("gemini", "model", "a model 'gemini'"),
        ("run", "command", "a command `ugcbench run`"),
    ],
)
def test_what_is_installed_is_not_taken_again(registry, name, kind, taken):
    with pytest.raises(UsageError, match=f"{taken}.* already; take another name"):
        check_free(read_name(name), [kind], registry, {"run"})
    assert isinstance(type_new(name, "--kind", kind, registry=registry).exception, UsageError)


def test_an_entry_point_of_that_name_counts_as_well():
    registry = Registry({"whale": object()}, installed=False)
    with pytest.raises(UsageError, match="a plugin 'whale' is installed"):
        check_free(read_name("whale"), list(KINDS), registry, ())


def test_one_name_may_serve_several_kinds(registry):
    check_free(read_name("run"), ["model", "task", "dataset", "judge"], registry, {"run"})


def test_what_is_there_is_left_alone(registry, tmp_path):
    (tmp_path / "ugcbench-whale").mkdir()
    (tmp_path / "ugcbench-link").symlink_to(tmp_path / "nowhere")
    for name in ("whale", "link"):
        done = type_new(name, "--output", tmp_path, registry=registry)
        assert isinstance(done.exception, UsageError)
        assert "is there already" in str(done.exception)
    assert list((tmp_path / "ugcbench-whale").iterdir()) == []
    assert not (tmp_path / "nowhere").exists()


def test_it_says_what_it_wrote_and_what_comes_next(registry, tmp_path):
    done = type_new("whale", "--license", "MIT", "--output", tmp_path / "new", registry=registry)
    assert done.exit_code == 0, done.exception
    folder = tmp_path / "new" / "ugcbench-whale"
    assert f"wrote {folder}: 9 files, under MIT" in done.output
    for line in (f"cd {folder}", "python -m pytest", "pip install -e .", "--model whale"):
        assert line in done.output
    assert "the authors of ugcbench-whale" in (folder / "LICENSE").read_text()
    assert 'license = "MIT"' in (folder / "pyproject.toml").read_text()


def test_a_plugin_fits_this_version_and_no_later_series():
    assert __version__ in SpecifierSet(fitting_versions(), prereleases=True)
    assert fitting_versions("0.3.2") == ">=0.3.2,<0.4"
    assert fitting_versions("2.3.1") == ">=2.3.1,<3"
