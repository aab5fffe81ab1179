"""Games tells that plays are settled."""

from collections.abc import Sequence

from fairground_common.contracts import Envelope, PlaySettled
from fairground_common.db import Db, Tx
from fairground_common.messaging import Handler
from fairground_seasonpass.plays import usecases
from fairground_seasonpass.plays.rules import Play


def play_settled(db: Db) -> Handler:
    """Return the handler of PlaySettled: one transaction for the whole batch."""

    async def count(envelopes: Sequence[Envelope]) -> None:
        plays = [_play(each, each.data) for each in envelopes if isinstance(each.data, PlaySettled)]

        async def command(tx: Tx) -> None:
            await usecases.count_plays(tx, plays)

        await db.retrying(command)

    return count


def _play(envelope: Envelope, settled: PlaySettled) -> Play:
    return usecases.play_of(
        settled,
        event_id=envelope.event_id,
        occurred_at=envelope.occurred_at,
        payload=settled.model_dump_json(exclude_none=True),
    )
