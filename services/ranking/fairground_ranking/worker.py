"""`python -m fairground_ranking.worker`: keeps the projection of the schedule."""

import asyncio
from functools import partial

from fairground_common.clock import Clock
from fairground_common.contracts import FeatureDaysChanged
from fairground_common.db import Db, require_database
from fairground_common.messaging import Consumer, consumer_check, open_broker, queue_of, watch_queue
from fairground_common.readiness import Check
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs, configure_traces
from fairground_common.worker import run_worker
from fairground_common.worker_probes import answering_probes
from fairground_ranking.features.consumers import feature_days_changed
from fairground_ranking.settings import WorkerSettings

POOL_SIZE = 2


async def consume(settings: WorkerSettings) -> None:
    """Consume the ranking's queue until cancelled."""
    url = settings.database_url.get_secret_value()
    db = Db.connect(url, application="ranking-worker", clock_offset=settings.clock_offset, pool_size=POOL_SIZE)
    broker = open_broker(settings, name="ranking-worker")
    clock, queue = Clock(settings.clock_offset), queue_of("ranking")
    consumer = Consumer(broker, queue, {FeatureDaysChanged: feature_days_changed(db)}, clock=clock)
    try:
        checks = [Check("database", db.ping), consumer_check(consumer)]
        async with answering_probes(settings, checks), asyncio.TaskGroup() as group:
            group.create_task(consumer.run())
            group.create_task(broker.watch(silence_seconds=settings.broker_silence_seconds))
            group.create_task(watch_queue(broker, queue))
    finally:
        await broker.close()
        await db.close()


def main() -> None:
    settings = load_settings(WorkerSettings)
    configure_logs("ranking-worker", settings.log_level)
    configure_traces("ranking-worker")
    require_database("RANKING_DATABASE_URL", settings.database_url)
    run_worker(partial(consume, settings))


if __name__ == "__main__":
    main()
