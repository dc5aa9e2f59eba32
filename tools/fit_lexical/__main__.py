"""Fit the offline judge: `python -m tools.fit_lexical CHECKOUT` in the root of the repository.

CHECKOUT is a checkout of the benchmark's official repository with its recorded results. Needs the
extra `judging`; takes about two minutes.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import click

import ugcbench_models.lexical
from tools.fit_lexical.recipe import follow

SHIPPED = Path(ugcbench_models.lexical.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "lexical.md"


@click.command()
@click.argument("checkout", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--version",
    default=lambda: datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    show_default="today",
    help="Date that names the coefficients in every verdict.",
)
@click.option("--output", type=click.Path(path_type=Path), default=SHIPPED, show_default="shipped")
@click.option("--page", type=click.Path(path_type=Path), default=PAGE, show_default="docs")
def main(checkout: Path, version: str, output: Path, page: Path) -> None:
    """Write coefficients.json and calibration.json, and the page about them."""
    for path in follow(checkout, version, output, page):
        click.echo(f"{path.stat().st_size / 1000:6.1f} kB  {path}")


if __name__ == "__main__":
    main()
