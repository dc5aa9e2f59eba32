"""How do data become a script that a page may load from a disk?"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from ugcbench_view.shapes import CALLED

QUOTED = {"\\": r"\\", "'": r"\'", "\u2028": r"\u2028", "\u2029": r"\u2029"}
"""What a JavaScript string in single quotes can't hold as it is, of what JSON holds."""


def compose_script(name: str, value: BaseModel) -> bytes:
    """A call with the name and the value.

    The value goes through `JSON.parse`, which is faster than a literal and takes `__proto__` for a
    name like any other.
    """
    text = value.model_dump_json()
    for character, written in QUOTED.items():
        text = text.replace(character, written)
    return f"{CALLED}('{name}', JSON.parse('{text}'));\n".encode()


def write_script(data: Path, name: str, value: BaseModel) -> None:
    """Write `data/NAME.js`."""
    file = data / f"{name}.js"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(compose_script(name, value))
