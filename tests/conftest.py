"""Shared by all tests: a tiny benchmark that needs neither media nor an installed plugin."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from processes import run_to_end

# A shell starts its background jobs with Ctrl-C ignored, and so would be every program run here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
ROOT = Path(__file__).parent.parent
EXAMPLE = Path(__file__).parent / "plugin_example"
SHIMS = Path(__file__).parent / "shims"
"""On the path of tests and of the processes that they start; see `torchvision_shim`."""

sys.path.insert(0, str(SHIMS))
importlib.import_module("torchvision_shim").install()


@pytest.fixture(scope="session")
def example_site(tmp_path_factory):
    """A folder into which the example plugin was installed by pip, as a user would."""
    site = tmp_path_factory.mktemp("site")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    install += ["--no-build-isolation", "--disable-pip-version-check", "--target", str(site)]
    subprocess.run([*install, str(EXAMPLE)], check=True)
    return site


@pytest.fixture
def ugcbench(tmp_path):
    """Runs the command line in an own process and folder; returns the completed process."""

    def call(*arguments, cwd=tmp_path, path=(), timeout=120, **environment):
        own = {
            "UGCBENCH_HOME": str(tmp_path / "home"),
            "PYTHONPATH": os.pathsep.join(map(str, [SHIMS, *path])),
        }
        environment = {**os.environ, **own, **environment}
        command = [sys.executable, "-m", "ugcbench", *map(str, arguments)]
        return run_to_end(command, cwd=cwd, env=environment, timeout=timeout)

    return call
