"""What happens when somebody types `ugcbench`?

Commands are small modules in `ugcbench.commands`; plugins add theirs by the hook
`ugcbench_commands`. Results go to stdout, progress and notices to stderr.
"""

from __future__ import annotations

import gc
import sys

import click

from ugcbench.commands import compare, completion, doctor, judges, names, protocols, run, verify
from ugcbench.errors import UgcbenchError
from ugcbench.plugins import Registry
from ugcbench.version import __version__

INTERRUPTED = 130


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
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except UgcbenchError as error:
        click.secho(f"error: {error}", fg="red", err=True)
        sys.exit(error.exit_code)
