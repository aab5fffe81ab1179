"""Group commit: plays that arrive while a transaction is under way share the next one.

A lane takes whatever waits, settles it in one transaction and takes what has come meanwhile; an idle lane starts at
once, so a lone play waits for nobody. A player always goes to the same lane: two plays of one player never meet in
two transactions of this process. Plays of players whose row is held elsewhere leave the lane and wait on their own.

A play is settled even when its request has gone: the lane owns the transaction, the request only waits for it.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Self

from fairground_common.errors import LockNotAcquired
from fairground_games.plays.pipeline import Outcome, Pipeline
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.settlement import Held

LANES = 2
"""Transactions under way at once: while one commits, the other decides."""
BATCH = 64
"""Most plays of one transaction: beyond it a batch costs more waiting than it saves in commits."""
WAITERS = 4
"""Transactions that may wait for held players at once; each takes a connection for up to lock_timeout."""
PATIENCE_SECONDS = 3.0
"""Age at which a queued play is refused unplayed: below the gateway's 5 s for a play, so that the player hears it."""


@dataclass(frozen=True, slots=True)
class _Ticket:
    play: Play
    handed_in: float
    outcome: asyncio.Future[Answered]

    def settle(self, outcome: Outcome | Held) -> None:
        if self.outcome.done():  # the request has gone
            return
        if isinstance(outcome, Exception):
            self.outcome.set_exception(outcome)
        elif isinstance(outcome, Answered):
            self.outcome.set_result(outcome)
        else:
            self.outcome.set_exception(LockNotAcquired(retry_after=1))

    def give_up(self) -> None:
        self.settle(LockNotAcquired("Too many plays were waiting.", retry_after=2))


class PlayQueue:
    """Where requests hand in plays. Runs inside ``async with``; leaving it finishes what has been handed in."""

    def __init__(self, pipeline: Pipeline, *, patience: float = PATIENCE_SECONDS) -> None:
        self._pipeline = pipeline
        self._lanes = [_Lane(self, patience) for _ in range(LANES)]
        self._held: dict[int, list[_Ticket]] = {}
        self._waiters = asyncio.Semaphore(WAITERS)
        self._tasks: set[asyncio.Task[None]] = set()

    async def play(self, play: Play) -> Answered:
        """Return the answer to a play, or raise its refusal."""
        loop = asyncio.get_running_loop()
        ticket = _Ticket(play, loop.time(), loop.create_future())
        self._lanes[play.user_id % LANES].add(ticket)
        return await ticket.outcome

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)

    def start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self, tickets: Sequence[_Ticket]) -> None:
        """Settle a batch; held players' tickets go on waiting by themselves."""
        if not tickets:
            return
        outcomes = await self._pipeline.settle([ticket.play for ticket in tickets])
        for ticket, outcome in zip(tickets, outcomes, strict=True):
            if isinstance(outcome, Held):
                self._wait_for(ticket)
            else:
                ticket.settle(outcome)

    def _wait_for(self, ticket: _Ticket) -> None:
        user_id = ticket.play.user_id
        if user_id in self._held:
            self._held[user_id].append(ticket)
            return
        self._held[user_id] = [ticket]
        self.start(self._settle_held(user_id))

    async def _settle_held(self, user_id: int) -> None:
        async with self._waiters:
            while self._held[user_id]:
                tickets, self._held[user_id] = self._held[user_id], []
                outcomes = await self._pipeline.settle_waiting([ticket.play for ticket in tickets])
                for ticket, outcome in zip(tickets, outcomes, strict=True):
                    ticket.settle(outcome)
            del self._held[user_id]


class _Lane:
    def __init__(self, queue: PlayQueue, patience: float) -> None:
        self._queue = queue
        self._patience = patience
        self._waiting: deque[_Ticket] = deque()
        self._running = False

    def add(self, ticket: _Ticket) -> None:
        self._waiting.append(ticket)
        if not self._running:
            self._running = True
            self._queue.start(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._queue.settle(self._next_batch())
        finally:
            self._running = False

    def _next_batch(self) -> list[_Ticket]:
        oldest = asyncio.get_running_loop().time() - self._patience
        batch: list[_Ticket] = []
        while self._waiting and len(batch) < BATCH:
            ticket = self._waiting.popleft()
            if ticket.handed_in < oldest:
                ticket.give_up()
            else:
                batch.append(ticket)
        return batch
