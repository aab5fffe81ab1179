"""Grants as the season pass sends them, and what becomes of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, Reward, RewardDelivered, RewardGranted
from fairground_common.db import Db
from fairground_common.ids import new_id
from fairground_common.messaging import Handler
from fairground_games.rewards.consumers import reward_granted

SEED_KEY_ID = "0badcafe"


def a_grant(*, user_id: int = 1, grant_id: UUID | None = None, **reward: Any) -> Envelope:
    """Return a granted reward: 200 points for player 1 unless told otherwise."""
    granted = RewardGranted(
        grant_id=grant_id or new_id(),
        user_id=user_id,
        season_id=1,
        level=2,
        reward=Reward.model_validate(reward or {"type": "POINT", "amount": 200}),
    )
    return Envelope.of(granted, at=Clock().now(), key=user_id)


@pytest.fixture
def grant() -> Callable[..., Envelope]:
    return a_grant


@pytest.fixture
def again() -> Callable[[Envelope], Envelope]:
    """Return a function: the same grant as it is resent, under a new event id."""

    def resend(envelope: Envelope) -> Envelope:
        return envelope.model_copy(update={"event_id": new_id()})

    return resend


@pytest.fixture
def handle(db: Db) -> Handler:
    """Return the handler of grants of one consumer."""
    return reward_granted(db, seed_key_id=SEED_KEY_ID)


@pytest.fixture
def delivered(owner: asyncpg.Connection) -> Callable[[], Awaitable[Sequence[Envelope]]]:
    """Return a function: the answers the season pass will get, in the order they were written."""

    async def read() -> Sequence[Envelope]:
        rows = await owner.fetch("SELECT envelope FROM outbox ORDER BY id")
        envelopes = [Envelope.model_validate_json(row["envelope"]) for row in rows]
        assert all(isinstance(envelope.data, RewardDelivered) for envelope in envelopes)
        return envelopes

    return read
