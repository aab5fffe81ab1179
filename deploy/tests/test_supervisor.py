"""What died is started again."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from fairground_common.embedded import Child, Order
from fairground_common.testing import eventually
from fairground_deploy.local.supervisor import Supervisor


class Sleeper:
    """A child that sleeps, or ends at once."""

    def __init__(self, log: Path, code: str = "import time; time.sleep(600)") -> None:
        self._log, self._code = log, code
        self.starts = 0
        self.start()

    @property
    def child(self) -> Child:
        return self._child

    def start(self) -> None:
        self.starts += 1
        self._child = Child.start(Order([sys.executable, "-c", self._code]), log=self._log)


@pytest.fixture
async def said() -> list[str]:
    return []


@pytest.fixture
async def sleeper(tmp_path: Path, said: list[str]) -> AsyncIterator[Sleeper]:
    sleeper = Sleeper(tmp_path / "log")
    running = asyncio.create_task(Supervisor({"sleeper": sleeper}, say=said.append).run())
    yield sleeper
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    sleeper.child.kill()


async def test_a_killed_child_is_started_again_and_a_line_says_so(sleeper: Sleeper, said: list[str]) -> None:
    sleeper.child.kill()
    await eventually(lambda: sleeper.starts == 2 and sleeper.child.alive)
    assert said == [f"sleeper was killed by signal 9; starts again in 0.5 s ({sleeper.child.log})"]


async def test_each_pause_is_longer_than_the_last(tmp_path: Path, said: list[str]) -> None:
    dying = Sleeper(tmp_path / "log", code="raise SystemExit(2)")
    running = asyncio.create_task(Supervisor({"dying": dying}, say=said.append).run())
    await eventually(lambda: len(said) == 3)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert [line.split(" in ")[1].split(" s ")[0] for line in said] == ["0.5", "1", "2"]
    assert dying.child.wait(20)
