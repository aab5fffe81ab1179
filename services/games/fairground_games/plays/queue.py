"""Group commit: plays that arrive while a transaction is under way share the next one.

A play starts at once when nothing is under way, so a lone one waits for nobody. What arrives meanwhile is settled
together when that has ended: a transaction by itself costs as much as several plays, so few large ones are cheaper
than many small ones. A second one begins beside it only when it will be full, or when the first is slow: that waits
for something (a lock, a disk), and others need not wait with it. Two plays of one player never meet in two
transactions of this process. Plays of players whose row is held elsewhere wait on their own.

A play is settled even when its request has gone: the queue owns the transaction, the request only waits for it.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from time import perf_counter
from typing import Self

from fairground_games.plays import metrics
from fairground_games.plays.line import BATCH, Line, Ticket
from fairground_games.plays.pipeline import Pipeline
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.settlement import Held

AT_ONCE = 2
"""Transactions under way at once, beside those that wait for held players."""
SLOW_SECONDS = 0.03
"""Age at which a transaction is not waited for any longer; a full batch takes a fraction of it."""
WAITERS = 4
"""Transactions that may wait for held players at once; each takes a connection for up to lock_timeout."""
PATIENCE_SECONDS = 3.0
"""Age at which a queued play is refused unplayed: below the gateway's 5 s for a play, so that the player hears it."""


class PlayQueue:
    """Where requests hand in plays. Runs inside ``async with``; leaving it finishes what has been handed in."""

    def __init__(self, pipeline: Pipeline, *, patience: float = PATIENCE_SECONDS) -> None:
        self._pipeline = pipeline
        self._line = Line(patience)
        self._under_way = 0
        self._slow = 0
        """How many of those under way are slow."""
        self._held: dict[int, list[Ticket]] = {}
        self._waiters = asyncio.Semaphore(WAITERS)
        self._tasks: set[asyncio.Task[None]] = set()
        metrics.HELD.read(self.held_players)
        metrics.WAITING.read(self._line.waiting)

    def held_players(self) -> int:
        """Return how many players' rows are waited for."""
        return len(self._held)

    async def play(self, play: Play) -> Answered:
        """Return the answer to a play, or raise its refusal."""
        return await self.hand_in(play)

    def hand_in(self, play: Play) -> asyncio.Future[Answered]:
        """Put a play in the line; the future holds its answer or refusal. Cancelling it does not take it back."""
        loop = asyncio.get_running_loop()
        ticket = Ticket(play, loop.time(), loop.create_future())
        self._line.join(ticket)
        if len(self._line) in {1, BATCH}:
            loop.call_soon(self._go_on)  # not at once: what arrives in this turn of the loop comes along
        return ticket.outcome

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._go_on()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _go_on(self) -> None:
        """Begin what may begin now."""
        while self._may_begin() and (batch := self._line.next_batch()):
            self._under_way += 1
            self._start(self._take_through(batch))

    def _may_begin(self) -> bool:
        """Tell whether another transaction would run beside slow ones only, or be full."""
        is_worth_it = self._under_way == self._slow or len(self._line) >= BATCH
        return is_worth_it and self._under_way < AT_ONCE

    async def _take_through(self, batch: Sequence[Ticket]) -> None:
        """Settle a batch, then begin what waited for its end."""
        slow: list[bool] = []
        watch = asyncio.get_running_loop().call_later(SLOW_SECONDS, self._is_slow, slow)
        try:
            await self._settle(batch)
        finally:
            watch.cancel()
            self._slow -= len(slow)
            self._under_way -= 1
            self._line.let_back(batch)
            self._go_on()

    def _is_slow(self, slow: list[bool]) -> None:
        slow.append(True)
        self._slow += 1
        self._go_on()

    async def _settle(self, tickets: Sequence[Ticket]) -> None:
        """Settle a batch in a transaction; held players' tickets go on waiting by themselves."""
        metrics.BATCHES.observe(len(tickets))
        began = perf_counter()
        outcomes = await self._pipeline.settle([ticket.play for ticket in tickets])
        metrics.TRANSACTIONS.observe(perf_counter() - began)
        for ticket, outcome in zip(tickets, outcomes, strict=True):
            if isinstance(outcome, Held):
                self._wait_for(ticket)
            else:
                ticket.settle(outcome)

    def _wait_for(self, ticket: Ticket) -> None:
        metrics.LOCK_WAITS.add()
        user_id = ticket.play.user_id
        if user_id in self._held:
            self._held[user_id].append(ticket)
            return
        self._held[user_id] = [ticket]
        self._start(self._settle_held(user_id))

    async def _settle_held(self, user_id: int) -> None:
        async with self._waiters:
            while self._held[user_id]:
                tickets, self._held[user_id] = self._held[user_id], []
                outcomes = await self._pipeline.settle_waiting([ticket.play for ticket in tickets])
                for ticket, outcome in zip(tickets, outcomes, strict=True):
                    ticket.settle(outcome)
            del self._held[user_id]
