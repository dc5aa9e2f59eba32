"""Does the doctor find what a machine lacks, without importing it?"""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

import pytest

from ugcbench import ModelSpec, Registry, hookimpl
from ugcbench.doctor.extras import find_missing
from ugcbench.doctor.graphics import check_gpus
from ugcbench.doctor.machine import check_decoder, check_disk, check_machine

PLANTED = "sk-planted-0123456789"


def registry_of(*specs):
    class Plugin:
        @hookimpl
        def ugcbench_models(self):
            return specs

    return Registry({"mine": Plugin()}, installed=False)


def model(**fields):
    return ModelSpec(**{"name": "m", "target": "m:M", "summary": "", **fields})


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts the metadata of a distribution where installed ones are found."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name, version="1.0", *requires, extras=()):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        lines = [f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {each}" for each in requires]
        lines += [f"Provides-Extra: {each}" for each in extras]
        (folder / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")

    return install


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """Puts a program in the place of the driver's own."""

    def driver(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return driver


def test_extras_are_looked_up_with_their_versions_and_inner_extras(install):
    install("left", "2.5")
    install("right", "1.0", 'inner>=3; extra == "deep"', "unasked", extras=["deep"])
    lines = ['left<2; extra == "x"', 'right[deep]; extra == "x"', 'absent; extra == "y"', "own"]
    lines.append('windows-only; sys_platform == "win32" and extra == "x"')
    install("adapter", "1.0", *lines, extras=["x", "y", "z-z"])
    assert find_missing("adapter", "x") == ["inner", "left<2 (installed: 2.5)"]
    assert find_missing("adapter", "y") == ["absent"]
    assert find_missing("adapter", "z_z") == []


def test_an_extra_or_a_distribution_that_is_not_there_is_missing(install):
    install("adapter", "1.0", extras=["x"])
    assert find_missing("adapter", "y") == [
        "adapter with an extra y (installed: 1.0, without)",
    ]
    assert find_missing("adopter", "x") == ["adopter"]


def test_every_extra_of_the_bundled_models_is_a_real_one():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    specs = Registry().models.values()
    extras = {each for spec in specs for each in (spec.extra, *spec.backends.values()) if each}
    assert extras <= set(project["optional-dependencies"])


def test_an_extra_that_lacks_something_says_what_to_type(install):
    install("adapter", "1.0", 'absent; extra == "x"', extras=["x"])
    spec = model(extra="x", distribution="adapter")
    for chosen, status in (([], "note"), ([spec], "warning")):
        checks = check_machine(registry_of(spec), chosen)
        (extra,) = [check for check in checks if check.name == "extra"]
        assert (extra.status, extra.fix) == (status, "pip install 'adapter[x]'")
        assert "absent" in extra.found


def test_keys_are_named_and_never_shown(monkeypatch):
    monkeypatch.delenv("FIRST_KEY", raising=False)
    monkeypatch.setenv("SECOND_KEY", PLANTED)
    either, first = model(keys=("FIRST_KEY", "SECOND_KEY")), model(name="n", keys=("FIRST_KEY",))
    checks = list(check_machine(registry_of(either, first)))
    assert [check.found for check in checks if check.name == "key"] == [
        "SECOND_KEY is set, for m",
        "FIRST_KEY is not set, for n",
    ]
    assert PLANTED not in str(checks)


def test_a_plugin_that_does_not_load_is_a_warning(install, tmp_path):
    install("wrecked")
    entry = tmp_path / "wrecked-1.0.dist-info" / "entry_points.txt"
    entry.write_text("[ugcbench]\nwrecked = wrecked_plugin\n")
    (tmp_path / "wrecked_plugin.py").write_text("raise OSError('no disk')\n")
    checks = check_machine(Registry())
    (broken,) = [check for check in checks if check.name == "plugins" and check.status != "ok"]
    assert "no disk" in broken.found
    assert broken.fix == "pip install --upgrade wrecked"
    sys.modules.pop("wrecked_plugin", None)


def test_the_decoder_is_tried_on_a_real_clip(tmp_path):
    fine = check_decoder()
    assert fine.status == "ok"
    assert "5.0 s of sound" in fine.found
    assert check_decoder(tmp_path / "none.mp4").status == "failed"


def test_a_clip_that_should_speak_and_does_not_fails():
    from ugcbench.doctor.probes import BLANK

    assert check_decoder(BLANK).status == "failed"


def test_the_disk_is_that_of_the_folder_to_be(tmp_path, monkeypatch):
    later = tmp_path / "not" / "yet"
    assert check_disk(later).status == "ok"
    monkeypatch.setattr("ugcbench.doctor.machine.LITTLE", 1 << 60)
    assert check_disk(later).status == "warning"
    assert not later.exists()


def test_gpus_are_listed_with_their_memory(driver, install):
    driver("echo 'H200, 143771, 143000'; echo 'H200, 143771, 9000'; echo 'GB10, [N/A], [N/A]'")
    install("torch", "9.9+cu130")
    one, other, shared = check_gpus()
    assert (one.status, one.found) == ("ok", "H200, 139.6 of 140.4 GiB free")
    assert (other.status, other.fix) == ("warning", "nvidia-smi")
    assert shared.status == "ok"


def test_a_torch_that_is_blind_to_the_gpu_is_told(driver, install):
    driver("echo 'H200, 143771, 143000'")
    install("torch", "9.9+cpu")
    _, torch = check_gpus()
    assert torch.status == "warning"
    assert "9.9+cpu" in torch.found


def test_a_driver_that_fails_is_told(driver):
    driver("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18")
    (check,) = check_gpus()
    assert check.status == "warning"
    assert "NVML" in check.found


def test_no_gpu_is_no_failure(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    (check,) = check_gpus()
    assert check.status == "note"
