"""Where the relay's next read of the outbox begins, so that a read costs by what it finds and not by what was deleted.

Deleted rows stay in table and index until vacuum removes them, and while any old snapshot is open, anywhere on the
server, vacuum may not. A read from the beginning walks over all of them, for each batch of a backlog and every few
milliseconds after it. So a read begins where deleted rows end.

An id tells nothing about the order of commits: a row may appear later under a lower id than one already sent. So reads
begin some way back, at a floor that only rises to what had been sent a hundred reads ago; every hundred reads one looks
back from the very beginning; and nothing is passed by while a row is left behind. Late is possible, lost is not.
"""

from collections.abc import Sequence

LOOK_BACK_READS = 100
"""Reads from one look back to the next: 2.5 to 5 s while there is little to say.

A row that commits under a lower id within that time, as all but stuck transactions do, is found by the next read, and
any other one by the next look back. Looking back is dear only under an old snapshot: tens of milliseconds for 200,000
deleted rows.
"""
BEGINNING = 0
"""Lower than any id."""


class Position:
    """Of one relay, for as long as it has its connection."""

    def __init__(self) -> None:
        self._reads = 0
        self._after = self._floor = BEGINNING
        self._highest = self._sent_then = BEGINNING
        """What was sent so far, and until the last look back."""
        self._looks_back = True

    @property
    def after(self) -> int:
        """Read ids greater than this one."""
        return self._after

    def pass_by(self, ids: Sequence[int], *, full: bool) -> None:
        """Go on after a read: all these rows are gone, and ``full`` tells that there may be more of them."""
        self._highest = max((self._highest, *ids[-1:]))
        if self._looks_back:
            looked_behind = ids[-1] if full else self._highest
            self._floor, self._sent_then = min(self._sent_then, looked_behind), self._highest
        self._reads = (self._reads + 1) % LOOK_BACK_READS
        self._looks_back = self._reads == 0
        if self._looks_back:
            self._after = BEGINNING
        else:
            self._after = ids[-1] if full else self._floor
