"""Looking for differences, and mending them, as operators and admins do."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import AsgiClient

Look = Callable[..., Awaitable[list[dict[str, Any]]]]


def path_of(season_id: int) -> str:
    return f"/api/admin/seasonpass/seasons/{season_id}/rebuild"


@pytest.fixture
def look(operator: AsgiClient) -> Look:
    """Return a function: season → what differs."""

    async def look(season: Any, **query: Any) -> list[dict[str, Any]]:
        answer = await operator.get(path_of(season.id), query=query)
        assert answer.status == 200, answer
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    return look


@pytest.fixture
def mend(admin: AsgiClient) -> Look:
    """Return a function: season → what was wrong and was mended where it can be."""

    async def mend(season: Any, **query: Any) -> list[dict[str, Any]]:
        answer = await admin.post(path_of(season.id), query=query)
        assert answer.status == 200, answer
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    return mend


@pytest.fixture
def break_row(owner: asyncpg.Connection) -> Callable[..., Awaitable[None]]:
    """Return a function that changes player 1's progress by hand."""

    async def break_row(change: str) -> None:
        await owner.execute(f"UPDATE season_pass_progress SET {change} WHERE user_id = 1")

    return break_row
