"""Games tells that a level reward is booked."""

from collections.abc import Sequence

from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db, Tx
from fairground_common.messaging import Handler
from fairground_seasonpass.rewards import usecases


def reward_delivered(db: Db) -> Handler:
    """Return the handler of RewardDelivered."""

    async def note(envelopes: Sequence[Envelope]) -> None:
        moments = {
            each.data.grant_id: each.data.delivered_at for each in envelopes if isinstance(each.data, RewardDelivered)
        }

        async def command(tx: Tx) -> None:
            await usecases.note_delivered(tx, moments)

        await db.retrying(command)

    return note
