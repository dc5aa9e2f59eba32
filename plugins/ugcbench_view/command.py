"""How is `ugcbench view` typed?"""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ugcbench.commands.options import quiet_option
from ugcbench.commands.printing import echo, echo_invitation
from ugcbench.errors import MissingExtraError
from ugcbench.plugins import Registry

if TYPE_CHECKING:
    from ugcbench_view.compiling import View
    from ugcbench_view.exporting import MediaWanted

EXTRA = ("starlette", "uvicorn")


@click.command(short_help="Look at the samples of runs.")
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="RUN...",
)
@click.option("--tasks", metavar="A,B", help="Only these, such as ugc/caption.")
@click.option(
    "--export",
    "exported",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the page into a folder, to be opened from there or put on any web server.",
)
@click.option(
    "--media",
    type=click.Choice(["copy", "link", "frames", "none"]),
    default="copy",
    show_default=True,
    help="What an export takes of the clips: copies; hard links, which take no space; "
    "only frames and waveforms; or nothing.",
)
@click.option(
    "--videos",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder of the clips, named by their ids, where the datasets know none.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help="To serve at; by default, any free one.",
)
@click.option("--browser/--no-browser", default=True, help="Open the page that is served.")
@quiet_option
@click.pass_obj
def view(
    registry: Registry,
    runs: tuple[Path, ...],
    *,
    tasks: str | None,
    exported: Path | None,
    media: MediaWanted,
    videos: Path | None,
    port: int,
    browser: bool,
    quiet: bool,
) -> None:
    """Look at the samples of finished runs, side by side.

    Each sample is shown with its clip, the frames that the model saw, the sound, the prompt, the
    answers, the reference and the judge's verdicts. The page is served on this machine until
    Ctrl-C, or written into a folder.

    \b
    Examples:
      ugcbench view runs/mine
      ugcbench view runs/mine runs/other --tasks ugc/caption
      ugcbench view runs/mine --export shown      # then open shown/index.html
    """
    from ugcbench_view.compiling import compiled
    from ugcbench_view.exporting import check_export
    from ugcbench_view.reading import opened

    if exported is not None:
        check_export(exported)
    else:
        _require_server()
    chosen = [name.strip() for name in tasks.split(",")] if tasks else []
    with opened(runs) as files, compiled(files, registry, chosen, videos) as found:
        _tell(found)
        if exported is not None:
            _export(found, exported, media, quiet=quiet)
        else:
            _serve(found, port, browser=browser)


def _require_server() -> None:
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"serving the page needs {', '.join(missing)}: pip install 'ugcbench[view]'; "
            "--export DIR needs nothing more"
        )


def _tell(found: View) -> None:
    """Say what can't be shown, once."""
    for text in dict.fromkeys(told for known in found.questions for told in known.told):
        echo(f"note: {text}", err=True)


def _export(found: View, folder: Path, media: MediaWanted, *, quiet: bool) -> None:
    from ugcbench.commands.notices import watch
    from ugcbench_view.exporting import export, weigh, weigh_export

    if media == "copy" and found.has_clips:
        echo(f"the clips take {_megabytes(weigh(found))} of the export (--media)", err=True)
    with watch(quiet=quiet) as bars:

        def begin(total: int) -> Callable[[], None]:
            bars.begin("clips", total)
            return bars.step

        export(found, folder, media, begin)
    echo(f"{folder / 'index.html'}: {_megabytes(weigh_export(folder))}")


def _serve(found: View, port: int, *, browser: bool) -> None:
    from ugcbench.pages.serving import serve
    from ugcbench_view.compiling import write_page
    from ugcbench_view.exporting import NO_CLIPS
    from ugcbench_view.serving import Pages

    with _ended_by_exit(), tempfile.TemporaryDirectory(prefix="ugcbench-view-") as folder:
        page = Path(folder) / "page"
        write_page(found, page, *(("clips", None) if found.has_clips else ("none", NO_CLIPS)))
        serve(Pages(found, page).build(), port=port, told=partial(_invite, browser=browser))


@contextlib.contextmanager
def _ended_by_exit() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the process by an exit, so that temporary folders are
    removed. The server has its own way to stop at SIGTERM, and comes back to ours afterwards.
    """
    ways: dict[int, Callable[[int, object], object]]
    ways = {signal.SIGTERM: lambda number, _: sys.exit(128 + number)}
    if hasattr(signal, "SIGHUP"):  # Windows has none
        ways[signal.SIGHUP] = lambda *_: signal.raise_signal(signal.SIGTERM)
    before = {number: signal.signal(number, way) for number, way in ways.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _invite(address: str, *, browser: bool) -> None:
    echo_invitation(f"{address}\nCtrl-C ends the server")
    if browser:
        click.launch(address)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
