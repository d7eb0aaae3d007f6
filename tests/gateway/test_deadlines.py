"""Time limits: what they end, and what they leave alone."""

import asyncio

import pytest

from gateway.deadlines import Deadlines


async def test_what_runs_too_long_times_out() -> None:
    deadlines = Deadlines(0.01)
    with pytest.raises(TimeoutError), deadlines.one():
        await asyncio.Event().wait()
    with deadlines.one():
        pass


async def test_each_has_its_own_time() -> None:
    deadlines, started = Deadlines(0.05), asyncio.Event()

    async def hang() -> str:
        try:
            with deadlines.one():
                started.set()
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"
        return "never"

    hanging = asyncio.create_task(hang())
    await started.wait()
    with deadlines.one():
        assert not hanging.done()
    assert await hanging == "late"


async def test_what_is_over_is_not_cancelled_later() -> None:
    deadlines = Deadlines(0.01)
    with deadlines.one():
        pass
    await asyncio.sleep(0.05)
    task = asyncio.current_task()
    assert task
    assert not task.cancelling()


async def test_somebody_elses_cancelling_goes_on() -> None:
    deadlines, entered = Deadlines(60), asyncio.Event()

    async def hang() -> None:
        with deadlines.one():
            entered.set()
            await asyncio.Event().wait()

    hanging = asyncio.create_task(hang())
    await entered.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging


async def test_an_error_in_time_is_itself() -> None:
    with pytest.raises(KeyError), Deadlines(60).one():
        raise KeyError
