"""What happens when somebody types `ugcbench`?

Commands are small modules in `ugcbench.commands`; plugins add theirs by the hook
`ugcbench_commands`. Results go to stdout, progress and notices to stderr.
"""

from __future__ import annotations

import gc
import io
import os
import sys

import click

from ugcbench.commands import compare, completion, doctor, judges, names, protocols, run, verify
from ugcbench.commands.printing import echo
from ugcbench.errors import UgcbenchError
from ugcbench.plaintext import join_lines
from ugcbench.plugins import Registry
from ugcbench.version import __version__

INTERRUPTED = 130
TRACEBACK = "UGCBENCH_TRACEBACK"
"""The environment variable that lets an unexpected error through, with where it came from."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="ugcbench")
def ugcbench() -> None:
    """Evaluate models that watch and listen to short videos, with numbers that can be compared.

    \b
    Start with:
      ugcbench run --model signal-baseline --dataset mini --judge lexical
    """


for command in (
    *run.COMMANDS,
    *compare.COMMANDS,
    *names.COMMANDS,
    *judges.COMMANDS,
    *protocols.COMMANDS,
    *doctor.COMMANDS,
    *verify.COMMANDS,
    *completion.COMMANDS,
):
    ugcbench.add_command(command)


def main() -> None:
    """Run the command line and exit with one of the codes that `ugcbench run --help` explains."""
    # Imports make hundreds of thousands of objects that stay: searching them for garbage at the
    # usual rate takes a tenth of a short run.
    gc.set_threshold(50_000, 20, 100)
    try:
        registry = Registry()
        registry.add_commands(ugcbench)
        sys.exit(ugcbench(obj=registry, prog_name="ugcbench", standalone_mode=False))
    except click.ClickException as error:
        error.show(said := io.StringIO())
        echo(said.getvalue(), err=True, nl=False)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # `| head` has read enough; at exit Python would write once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except UgcbenchError as error:
        echo(f"error: {error}", fg="red", err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        echo(f"error: {_tell(error)}", fg="red", err=True)
        sys.exit(1)


def _tell(error: Exception) -> str:
    """What the system refused, or a defect, in one line."""
    if isinstance(error, OSError) and error.filename is not None:
        return join_lines(f"{error.filename}: {error.strerror}")
    if isinstance(error, MemoryError) or "can't start new thread" in str(error):
        return "there is no more memory; a smaller --concurrency needs less"
    what = join_lines(f"{type(error).__name__}: {error}")
    return f"{what}; a defect of ugcbench or of a plugin, {TRACEBACK}=1 shows where it is"
