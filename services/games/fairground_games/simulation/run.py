"""A simulation as the simulating process carries it out: the expectation, then plays drawn as real ones are.

The draws come from the production draw function under a seed of this run's own. Memory holds one version and one count
an outcome, whatever the number of plays.
"""

import secrets
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fairground_common.contracts.reward import RewardType
from fairground_games.fairness.draws import Draws
from fairground_games.games.game import Game
from fairground_games.games.outcome import Version
from fairground_games.games.payouts import PAID_TYPES, Payout, payout_of
from fairground_games.simulation.rules import Flow, flow_of

BETWEEN_LOOKS = 256
"""Plays between two looks at the clock: some 50 ms with the largest configuration there may be."""

End = Literal["completed", "sold_out", "time_limit"]


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be simulated."""

    game: Game
    version: Version
    left: Mapping[str, int]
    """Stock of the limited prizes; a key that is missing never runs out."""
    plays: int
    deadline: float
    """``time.monotonic()`` at which drawing ends; the machine's processes share that clock."""


@dataclass(frozen=True, slots=True)
class Run:
    """Plays that were drawn."""

    plays: int
    hits: dict[str, int]
    end: End


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a simulation has found."""

    per_play: dict[RewardType, Payout]
    flow: Flow
    run: Run


def simulate(job: Job) -> Simulated:
    """Carry out a simulation."""
    return Simulated(
        per_play={each: payout_of(job.game, job.version, each) for each in PAID_TYPES},
        flow=flow_of(job.game, job.version, job.left, job.plays),
        run=drawn_run(job),
    )


def drawn_run(job: Job) -> Run:
    """Draw until all plays are made, everything is gone, or time is up."""
    seed = secrets.token_bytes(32)
    left = dict(job.left)
    exhausted = frozenset(key for key, units in left.items() if not units)
    hits = Counter[str]()
    for nonce in range(job.plays):
        if nonce % BETWEEN_LOOKS == BETWEEN_LOOKS - 1 and time.monotonic() > job.deadline:
            return Run(nonce, dict(hits), "time_limit")
        drawn = job.game.draw(job.version, Draws(seed, job.game.name, "simulation", nonce), exhausted)
        if drawn is None:
            return Run(nonce, dict(hits), "sold_out")
        hits[drawn.key] += 1
        if drawn.key in left:
            left[drawn.key] -= 1
            exhausted = exhausted if left[drawn.key] else exhausted | {drawn.key}
    return Run(job.plays, dict(hits), "completed")
