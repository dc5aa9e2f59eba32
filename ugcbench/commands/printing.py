"""How does a text get to the terminal?

Everything that commands print goes through `echo`, because it may hold a caption, a file name or a
server's words.
"""

from __future__ import annotations

import click

from ugcbench.plaintext import escape
from ugcbench.redaction import hide_secrets


def echo(
    message: object = "", *, err: bool = False, nl: bool = True, fg: str | None = None
) -> None:
    """Print a text, in the colour `fg` if it is a terminal that shows it.

    What a terminal would obey is written out, and keys are hidden.
    """
    click.secho(escape(hide_secrets(str(message))), err=err, nl=nl, fg=fg)


def echo_invitation(message: str) -> None:
    """Print a text with the key of a page of ours: whoever is to open the page needs it."""
    click.secho(escape(message))
