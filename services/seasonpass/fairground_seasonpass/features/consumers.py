"""The schedule, as games states it over the bus."""

from collections.abc import Sequence

from fairground_common.contracts import Envelope, FeatureDaysChanged
from fairground_common.db import Db, Tx
from fairground_common.messaging import Handler
from fairground_seasonpass.features import usecases


def feature_days_changed(db: Db) -> Handler:
    """Return the handler of FeatureDaysChanged. Of a batch only the latest statement matters."""

    async def take_over(envelopes: Sequence[Envelope]) -> None:
        stated = [each.data for each in envelopes if isinstance(each.data, FeatureDaysChanged)]
        latest = max(stated, key=lambda statement: statement.revision)

        async def command(tx: Tx) -> None:
            await usecases.take_over_schedule(tx, latest)

        await db.retrying(command)

    return take_over
