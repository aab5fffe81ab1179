"""What the current request is called: read by logs, errors and events, set by the web layer and the consumer.

A batch of events belongs to no request, but each of them to one: what is said about a player while a batch is handled
goes on with the request of that player's last event in it.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import NamedTuple


class Origin(NamedTuple):
    """The request that work goes back to, and its trace (W3C ``traceparent``)."""

    request_id: str | None = None
    traceparent: str | None = None

    @property
    def trace_id(self) -> str | None:
        """The part of the trace's name that stays the same from one process to the next."""
        return self.traceparent.split("-")[1] if self.traceparent else None


_NOBODY = Origin()
"""This one, not another like it: no single request. One that has no name is a request all the same."""

_origin: ContextVar[Origin] = ContextVar("origin", default=_NOBODY)
_by_player: ContextVar[Mapping[int, Origin]] = ContextVar("origins_by_player", default={})  # noqa: B039 - never written


def current_origin() -> Origin:
    return _origin.get()


def current_request_id() -> str | None:
    return _origin.get().request_id


def current_traceparent() -> str | None:
    return _origin.get().traceparent


def origin_of(player: int | None) -> Origin:
    """Return what work for a player goes back to: the current request, else theirs in the current batch."""
    origin = _origin.get()
    return origin if origin is not _NOBODY or player is None else _by_player.get().get(player, _NOBODY)


def enter_request(request_id: str | None, traceparent: str | None) -> None:
    """Name the work that follows in this task (and the tasks it starts)."""
    _origin.set(Origin(request_id, traceparent))


def enter_batch(origins: Mapping[int, Origin]) -> None:
    """Say that the work that follows belongs to many requests, by player."""
    _origin.set(_NOBODY)
    _by_player.set(origins)
