"""Whatever stops a run, the last words say how to go on."""

from __future__ import annotations

import errno

import click
import pytest

from ugcbench.commands.run import watched


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("can't start new thread"), OSError(errno.EIO, "I/O")]
)
def test_also_an_error_that_nobody_expected(tmp_path, capsys, error):
    (tmp_path / "run.json").write_text("{}")

    def work(bars):
        bars.opened(tmp_path)
        raise error

    with pytest.raises(type(error)):
        watched(work, quiet=True)
    assert f"go on with: ugcbench run --resume {tmp_path}" in capsys.readouterr().err


def test_a_run_that_was_not_begun_is_not_gone_on_with(tmp_path, capsys):
    def work(bars):
        bars.opened(tmp_path)
        raise KeyboardInterrupt

    with pytest.raises(click.exceptions.Exit):
        watched(work, quiet=True)
    assert capsys.readouterr().err == "interrupted\n"
