"""A plugin that was made for another version of ugcbench is listed with a clear error."""

from __future__ import annotations

from importlib.metadata import Distribution

import pytest

from ugcbench.compatibility import check_requirement
from ugcbench.errors import IncompatiblePluginError


def install(site, *requires):
    """What pip leaves of a plugin with these requirements."""
    folder = site / "ugcbench_whale-1.0.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", "Name: ugcbench-whale", "Version: 1.0"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    (folder / "METADATA").write_text("\n".join(lines) + "\n")
    (folder / "entry_points.txt").write_text("[ugcbench]\nwhale = whale_plugin\n")
    (site / "whale_plugin.py").write_text(
        "from ugcbench import ModelSpec, hookimpl\n\n\n@hookimpl\ndef ugcbench_models():\n"
        "    yield ModelSpec(name='whale', target='whale_plugin:x', summary='sings')\n"
    )
    return Distribution.at(folder)


@pytest.mark.parametrize(
    ("requires", "version"),
    [
        ((), "9.9"),
        (("numpy>=1",), "9.9"),
        (("ugcbench",), "9.9"),
        (("ugcbench>=0.1,<0.2",), "0.1.7"),
        (("ugcbench>=0.1.0.dev0,<0.2",), "0.1.0.dev0"),
        (("ugcbench[gemini]>=0.1; python_version >= '3'",), "0.1"),
        (("ugcbench<0.1; extra == 'old'",), "0.1"),
    ],
)
def test_what_fits_passes(tmp_path, requires, version):
    check_requirement(install(tmp_path, *requires), version)


@pytest.mark.parametrize(
    ("requirement", "version"),
    [("ugcbench>=0.3", "0.2.9"), ("UGCBench<0.2,>=0.1", "0.2"), ("ugcbench>=0.1", "0.1.0.dev0")],
)
def test_what_does_not_fit_says_so(tmp_path, requirement, version):
    wanted = rf"it needs ugcbench.*this is {version}; try: pip install --upgrade ugcbench-whale"
    with pytest.raises(IncompatiblePluginError, match=wanted):
        check_requirement(install(tmp_path, "numpy", requirement), version)


def test_such_a_plugin_is_listed_and_stops_nothing(ugcbench, tmp_path):
    install(tmp_path / "site", "ugcbench>=99")
    path = [tmp_path / "site"]
    listed = ugcbench("list", "plugins", path=path).stdout
    assert "IncompatiblePluginError: it needs ugcbench>=99, and this is" in listed
    assert "signal-baseline" in ugcbench("list", "models", path=path).stdout
    asked = ugcbench("run", "--model", "whale", "--dataset", "mini", path=path)
    assert "could not be loaded" in asked.stderr


def test_one_that_fits_is_loaded(ugcbench, tmp_path):
    install(tmp_path / "site", "ugcbench>=0.0.1.dev0")
    assert "whale" in ugcbench("list", "models", path=[tmp_path / "site"]).stdout
