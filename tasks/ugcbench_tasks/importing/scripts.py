"""Which prompts stand in the official scripts?

The scripts are parsed and never run. What looks like a judge's prompt or a question is kept beside
the run as provenance, with file and line; texts that look like keys are left out.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from ugcbench.store import replace_text

PROMPTS = "released_prompts.json"
SHORTEST = 80
WORDS = re.compile("score|rate|evaluate|judge|consistent|caption|video", re.IGNORECASE)
SECRET = re.compile(r"\b(sk|hf|AIza|ghp)[-_]?[A-Za-z0-9]{16,}")


def write_prompts(directory: Path, run: Path) -> None:
    """Write the prompts of the scripts below `directory` into the run, if there are any."""
    found = [prompt for file in sorted(directory.rglob("*.py")) for prompt in read_prompts(file)]
    for prompt in found:
        prompt["file"] = str(Path(str(prompt["file"])).relative_to(directory))
    if found:
        replace_text(run / PROMPTS, json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def read_prompts(file: Path) -> Iterator[dict[str, object]]:
    """File, line, text and its SHA-256 of every long text in a script that reads like a prompt.

    A place that the script fills in is written as `{expression}`. A script that is no Python gives
    none.
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        return
    inside: set[int] = set()
    for node in ast.walk(tree):
        if id(node) in inside or not isinstance(node, ast.Constant | ast.JoinedStr):
            continue
        inside.update(map(id, ast.walk(node)))
        text = _text(node)
        if len(text) >= SHORTEST and WORDS.search(text) and not SECRET.search(text):
            sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            yield {"file": str(file), "line": node.lineno, "sha256": sha256, "text": text}


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    parts = (
        part.value if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )
    return "".join(map(str, parts))
