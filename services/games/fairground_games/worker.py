"""`python -m fairground_games.worker`: events out, grants in, the schedule said again and again, the log kept.

They run beside each other; a database or broker that is away only makes each of them wait.
"""

import asyncio
from functools import partial

from fairground_common.clock import Clock
from fairground_common.contracts import RewardGranted
from fairground_common.db import Db, require_database
from fairground_common.db.idempotency import forget_answers
from fairground_common.messaging import (
    COUNT_SECONDS,
    Consumer,
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
from fairground_games.event_log.usecases import tidy_event_log
from fairground_games.fairness.seeds import seeds_of
from fairground_games.features.usecases import state_feature_days
from fairground_games.rewards.consumers import reward_granted
from fairground_games.rewards.usecases import count_fulfilments
from fairground_games.schema import idempotency
from fairground_games.settings import WorkerSettings

POOL_SIZE = 2

STATE_SECONDS = 600.0
"""How often the schedule is stated without a change: a listener that lost its copy has it back after this time."""

TIDY_SECONDS = 600.0
"""How often months of the event log to make or drop, and answers to forget, are looked for."""


async def work(settings: WorkerSettings) -> None:
    """Do the worker's work until cancelled."""
    url = settings.database_url.get_secret_value()
    db = Db.connect(url, application="games-worker", clock_offset=settings.clock_offset, pool_size=POOL_SIZE)
    broker = open_broker(settings, name="games-worker")
    clock = Clock(settings.clock_offset)
    relay = Relay(url, broker, name="games", clock=clock)
    grants = reward_granted(db, seed_key_id=seeds_of(settings).key_id)
    queue = queue_of("games")
    consumer = Consumer(broker, queue, {RewardGranted: grants}, clock=clock)
    tidy = partial(tidy_event_log, months_kept=settings.event_log_months)
    forget = partial(forget_answers, table=idempotency)
    checks = [Check("database", db.ping), relay_check(relay), consumer_check(consumer)]
    try:
        async with answering_probes(settings, checks), asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            group.create_task(consumer.run())
            group.create_task(broker.watch(silence_seconds=settings.broker_silence_seconds))
            group.create_task(repeat(db, state_feature_days, named="schedule stated", every=STATE_SECONDS))
            group.create_task(repeat(db, tidy, named="event log tidied", every=TIDY_SECONDS))
            group.create_task(repeat(db, forget, named="answers forgotten", every=TIDY_SECONDS))
            group.create_task(repeat(db, count_outbox, named="outbox counted", every=COUNT_SECONDS))
            group.create_task(repeat(db, count_fulfilments, named="fulfilments counted", every=COUNT_SECONDS))
            group.create_task(watch_queue(broker, queue))
    finally:
        await broker.close()
        await db.close()


def main() -> None:
    settings = load_settings(WorkerSettings)
    configure_logs("games-worker", settings.log_level)
    configure_traces("games-worker")
    require_database("GAMES_DATABASE_URL", settings.database_url)
    run_worker(partial(work, settings))


if __name__ == "__main__":
    main()
