"""Names for requests that come without one: random, drawn from the kernel for many requests at a time."""

import os

_AT_ONCE = 4096
"""Bytes of one draw: enough for a hundred requests."""
_REQUEST_ID, _TRACE, _SPAN = 32, 32, 16
"""Lengths in hexadecimal digits."""


class _Digits:
    """Random hexadecimal digits, none of them given out twice."""

    def __init__(self) -> None:
        self._drawn = b""
        self._next = 0

    def take(self, count: int) -> bytes:
        start, end = self._next, self._next + count
        if end > len(self._drawn):
            self._drawn = os.urandom(_AT_ONCE).hex().encode()
            start, end = 0, count
        self._next = end
        return self._drawn[start:end]


_take = _Digits().take


def request_id() -> bytes:
    return _take(_REQUEST_ID)


def traceparent() -> bytes:
    """Return the first line of a new trace."""
    return b"00-%b-%b-01" % (_take(_TRACE), _take(_SPAN))
