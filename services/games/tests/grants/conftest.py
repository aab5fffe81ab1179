"""Campaigns as an admin sends them, and what players have of them."""

from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient

GRANTS = "/api/admin/games/grants"
_keys = (f"grant-{number}" for number in count())


def a_grant(user_id: int = 1, ref: str | None = None, **reward: Any) -> dict[str, Any]:
    """Return a row: 500 points for player 1 unless told otherwise."""
    row = {"user_id": user_id, "reward": reward or {"type": "POINT", "amount": 500}}
    return row if ref is None else {**row, "ref": ref}


@pytest.fixture
def grant(admin: AsgiClient) -> Callable[..., Awaitable[Answer]]:
    """Return a function that sends rows under a new key, as the campaign ``spring`` unless told otherwise."""

    async def send(*rows: Any, key: str | None = None, **order: Any) -> Answer:
        body = {"campaign": "spring", "grants": list(rows), **order}
        return await admin.post(GRANTS, body=body, headers={"idempotency-key": key or next(_keys)})

    return send


@pytest.fixture
def balances(owner: asyncpg.Connection) -> Callable[[], Awaitable[dict[int, int]]]:
    """Return a function: every player's points."""

    async def read() -> dict[int, int]:
        return {row["user_id"]: row["balance"] for row in await owner.fetch("SELECT user_id, balance FROM player")}

    return read


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    return a_grant
