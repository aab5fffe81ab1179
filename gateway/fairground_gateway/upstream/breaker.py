"""Circuit breaker: a service that keeps failing is left alone for a moment instead of being asked by everyone.

Only connect errors, resets and timeouts count; any answer, whatever its status, says that the service lives.
"""

import time

from fairground_common.errors import ServiceUnavailable

FAILURES_TO_OPEN = 5
"""Failures in a row."""
OPEN_SECONDS = 1.0
"""Then one request per this time tries; its success closes the circuit."""


class Breaker:
    """State of one service's circuit."""

    def __init__(self) -> None:
        self._failures = 0
        self._next_trial = 0.0

    def admit(self) -> None:
        """Let a request through, or raise ServiceUnavailable without asking the service."""
        if self._failures < FAILURES_TO_OPEN:
            return
        now = time.monotonic()
        if now < self._next_trial:
            raise ServiceUnavailable("The service behind this route is away.", retry_after=1)
        self._next_trial = now + OPEN_SECONDS

    def is_open(self) -> bool:
        """Tell whether the service is left alone."""
        return self._failures >= FAILURES_TO_OPEN

    def answered(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures == FAILURES_TO_OPEN:
            self._next_trial = time.monotonic() + OPEN_SECONDS
