"""What the repository says of itself stays true."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ugcbench import Registry
from ugcbench.plugins import load_target

ROOT = Path(__file__).parent.parent
SHELVES = ("tasks", "model_adapters", "leaderboard", "plugins")
PACKAGES = (
    "ugcbench",
    "tasks/ugcbench_tasks",
    "model_adapters/ugcbench_models",
    "leaderboard/ugcbench_leaderboard",
    "plugins/ugcbench_judging",
    "plugins/ugcbench_train",
    "plugins/ugcbench_curate",
    "plugins/ugcbench_ray",
    "plugins/ugcbench_scaffold",
)
FRAMEWORKS = {"torch", "transformers", "vllm", "datasets", "trl", "ray"}


def test_the_generated_tables_of_the_docs_are_up_to_date():
    tool = ROOT / "tools" / "update_readme.py"
    subprocess.run([sys.executable, str(tool), "--check"], check=True)


def test_links_in_the_readme_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_shelves_are_no_packages():
    assert not [shelf for shelf in SHELVES if (ROOT / shelf / "__init__.py").exists()]


def test_files_stay_short():
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    assert [file.name for file in files if len(file.read_text().splitlines()) > 400] == []


SPECS = [*Registry().tasks.values(), *Registry().models.values(), *Registry().datasets.values()]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_target_resolves_without_a_framework(spec):
    if spec.extra == "baseline":
        pytest.importorskip("rapidocr", reason="needs the extra [baseline]")
    if spec.extra == "openai":
        pytest.importorskip("openai", reason="needs the extra [openai]")
    before = set(sys.modules)
    assert callable(load_target(spec))
    assert not {name.partition(".")[0] for name in set(sys.modules) - before} & FRAMEWORKS
