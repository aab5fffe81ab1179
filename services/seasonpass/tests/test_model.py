"""The season pass beside a model of thirty lines: whatever is played, said again, stamped, claimed, they agree.

More examples: ``CHAOS_RUNS=10 pytest services/seasonpass/tests/test_model.py``.
"""

import asyncio
import datetime
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from fairground_common.contracts import Envelope
from fairground_common.db import Db
from fairground_common.errors import FairgroundError
from fairground_common.testing.chaos import runs
from fairground_seasonpass.claims.usecases import claim_all_rewards, claim_reward
from fairground_seasonpass.plays.consumers import play_settled
from fairground_seasonpass.stamps.usecases import check_in

EXAMPLES, STEPS = 8 * len(runs(1)), 15
PLAYERS = 2
CURVE = ((0, True), (10, False), (15, True), (30, False), (60, True))
BASE = 10
DAYS_BACK = 3

_KEPT = """
SELECT user_id, current_xp, current_level, total_stamps,
    (SELECT coalesce(array_agg(level ORDER BY level), '{}') FROM season_pass_reward_log AS given
        WHERE given.user_id = asked.user_id)
FROM unnest(cast(:users AS bigint[])) AS asked (user_id) LEFT JOIN season_pass_progress USING (user_id)
"""

players = st.integers(0, PLAYERS - 1)
levels = st.integers(1, len(CURVE) + 1)


@dataclass
class Model:
    """A player's season pass."""

    events: set[int] = field(default_factory=set)
    """Plays that were counted, by their number."""
    days: set[int] = field(default_factory=set)
    """Days with a stamp, counted backwards from today."""
    xp: int = 0
    claimed: set[int] = field(default_factory=set)
    has_gained: bool = False

    @property
    def level(self) -> int:
        return sum(required <= self.xp for required, _ in CURVE)

    @property
    def rewards(self) -> set[int]:
        """Levels given: those that pay by themselves from the first gain on, and those that were claimed."""
        reached = range(1, self.level + 1) if self.has_gained else ()
        return self.claimed | {level for level in reached if CURVE[level - 1][1]}

    @property
    def open(self) -> set[int]:
        return {level for level in range(1, self.level + 1) if not CURVE[level - 1][1]} - self.claimed

    def gain(self, day: int, xp: int) -> None:
        self.xp += xp + (BASE if day not in self.days else 0)
        self.days.add(day)
        self.has_gained = True

    def refusal(self, level: int) -> str | None:
        """Return the code a claim is refused with."""
        if level > len(CURVE):
            return "LEVEL_NOT_FOUND"
        if level > self.level:
            return "LEVEL_NOT_REACHED"
        if CURVE[level - 1][1]:
            return "AUTO_CLAIM_LEVEL"
        return "REWARD_ALREADY_CLAIMED" if level in self.claimed else None


@dataclass(frozen=True)
class Real:
    """The season pass, and the loop it lives in: hypothesis, which is synchronous, runs in a thread."""

    loop: asyncio.AbstractEventLoop
    db: Db
    a_play: Callable[..., Envelope]
    today: datetime.date
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


class Season(RuleBasedStateMachine):
    """Each example has players of its own, all of them one season."""

    def __init__(self, real: Real) -> None:
        super().__init__()
        self.real = real
        self.models = {player: Model() for player in range(PLAYERS)}
        self.users = {player: 1000 + next(real.numbers) for player in range(PLAYERS)}
        self.plays: list[tuple[int, int, int, Envelope]] = []

    @rule(
        told=st.lists(
            st.tuples(players, st.integers(0, DAYS_BACK), st.sampled_from([0, 1, 7])), min_size=1, max_size=4
        ),
        again=st.lists(st.integers(0, 30), max_size=3),
    )
    def hear_of_plays(self, told: list[tuple[int, int, int]], again: list[int]) -> None:
        """In one batch: new ones, and some that were heard of before."""
        first = len(self.plays)
        self.plays += [(*play, self._envelope(*play)) for play in told]
        batch = [*range(first, len(self.plays)), *(number % len(self.plays) for number in again)]
        self.real.run(self._deliver([self.plays[number][-1] for number in batch]))
        for number in batch:
            player, day, xp, _ = self.plays[number]
            if number not in self.models[player].events:
                self.models[player].events.add(number)
                self.models[player].gain(day, xp)

    @rule(player=players)
    def check_in(self, player: int) -> None:
        model = self.models[player]
        code = self.real.run(self._code(lambda tx: check_in(tx, user_id=self.users[player], test_mode=True)))
        assert code == ("ALREADY_STAMPED_TODAY" if 0 in model.days else None)
        if code is None:
            model.gain(0, 0)

    @rule(player=players, level=levels)
    def claim(self, player: int, level: int) -> None:
        model = self.models[player]
        user = self.users[player]
        code = self.real.run(self._code(lambda tx: claim_reward(tx, user_id=user, level=level, season_id=None)))
        assert code == model.refusal(level)
        if code is None:
            model.claimed.add(level)

    @rule(player=players)
    def claim_all(self, player: int) -> None:
        model = self.models[player]
        assert self.real.run(self._claim_all(self.users[player])) == model.open
        model.claimed |= model.open

    @invariant()
    def agree(self) -> None:
        kept = self.real.run(self._kept())
        for player, model in self.models.items():
            progress = (model.xp, model.level, len(model.days)) if model.has_gained else (None, None, None)
            assert kept[self.users[player]] == (*progress, sorted(model.rewards))

    def _envelope(self, player: int, day: int, xp: int) -> Envelope:
        played = self.real.today - datetime.timedelta(days=day)
        return self.real.a_play(self.users[player], day=played, reward_xp=xp or None)

    async def _deliver(self, envelopes: list[Envelope]) -> None:
        await play_settled(self.real.db)(envelopes)

    async def _code(self, work: Callable[[Any], Awaitable[Any]]) -> str | None:
        try:
            async with self.real.db.begin() as tx:
                await work(tx)
        except FairgroundError as refused:
            return refused.code
        return None

    async def _claim_all(self, user_id: int) -> set[int]:
        async with self.real.db.begin() as tx:
            return {grant.level for grant in await claim_all_rewards(tx, user_id=user_id, season_id=None)}

    async def _kept(self) -> dict[int, tuple[Any, ...]]:
        async with self.real.db.read() as tx:
            rows = await tx.rows(text(_KEPT), {"users": list(self.users.values())})
        return {row[0]: tuple(row)[1:] for row in rows}


async def test_the_season_pass_and_its_model_agree(
    publish: Callable[..., Awaitable[Any]],
    state_schedule: Callable[..., Awaitable[None]],
    a_play: Callable[..., Envelope],
    db: Db,
    today: datetime.date,
) -> None:
    await publish(CURVE)
    await state_schedule()
    real = Real(asyncio.get_running_loop(), db, a_play, today)

    class Machine(Season):
        def __init__(self) -> None:
            super().__init__(real)

    thorough = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # to shrink an example asks for thousands of others
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Machine, settings=thorough)
