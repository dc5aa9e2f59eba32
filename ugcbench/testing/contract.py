"""Does an adapter keep what a `Model` promises?

One line is a whole test module, which makes each promise a test of its own:

    test_contract = contract_tests(Subject(make=MyModel))

`contract_tests` needs pytest, `check_promise` does not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager

from ugcbench.testing.promises import CONTRACT
from ugcbench.testing.subjects import NotApplicableError, Subject


def contract_tests(subject: Subject | Callable[[], AbstractContextManager[Subject]]) -> object:
    """A pytest function, parametrised over the promises; assign it to a name that pytest collects.

    Give a function that makes a context manager of a subject where one needs a server or a file.
    """
    import pytest

    @pytest.mark.parametrize("promise", CONTRACT)
    def test(promise: str) -> None:
        one = contextlib.nullcontext(subject) if isinstance(subject, Subject) else subject()
        try:
            with one as ready:
                asyncio.run(check_promise(ready, promise))
        except NotApplicableError as error:
            pytest.skip(str(error))

    return test


async def check_promise(subject: Subject, promise: str) -> None:
    """Check one promise by name.

    Raises `BrokenPromiseError`, or `NotApplicableError` if the subject skips it.
    """
    if promise in subject.skip:
        raise NotApplicableError(subject.skip[promise])
    await CONTRACT[promise](subject)
