"""Film the mini benchmark: `python -m tools.make_mini` in the root of the repository.

Needs `espeak-ng` and the font DejaVu Sans (`apt-get install espeak-ng fonts-dejavu-core`). The
same versions of these and of PyAV, NumPy, SciPy and Pillow give the same bytes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

import ugcbench_tasks.layout
from tools.make_mini.film import film
from tools.make_mini.gold import name_video, write_gold
from tools.make_mini.manifest import compare, write_manifest
from tools.make_mini.script import Script, load_scripts

SHIPPED = Path(ugcbench_tasks.layout.__file__).parent / "mini"


@click.command()
@click.option(
    "--output", type=click.Path(path_type=Path), default=SHIPPED, show_default="the wheel's"
)
@click.option("--only", multiple=True, help="Film only this clip, leave gold and manifest out.")
@click.option("--check", is_flag=True, help="Make all again elsewhere and compare the hashes.")
def main(output: Path, only: tuple[str, ...], check: bool) -> None:
    """Make the clips and the gold of the mini benchmark."""
    if check:
        differences = make_again(output)
        click.echo("\n".join(differences) or "the same bytes")
        raise SystemExit(1 if differences else 0)
    if only:
        shoot(select(only), output)
    else:
        make(output)


def make_again(shipped: Path) -> list[str]:
    """Make the dataset elsewhere; return how it differs from `shipped`."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        return compare(shipped, Path(folder))


def select(names: Sequence[str]) -> list[Script]:
    """Return the scripts of the clips `names`."""
    scripts = {script.id: script for script in load_scripts()}
    if unknown := set(names) - set(scripts):
        raise click.UsageError(f"no clip {', '.join(unknown)}; there are {', '.join(scripts)}")
    return [scripts[name] for name in names]


def make(folder: Path) -> None:
    """Make the whole dataset in `folder`."""
    scripts = load_scripts()
    shoot(scripts, folder)
    write_gold(scripts, folder)
    write_manifest(scripts, folder)


def shoot(scripts: Sequence[Script], folder: Path) -> None:
    """Film `scripts` below `folder`."""
    for script in scripts:
        path = folder / name_video(script)
        path.parent.mkdir(parents=True, exist_ok=True)
        film(script, path)
        click.echo(f"{path.stat().st_size // 1024:4} KiB  {path.name}  {script.title}", err=True)


if __name__ == "__main__":
    main()
