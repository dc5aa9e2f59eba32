"""Does a model, a task or a dataset keep what all of its kind promise?

One line is a whole test module, which makes each promise a test of its own:

    test_contract = contract_tests(Subject(make=MyModel))
    test_contract = contract_tests(TaskSubject(make=my_task, dataset="mini"))
    test_contract = contract_tests(DatasetSubject(make=MyDataset))

`contract_tests` needs pytest, `check_promise` does not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from ugcbench.testing.dataset_promises import DATASET_CONTRACT
from ugcbench.testing.promises import CONTRACT
from ugcbench.testing.subjects import DatasetSubject, NotApplicableError, Subject, TaskSubject
from ugcbench.testing.task_promises import TASK_CONTRACT

AnySubject = Subject | TaskSubject | DatasetSubject
Opening = Callable[[], AbstractContextManager[AnySubject]]
"""Makes a context manager of a subject, where one needs a server or a file around it."""


def contract_tests(
    subject: AnySubject | Opening, contract: Mapping[str, object] | None = None
) -> Callable[[str], None]:
    """A pytest function, parametrised over the promises; assign it to a name that pytest collects.

    With an `Opening`, `contract` says of what: `TASK_CONTRACT` or `DATASET_CONTRACT`; by default
    it opens a model's subject.
    """
    import pytest

    @pytest.mark.parametrize("promise", contract or _promises_to(subject))
    def test(promise: str) -> None:
        one = contextlib.nullcontext(subject) if isinstance(subject, AnySubject) else subject()
        try:
            with one as ready:
                asyncio.run(check_promise(ready, promise))
        except NotApplicableError as error:
            pytest.skip(str(error))

    return test


async def check_promise(subject: AnySubject, promise: str) -> None:
    """Check one promise by name.

    Raises `BrokenPromiseError`, or `NotApplicableError` if the subject skips it.
    """
    if promise in subject.skip:
        raise NotApplicableError(subject.skip[promise])
    match subject:
        case TaskSubject():
            await TASK_CONTRACT[promise](subject)
        case DatasetSubject():
            await DATASET_CONTRACT[promise](subject)
        case Subject():
            await CONTRACT[promise](subject)


def _promises_to(subject: AnySubject | Opening) -> Mapping[str, object]:
    match subject:
        case TaskSubject():
            return TASK_CONTRACT
        case DatasetSubject():
            return DATASET_CONTRACT
    return CONTRACT
