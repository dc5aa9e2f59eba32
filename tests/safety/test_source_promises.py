"""What the source of every package keeps to: no pickle, no eval, no shell, no archive, no markup
by hand, and one gate to the terminal.
"""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(
    folder.parent
    for folder in (
        ROOT / "ugcbench" / "__init__.py",
        *(file for shelf in ("tasks", "model_adapters", "leaderboard", "plugins")
          for file in (ROOT / shelf).glob("ugcbench_*/__init__.py")),
    )
)  # fmt: skip
FILES = sorted(file for package in PACKAGES for file in package.rglob("*.py"))
FORBIDDEN_MODULES = {
    *("pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "jsonpickle"),
    *("zipfile", "tarfile", "gzip", "bz2", "lzma", "xml", "pty", "commands", "telnetlib", "ftplib"),
}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "shutil.unpack_archive"),
    *("yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "torch.load"),
    *("tempfile.mktemp", "markupsafe.Markup", "Markup", "logging.basicConfig"),
}
UNSAFE_KEYWORDS = {"shell": True, "allow_pickle": True, "verify": False, "use_safetensors": False}
TRUSTING = {"minicpm_o_engine.py", "vllm_minicpm_o.py"}
"""The adapters of a model that is nothing but its own code; they refuse before they load it."""


def name_of(node):
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def calls(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def where(file, node):
    return f"{file.relative_to(ROOT)}:{node.lineno}"


def test_all_packages_are_looked_at():
    assert len(PACKAGES) >= 7
    assert len(FILES) > 200


def test_nothing_that_runs_or_unpacks_foreign_bytes_is_imported():
    found = [
        (str(file.relative_to(ROOT)), name)
        for file in FILES
        for name in imports(ast.parse(file.read_text(encoding="utf-8")))
        if name.partition(".")[0] in FORBIDDEN_MODULES
    ]
    assert found == []


def test_nothing_is_evaluated_and_no_archive_is_unpacked():
    found = [
        (where(file, call), name_of(call.func))
        for file in FILES
        for call in calls(file)
        if name_of(call.func) in FORBIDDEN_CALLS
    ]
    assert found == []


def test_no_call_switches_a_protection_off():
    found = [
        (where(file, call), keyword.arg)
        for file in FILES
        for call in calls(file)
        for keyword in call.keywords
        if keyword.arg in UNSAFE_KEYWORDS
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is UNSAFE_KEYWORDS[keyword.arg]
    ]
    assert found == []


def test_only_a_model_that_is_its_own_code_is_trusted_by_name():
    found = {
        file.name
        for file in FILES
        for call in calls(file)
        for keyword in call.keywords
        if keyword.arg == "trust_remote_code"
        and isinstance(keyword.value, ast.Constant)
        and keyword.value.value is not False
    }
    assert found <= TRUSTING


def test_weights_are_asked_for_as_safetensors():
    loaders = [
        (where(file, call), {keyword.arg for keyword in call.keywords})
        for file in FILES
        if file.parent.name == "local" and "testing" not in file.parts
        for call in calls(file)
        if name_of(call.func).endswith(".from_pretrained")
        and "dtype" in {keyword.arg for keyword in call.keywords}
    ]
    assert loaders
    assert [place for place, given in loaders if "use_safetensors" not in given] == []


def test_templates_escape_what_is_put_into_them():
    makers = [
        call for file in FILES for call in calls(file)
        if name_of(call.func).endswith("Environment") and "jinja2" in name_of(call.func)
    ]  # fmt: skip
    assert makers
    for call in makers:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        assert isinstance(given["autoescape"], ast.Constant)
        assert given["autoescape"].value is True
    for package in PACKAGES:
        for page in package.rglob("*.html"):
            text = page.read_text(encoding="utf-8")
            assert "|safe" not in text.replace(" ", "")
            assert "autoescape false" not in text


def test_servers_of_pages_and_tests_listen_on_loopback():
    for file in FILES:
        assert "0.0.0.0" not in file.read_text(encoding="utf-8"), file
    serving = importlib.import_module("ugcbench.pages.serving")
    assert serving.LOOPBACK == "127.0.0.1"


PRINTING = ROOT / "ugcbench" / "commands" / "printing.py"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_everything_printed_goes_through_one_gate(package):
    found = [
        where(file, call)
        for file in FILES
        if package in file.parents and file != PRINTING
        for call in calls(file)
        if name_of(call.func) in ("print", "click.echo", "click.secho", "echo_via_pager")
    ]
    assert found == []
