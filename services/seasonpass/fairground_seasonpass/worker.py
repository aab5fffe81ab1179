"""`python -m fairground_seasonpass.worker`: events in, events out, and what time brings about.

Relay, consumer, resending of unanswered grants and counting of waiting plays run beside each other; whatever is cut
short by SIGTERM goes on at the next start.
"""

import asyncio
from functools import partial

from fairground_common.clock import Clock
from fairground_common.contracts import Event, FeatureDaysChanged, PlaySettled, RewardDelivered
from fairground_common.db import Db, require_database
from fairground_common.db.idempotency import forget_answers
from fairground_common.messaging import (
    COUNT_SECONDS,
    Broker,
    Consumer,
    Handler,
    Relay,
    consumer_check,
    count_outbox,
    open_broker,
    queue_of,
    relay_check,
    watch_queue,
)
from fairground_common.periodic import repeat
from fairground_common.readiness import Check
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs, configure_traces
from fairground_common.worker import run_worker
from fairground_common.worker_probes import answering_probes
from fairground_seasonpass.features.consumers import feature_days_changed
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.plays.usecases import count_waiting_plays
from fairground_seasonpass.rewards.consumers import reward_delivered
from fairground_seasonpass.rewards.usecases import count_deliveries, resend_overdue
from fairground_seasonpass.schema import idempotency
from fairground_seasonpass.settings import WorkerSettings

QUEUE = queue_of("seasonpass")
POOL_SIZE = 4
PERIOD_SECONDS = 5.0
"""How often unanswered grants and waiting plays are looked for."""
FORGET_SECONDS = 600.0
"""How often kept answers that are old enough to forget are looked for."""


async def work(settings: WorkerSettings) -> None:
    """Do the worker's work until cancelled."""
    url = settings.database_url.get_secret_value()
    db = Db.connect(url, application="seasonpass-worker", clock_offset=settings.clock_offset, pool_size=POOL_SIZE)
    broker = open_broker(settings, name="seasonpass-worker")
    clock = Clock(settings.clock_offset)
    relay = Relay(url, broker, name="seasonpass", clock=clock)
    incoming = consumer(broker, db, clock)
    forget = partial(forget_answers, table=idempotency)
    checks = [Check("database", db.ping), relay_check(relay), consumer_check(incoming)]
    try:
        async with answering_probes(settings, checks), asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            group.create_task(incoming.run())
            group.create_task(broker.watch(silence_seconds=settings.broker_silence_seconds))
            group.create_task(repeat(db, resend_overdue, named="grants resent", every=PERIOD_SECONDS))
            group.create_task(repeat(db, count_waiting_plays, named="waiting plays counted", every=PERIOD_SECONDS))
            group.create_task(repeat(db, forget, named="answers forgotten", every=FORGET_SECONDS))
            group.create_task(repeat(db, count_outbox, named="outbox counted", every=COUNT_SECONDS))
            group.create_task(repeat(db, count_deliveries, named="deliveries counted", every=COUNT_SECONDS))
            group.create_task(watch_queue(broker, QUEUE))
    finally:
        await broker.close()
        await db.close()


def consumer(broker: Broker, db: Db, clock: Clock = Clock()) -> Consumer:
    """Return the consumer of the season pass's queue."""
    handlers: dict[type[Event], Handler] = {
        PlaySettled: play_settled(db),
        FeatureDaysChanged: feature_days_changed(db),
        RewardDelivered: reward_delivered(db),
    }
    return Consumer(broker, QUEUE, handlers, clock=clock)


def main() -> None:
    settings = load_settings(WorkerSettings)
    configure_logs("seasonpass-worker", settings.log_level)
    configure_traces("seasonpass-worker")
    require_database("SEASONPASS_DATABASE_URL", settings.database_url)
    run_worker(partial(work, settings))


if __name__ == "__main__":
    main()
