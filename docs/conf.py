"""How is the documentation built? By `make docs`, without network; every warning is an error."""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from typing_extensions import is_protocol

import ugcbench
from ugcbench import errors

QUOTED = re.compile(r"(?<![`:])`([^`]+)`(?!`)(\w?)")
"""Code in a docstring, and the letter that may follow it at once."""
SHORTER = (
    (re.compile(r"~?[\w.]*Annotated\[([\w |]+)(?:, [~\w.]+\((?:[^()]|\([^()]*\))*\))+\]"), r"\1"),
    (re.compile(r"= ([A-Z]\w+)\([^()]*\)"), r"= \1()"),
    (re.compile(r"<[^<>]*>|'(\w+ )\1{9,}'"), "..."),
)
"""Of signatures: a type's limits, which the docstring gives in words, and defaults that are none
to read.
"""

project = "ugcbench"
release = ugcbench.__version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["_build"]
highlight_language = "sh"
smartquotes = False
nitpicky = True

# Pages are Markdown that a code host shows as well: links lead to files, headings have its anchors.
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

autoclass_content = "class"
autodoc_default_options = {"members": True, "exclude-members": "model_config"}
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 110
# No broken links: what docstrings quote, the standard library and its like, type variables.
nitpick_ignore_regex = [("py:obj", ".*"), ("py:.*", r"(?!ugcbench\.).*|.*\.[A-Z]")]

templates_path: list[str] = []
html_theme = "furo"
html_title = "ugcbench"
html_logo = html_favicon = "../ugcbench/pages/house/icon.svg"
html_static_path = ["site"]
html_css_files = ["house.css"]
html_js_files = ["reach.js"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

# The colours of all our pages: ugcbench/pages/house/house.css.
_DAY = {
    "color-foreground-primary": "#1b1d21",
    "color-foreground-secondary": "#5b6068",
    "color-foreground-muted": "#5b6068",
    "color-foreground-border": "#85898f",
    "color-background-primary": "#ffffff",
    "color-background-secondary": "#f4f3ef",
    "color-background-hover": "#e3f1ef",
    "color-background-border": "#dcdad3",
    "color-brand-primary": "#0f6b66",
    "color-brand-content": "#0f6b66",
    "color-brand-visited": "#0f6b66",
    "color-inline-code-background": "#f4f3ef",
    "color-code-background": "#f4f3ef",
    "color-api-background": "#f4f3ef",
    "color-api-name": "#0f6b66",
    "color-api-pre-name": "#5b6068",
    "color-highlight-on-target": "#e3f1ef",
    "font-stack": (
        "system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif, "
        "'Apple Color Emoji', 'Segoe UI Emoji'"
    ),
    "font-stack--monospace": "ui-monospace, 'DejaVu Sans Mono', monospace",
}
_NIGHT = {
    "color-foreground-primary": "#e9e8e4",
    "color-foreground-secondary": "#a2a8b2",
    "color-foreground-muted": "#a2a8b2",
    "color-foreground-border": "#767d88",
    "color-background-primary": "#1e2126",
    "color-background-secondary": "#15171a",
    "color-background-hover": "#17312f",
    "color-background-border": "#343941",
    "color-brand-primary": "#4fc3b8",
    "color-brand-content": "#4fc3b8",
    "color-brand-visited": "#4fc3b8",
    "color-inline-code-background": "#15171a",
    "color-code-background": "#15171a",
    "color-api-background": "#15171a",
    "color-api-name": "#4fc3b8",
    "color-api-pre-name": "#a2a8b2",
    "color-highlight-on-target": "#17312f",
}
html_theme_options = {
    "light_css_variables": _DAY,
    "dark_css_variables": _NIGHT,
    "navigation_with_keys": True,
}


def setup(app: Sphinx) -> None:
    """Read docstrings as they are written, with code between single backticks."""
    app.connect("autodoc-process-docstring", _mark_code, priority=400)  # before napoleon's 500
    app.connect("autodoc-process-signature", _shorten_signature)


def _mark_code(
    app: Sphinx, what: str, name: str, documented: object, options: object, lines: list[str]
) -> None:
    lines[:] = QUOTED.sub(_as_role, "\n".join(lines)).split("\n")


def _as_role(found: re.Match[str]) -> str:
    """The code as a role that links it where it names something that is documented."""
    code = found[1]
    if code in ugcbench.__all__:
        target = f"{code} <ugcbench.{code}>"
    elif hasattr(errors, code):
        target = f"{code} <ugcbench.errors.{code}>"
    else:
        target = re.sub(r"([\\<])", r"\\\1", code)
    return f":py:obj:`{target}`" + (f"\\ {found[2]}" if found[2] else "")


def _shorten_signature(
    app: Sphinx,
    what: str,
    name: str,
    documented: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """None for a protocol class, which is never called."""
    if isinstance(documented, type) and is_protocol(documented):
        return "", None
    for pattern, shorter in SHORTER if signature else ():
        signature = pattern.sub(shorter, signature or "")
    return signature, returns
