"""How do pages of ours look, and who may open them? Used by every plugin that shows some.

`house/` holds the style sheet and the icon that all pages share; `guard` and `serving` need
starlette and uvicorn, which the plugins bring by their extras.
"""

from __future__ import annotations

from pathlib import Path

HOUSE = Path(__file__).parent / "house"
"""The folder of the style sheet and the icon: `house.css`, `icon.svg`."""
