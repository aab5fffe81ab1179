"""Waiting without guessing."""

import asyncio

import pytest

from fairground_common.testing import eventually


async def test_the_first_true_answer_is_returned() -> None:
    answers = iter([0, None, 7])
    assert await eventually(lambda: next(answers)) == 7


async def test_a_check_may_be_async() -> None:
    async def check() -> str:
        await asyncio.sleep(0)
        return "there"

    assert await eventually(check) == "there"


async def test_a_failed_assertion_means_not_yet() -> None:
    tries: list[int] = []

    def check() -> bool:
        tries.append(1)
        assert len(tries) > 2
        return True

    assert await eventually(check)


async def test_the_last_failed_assertion_is_told_when_time_is_up() -> None:
    def check() -> bool:
        raise AssertionError("still red")

    with pytest.raises(AssertionError, match="still red"):
        await eventually(check, within=0.05)


async def test_the_last_untrue_answer_is_told_when_time_is_up() -> None:
    with pytest.raises(AssertionError, match=r"still \[\]"):
        await eventually(list, within=0.05)
