"""Grants of the season pass, as they arrive over the bus."""

from collections.abc import Sequence

from fairground_common.contracts import Envelope, RewardGranted
from fairground_common.db import Db, Tx
from fairground_common.messaging import Handler
from fairground_games.rewards import usecases
from fairground_games.rewards.errors import GrantRefused
from fairground_games.rewards.rules import Grant


def reward_granted(db: Db, *, seed_key_id: str) -> Handler:
    """Return the handler of RewardGranted. ``seed_key_id`` names the key of a new player's seeds."""

    async def book(envelopes: Sequence[Envelope]) -> None:
        grants = [_grant(envelope) for envelope in envelopes]

        async def command(tx: Tx) -> None:
            await usecases.book_grants(tx, grants, seed_key_id=seed_key_id)

        await db.retrying(command)

    return book


def _grant(envelope: Envelope) -> Grant:
    granted = envelope.data
    if not isinstance(granted, RewardGranted) or envelope.source != RewardGranted.source:
        raise GrantRefused(f"{envelope.source} cannot grant rewards.")
    return Grant(
        grant_id=granted.grant_id,
        user_id=granted.user_id,
        **granted.reward.model_dump(),
        request_id=envelope.request_id,
        traceparent=envelope.traceparent,
    )
