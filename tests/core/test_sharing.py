"""Shared work goes on without those who leave, and fails in silence when nobody is left."""

from __future__ import annotations

import asyncio
import gc

import pytest

from ugcbench.sharing import join


async def test_a_caller_that_leaves_takes_nothing_from_the_others():
    work = asyncio.ensure_future(asyncio.sleep(0.01, "done"))
    leaving, staying = asyncio.create_task(join(work)), asyncio.create_task(join(work))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "done"
    assert leaving.cancelled()


async def test_a_failure_is_raised_for_everybody():
    work = asyncio.get_running_loop().create_future()
    callers = [asyncio.create_task(join(work)) for _ in range(3)]
    await asyncio.sleep(0)
    work.set_exception(ValueError("no"))
    assert {str(each) for each in await asyncio.gather(*callers, return_exceptions=True)} == {"no"}
    with pytest.raises(ValueError, match="no"):
        await join(work)


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_failure_of_which_nobody_is_left_to_hear_prints_nothing(at_once):
    loud = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: loud.append(context))
    work = asyncio.get_running_loop().create_future()
    caller = asyncio.create_task(join(work))
    await asyncio.sleep(0)
    caller.cancel()
    if not at_once:
        await asyncio.wait((caller,))
    work.set_exception(ValueError("no"))
    await asyncio.wait((caller,))
    assert caller.cancelled()
    work = caller = None
    gc.collect()
    await asyncio.sleep(0)
    assert loud == []
