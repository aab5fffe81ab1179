"""Events on their way: how many, how old, and what becomes of them."""

from fairground_common.telemetry import Counter, Gauge, Histogram

_BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_AGE = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Usually tens of milliseconds; after an outage as old as the outage was long."""

OUTBOX_OLDEST = Gauge(
    "fairground_outbox_oldest_seconds", "Age of the oldest event that has not been sent, as the active relay knows it."
)
OUTBOX_EVENTS = Gauge("fairground_outbox_events", "Events that have not been sent, counted up to 100,000.")
RELAY_ACTIVE = Gauge("fairground_relay_active", "1 in the worker whose relay sends, 0 in those that stand by.")
RELAY_WAITING = Gauge("fairground_relay_waiting", "1 while something keeps the relay from sending; its log says what.")
RELAY_CONFIRMED = Counter("fairground_relay_confirmed_events_total", "Events the broker has confirmed.")
RELAY_FAILURES = Counter("fairground_relay_failures_total", "Publishes that were not confirmed, and lost databases.")
RELAY_READ = Histogram("fairground_relay_read_events", "Events a relay found at once.", bounds=_BATCH)

APPLIED = Histogram(
    "fairground_event_age_seconds",
    "Events by type whose effect was committed, and how old they were then.",
    "type",
    bounds=_AGE,
)
BATCHES = Histogram("fairground_consumer_batch_events", "Events applied in one transaction.", bounds=_BATCH)
REFUSALS = Counter("fairground_consumer_refusals_total", "Times a handler refused an event that stood alone.")
BURIED = Counter("fairground_consumer_buried_events_total", "Events that became dead letters here.")
CONSUMER_WAITING = Gauge(
    "fairground_consumer_waiting", "1 while something keeps the consumer from applying events; its log says what."
)
QUEUE_READY = Gauge("fairground_queue_messages", "Messages in the process's own queue, none of them delivered.")
QUEUE_CONSUMERS = Gauge("fairground_queue_consumers", "Consumers of the process's own queue, over all processes.")
DEAD_LETTERS = Gauge("fairground_dead_letters", "Dead letters of the process's own queue.")
