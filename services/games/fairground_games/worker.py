"""`python -m fairground_games.worker`: events out, grants in, the schedule said again and again, the log kept.

They run beside each other; a database or broker that is away only makes each of them wait.
"""

import asyncio
from functools import partial
from typing import NoReturn

import structlog

from fairground_common.clock import Clock
from fairground_common.contracts import RewardGranted
from fairground_common.db import Db, require_database
from fairground_common.messaging import Consumer, Relay, consumer_check, open_broker, queue_of, relay_check
from fairground_common.messaging.backoff import Backoff
from fairground_common.readiness import Check
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs
from fairground_common.worker import run_worker
from fairground_common.worker_probes import answering_probes
from fairground_games.event_log.usecases import tidy_event_log
from fairground_games.fairness.seeds import seeds_of
from fairground_games.features.usecases import state_feature_days
from fairground_games.rewards.consumers import reward_granted
from fairground_games.settings import WorkerSettings

log = structlog.get_logger()

POOL_SIZE = 2

STATE_SECONDS = 600.0
"""How often the schedule is stated without a change: a listener that lost its copy has it back after this time."""

TIDY_SECONDS = 600.0
"""How often a month is made or dropped, one of each at a time."""


async def work(settings: WorkerSettings) -> None:
    """Do the worker's work until cancelled."""
    url = settings.database_url.get_secret_value()
    db = Db.connect(url, application="games-worker", clock_offset=settings.clock_offset, pool_size=POOL_SIZE)
    broker = open_broker(settings, name="games-worker")
    relay = Relay(url, broker, name="games", clock=Clock(settings.clock_offset))
    grants = reward_granted(db, seed_key_id=seeds_of(settings).key_id)
    consumer = Consumer(broker, queue_of("games"), {RewardGranted: grants})
    checks = [Check("database", db.ping), relay_check(relay), consumer_check(consumer)]
    try:
        async with answering_probes(settings, checks), asyncio.TaskGroup() as group:
            group.create_task(relay.run())
            group.create_task(consumer.run())
            group.create_task(keep_stating(db))
            group.create_task(keep_the_log(db, months=settings.event_log_months))
    finally:
        await broker.close()
        await db.close()


async def keep_stating(db: Db, *, every: float = STATE_SECONDS) -> NoReturn:
    """State the schedule at once and then every few minutes, for ever."""
    backoff = Backoff()
    while True:
        try:
            await db.retrying(state_feature_days)
        except Exception as error:  # noqa: BLE001 - whatever it is, relay and consumer beside it must go on
            log.warning("schedule_not_stated", reason=f"{type(error).__name__}: {error}")
            await backoff.pause()
        else:
            backoff.reset()
            await asyncio.sleep(every)


async def keep_the_log(db: Db, *, months: int, every: float = TIDY_SECONDS) -> NoReturn:
    """Make the months of user_event_log that come and drop those that are too old, for ever."""
    while True:
        try:
            tidied = await db.retrying(partial(tidy_event_log, months_kept=months))
        except Exception as error:  # noqa: BLE001 - whatever it is, relay and consumer beside it must go on
            log.warning("event_log_not_tidied", reason=f"{type(error).__name__}: {error}")
        else:
            if tidied.made or tidied.dropped:
                log.info("event_log_tidied", made=tidied.made, dropped=tidied.dropped)
        await asyncio.sleep(every)


def main() -> None:
    settings = load_settings(WorkerSettings)
    configure_logs("games-worker", settings.log_level)
    require_database("GAMES_DATABASE_URL", settings.database_url)
    run_worker(partial(work, settings))


if __name__ == "__main__":
    main()
