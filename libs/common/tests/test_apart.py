"""Work in a process of its own: what it returns, what it refuses, and what becomes of it."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from fairground_common.apart import run_apart
from fairground_common.errors import FieldError, ServiceUnavailable, ValidationFailed
from fairground_common.testing import eventually


def doubled(number: int) -> tuple[int, int]:
    return 2 * number, os.getpid()


def refused(field: str) -> None:
    raise ValidationFailed("wrong", errors=[FieldError((field, 7), "is wrong")], reason="why", retry_after=3)


def broken(_: None) -> None:
    raise ZeroDivisionError


def killed(_: None) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def slow(note: Path) -> None:
    note.write_text(str(os.getpid()))
    time.sleep(600)


async def test_it_returns_what_the_function_returns_from_another_process() -> None:
    first, second = await asyncio.gather(run_apart(doubled, 4), run_apart(doubled, 5))
    assert (first[0], second[0]) == (8, 10)
    assert len({first[1], second[1], os.getpid()}) == 3


async def test_a_refusal_arrives_whole() -> None:
    with pytest.raises(ValidationFailed) as told:
        await run_apart(refused, "line")
    refusal = told.value
    assert (refusal.detail, refusal.reason, refusal.retry_after) == ("wrong", "why", 3)
    assert refusal.errors == (FieldError(("line", 7), "is wrong"),)


@pytest.mark.parametrize("work", [broken, killed])
async def test_any_other_end_is_trouble_of_the_service(work: object) -> None:
    with pytest.raises(ServiceUnavailable):
        await run_apart(work, None)  # type: ignore[arg-type]


async def test_it_ends_with_who_asked_for_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    asking = asyncio.create_task(run_apart(slow, note))
    process = int(await eventually(lambda: note.exists() and note.read_text()))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


async def test_it_knows_nothing_of_the_caller() -> None:
    assert "asyncpg" in sys.modules
    assert await run_apart(eval, "'asyncpg' in __import__('sys').modules") is False
