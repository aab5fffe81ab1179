"""What a limit is and how it is counted in this process."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

WINDOW_SECONDS = 1.0
MOST_KEYS = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most ``limit`` requests in any one second under ``key``. ``name`` is what clients are told."""

    name: str
    key: str
    limit: int


class Decision(NamedTuple):
    """Seconds to wait (0.0: let through) and how many requests each allowance has left."""

    wait: float
    left: tuple[int, ...]


class LocalWindows:
    """The same sliding window as the shared script, for this process alone."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def decide(self, allowances: Sequence[Allowance]) -> Decision:
        """Count a request in all allowances, or in none when one is used up."""
        now = self._now()
        windows = [self._window(allowance.key, now) for allowance in allowances]
        wait, left = 0.0, []
        for allowance, window in zip(allowances, windows, strict=True):
            if len(window) >= allowance.limit:
                wait = max(wait, window[-allowance.limit] + WINDOW_SECONDS - now)
            left.append(max(allowance.limit - len(window), 0))
        if wait > 0.0:
            return Decision(wait, tuple(left))
        for window in windows:
            window.append(now)
        return Decision(0.0, tuple(each - 1 for each in left))

    def _window(self, key: str, now: float) -> deque[float]:
        window = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        if len(self._times) > MOST_KEYS:
            self._times.popitem(last=False)
        while window and window[0] <= now - WINDOW_SECONDS:
            window.popleft()
        return window
