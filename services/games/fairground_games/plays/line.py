"""The line in which plays wait for a transaction."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from fairground_common.errors import LockNotAcquired
from fairground_games.plays import metrics
from fairground_games.plays.pipeline import Outcome
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.settlement import Held

BATCH = 64
"""Most plays of one transaction: beyond it a batch costs more waiting than it saves in commits."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A play that was handed in, and where its request hears of it."""

    play: Play
    handed_in: float
    outcome: asyncio.Future[Answered]

    def settle(self, outcome: Outcome | Held) -> None:
        told = LockNotAcquired(retry_after=1) if isinstance(outcome, Held) else outcome
        metrics.note_outcome(self.play, told)
        if self.outcome.done():  # the request has gone
            return
        if isinstance(told, Exception):
            self.outcome.set_exception(told)
        else:
            self.outcome.set_result(told)

    def give_up(self) -> None:
        self.settle(LockNotAcquired("Too many plays were waiting.", retry_after=2))


class Line:
    """Plays that wait, oldest first. Who is in a transaction is passed over until it has ended."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._waiting: deque[Ticket] = deque()
        self._behind: dict[int, list[Ticket]] = {}
        """Further plays of those who are in a transaction."""

    def __len__(self) -> int:
        """Return how many plays could begin."""
        return len(self._waiting)

    def waiting(self) -> int:
        """Return how many plays have not been given to the database yet."""
        return len(self) + sum(map(len, self._behind.values()))

    def join(self, ticket: Ticket) -> None:
        """Stand at the end."""
        self._behind.get(ticket.play.user_id, self._waiting).append(ticket)

    def next_batch(self) -> list[Ticket]:
        """Take what may go into a transaction together; what has waited for too long is given up."""
        oldest = asyncio.get_running_loop().time() - self._patience
        batch: list[Ticket] = []
        while self._waiting and len(batch) < BATCH:
            ticket = self._waiting.popleft()
            if ticket.handed_in < oldest:
                ticket.give_up()
            elif ticket.play.user_id in self._behind:
                self._behind[ticket.play.user_id].append(ticket)
            else:
                batch.append(ticket)
        self._behind |= {ticket.play.user_id: [] for ticket in batch}
        return batch

    def let_back(self, batch: Sequence[Ticket]) -> None:
        """Let the players of a batch that has ended play again; what they have asked for meanwhile goes first."""
        for user_id in {ticket.play.user_id for ticket in batch}:
            self._waiting.extendleft(reversed(self._behind.pop(user_id)))
