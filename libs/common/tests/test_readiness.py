"""Readiness is told in time, whatever the parts do."""

import asyncio

import pytest

from fairground_common.db import Db
from fairground_common.readiness import Check, readiness, warm_up
from fairground_common.testing import eventually
from fairground_common.testing.proxy import proxied


async def fine() -> None:
    """A part that answers."""


async def test_every_part_is_asked_once_and_none_stops_the_start() -> None:
    asked: list[str] = []

    async def slow() -> None:
        asked.append("slow")
        await asyncio.Event().wait()

    async def away() -> None:
        asked.append("away")
        raise ConnectionError("nobody is there")

    await warm_up([Check("slow", slow), Check("away", away)], within=0.01)
    assert asked == ["slow", "away"]


async def test_a_part_that_does_not_even_let_go_holds_up_no_answer() -> None:
    let_go = asyncio.Event()
    ended: list[bool] = []

    async def stuck() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await let_go.wait()  # as a driver does, which waits for a frozen server to say goodbye
            ended.append(True)

    assert await readiness([Check("stuck", stuck), Check("fine", fine)]) == (
        503,
        {"status": "unready", "checks": {"stuck": "away", "fine": "ok"}},
    )
    assert not ended
    let_go.set()
    await eventually(lambda: ended)


async def test_a_probe_that_fails_after_it_was_given_up_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    ended = asyncio.Event()

    async def failing_late() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
            raise ConnectionError("closed at last")

    status, _ = await readiness([Check("late", failing_late)])
    await ended.wait()
    await asyncio.sleep(0)
    assert (status, caplog.records) == (503, [])


async def test_a_caller_who_leaves_takes_the_probes_along() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    asking = asyncio.create_task(readiness([Check("slow", slow)]))
    await began.wait()
    asking.cancel()
    await ended.wait()


async def test_a_database_that_froze_and_thawed_is_away_and_back(postgres: str) -> None:
    async with proxied(postgres, 5432) as proxy:
        db = Db.connect(proxy.url(postgres), application="test", pool_size=1)
        checks = [Check("database", db.ping)]

        async def status() -> int:
            return (await readiness(checks))[0]

        assert await status() == 200
        proxy.freeze()
        assert [await status() for _ in range(10)] == [503] * 10
        proxy.thaw()

        async def is_back() -> bool:
            return await status() == 200

        assert await eventually(is_back)
        await db.close()
