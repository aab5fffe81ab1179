"""What things are called on the bus, and how much travels at once: part of the contracts, whoever carries them."""

EXCHANGE = "fairground.events"
"""Every event is published here, with its type as the routing key."""

MOST_BUNDLED = 100
"""Events in one message."""


def queue_of(service: str) -> str:
    """Return the queue a service consumes."""
    return f"fairground.{service}"


def dead_of(queue: str) -> str:
    """Return the name of a queue's dead-letter exchange and queue."""
    return f"{queue}.dead"
