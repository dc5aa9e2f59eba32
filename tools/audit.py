"""Which of the pinned dependencies have known vulnerabilities?

    python tools/audit.py

Asks the package index by pip-audit, from an environment of its own, and exits with 1 if it knows of
any that is not accepted below. How many pins were looked at is counted: where the index can't be
asked, or knows none of them, nothing was audited, which is said and fails nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PINS = ROOT / "constraints.txt"
INDEX = "https://pypi.org/pypi"
SECONDS = 10
ACCEPTED: Mapping[str, str] = {}
"""Vulnerabilities that don't concern us: their identifier, and why."""


def main() -> int:
    """Audit the pins; returns the exit code."""
    name, _, version = first_pin().partition("==")
    # Some mirrors have a page for each package and none for a version, where pip-audit looks.
    if not is_reachable(f"{INDEX}/{name}/{version}/json"):
        print(f"not audited: {INDEX} doesn't say from here what it knows about {name} {version}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        install = [python, "-m", "pip", "install", "--quiet", "pip-audit>=2.7,<3"]
        if subprocess.run(install, check=False).returncode:
            print("not audited: pip-audit can't be installed from here")
            return 0
        command = [python, "-m", "pip_audit", *arguments()]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        print("not audited: pip-audit gave no report; what stopped it stands above")
        return 0
    text, code = summarize(report)
    print(text)
    return code


def summarize(report: Mapping[str, Any]) -> tuple[str, int]:
    """What pip-audit's report comes to in words, and the exit code."""
    packages = report["dependencies"]
    looked_at = [package for package in packages if "skip_reason" not in package]
    if not looked_at:
        return f"not audited: the index knows none of the {len(packages)} pins", 0
    found = [
        f"{package['name']} {package['version']}: {each['id']}, mended in "
        f"{', '.join(each['fix_versions']) or 'no version yet'}"
        for package in looked_at
        for each in package["vulns"]
        if not {each["id"], *each.get("aliases", ())} & ACCEPTED.keys()
    ]
    counts = f"audited {len(looked_at)} of {len(packages)} pins: {len(found)} vulnerabilities"
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    unknown = [f"not audited, unknown to the index: {', '.join(skipped)}"] if skipped else []
    return "\n".join([counts, *found, *unknown]), int(bool(found))


def first_pin() -> str:
    """The first line of the constraints that names a package."""
    lines = PINS.read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if "==" in line)


def arguments() -> list[str]:
    """What pip-audit is told: the pins as they are, without resolving them anew."""
    quiet = ["--progress-spinner", "off", "--format", "json"]
    return ["--requirement", str(PINS), "--no-deps", "--disable-pip", *quiet]


def is_reachable(url: str) -> bool:
    """Whether the index answers with what it knows about vulnerabilities."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as reply:
            return "vulnerabilities" in json.load(reply)
    except (OSError, ValueError):
        return False


if __name__ == "__main__":
    sys.exit(main())
