"""Is what `ugcbench plugin new` writes clean and typed, do its tests pass, does it run?"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from ugcbench_scaffold.kinds import KINDS, LICENSES
from ugcbench_scaffold.names import LONGEST, Names
from ugcbench_scaffold.writing import make_files, write_files

LONG = Names("not-longer-than-24-chars")


def make(folder, name, *kinds, license_name="Apache-2.0"):
    names = name if isinstance(name, Names) else Names(name)
    write_files(folder / names.distribution, make_files(names, kinds, license_name))
    return folder / names.distribution


def run(folder, *arguments):
    environment = {**os.environ, "PYTHONPATH": ""}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """A package of each kind by itself."""
    folder = tmp_path_factory.mktemp("packages")
    return {kind: make(folder, f"one-{kind}", kind) for kind in KINDS}


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """A package of all kinds, with the longest name that is allowed."""
    return make(tmp_path_factory.mktemp("everything"), LONG, *KINDS)


def test_the_long_name_is_the_longest():
    assert len(LONG.short) == LONGEST


@pytest.mark.parametrize("kind", KINDS)
def test_its_tests_pass_at_once(packages, kind):
    assert re.search(r"\d+ passed", run(packages[kind], "pytest", "-p", "no:cacheprovider"))


def test_it_is_clean(packages, everything):
    for folder in (*packages.values(), everything):
        run(folder, "ruff", "check", "--no-cache", ".")
        run(folder, "ruff", "format", "--no-cache", "--check", ".")


def test_it_is_typed(packages, everything):
    modules = [next(folder.glob("ugcbench_*")) for folder in packages.values()]
    where = map(str, [*modules, everything])
    strict = ["--strict", "--config-file=", "--cache-dir=/dev/null"]
    assert "no issues" in run(everything, "mypy", *strict, *where)


def test_no_place_of_a_template_stays_open(tmp_path):
    for license_name in LICENSES:
        names, kinds = Names("whale"), list(KINDS)
        for path, text in make_files(names, kinds, license_name).items():
            assert not re.search(r"\$\{?[a-z_]+", text), path
            assert text.endswith("\n") or path.endswith("py.typed")


def test_it_is_installed_by_pip_and_runs(ugcbench, tmp_path):
    plugin = make(tmp_path, "whale", *KINDS)
    site = tmp_path / "site"
    pip = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    run(tmp_path, *pip, "--disable-pip-version-check", "--target", str(site), str(plugin))
    path = [site]
    assert "whale" in ugcbench("list", "models", path=path).stdout.split()
    plugins = json.loads(ugcbench("list", "plugins", "--format", "json", path=path).stdout)
    (mine,) = [info for info in plugins if info["name"] == "whale"]
    assert (mine["distribution"], mine["error"]) == ("ugcbench-whale", "")
    asked = ("--model", "whale", "--tasks", "whale/recall,ugc/caption", "--judge", "whale-judge")
    done = ugcbench("run", *asked, "--dataset", "mini", "--output", "run", "--quiet", path=path)
    assert done.returncode == 0, done.stderr
    told = ugcbench("whale", "run", path=path)
    assert "whale/recall  12 answers" in told.stdout, told.stderr
