"""The play pipeline beside a model of thirty lines: whatever is played, repeated, refilled, switched, they agree.

More examples: ``CHAOS_RUNS=10 pytest services/games/tests/plays/test_model.py``.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fairground_common.db import Db
from fairground_common.errors import FairgroundError
from fairground_common.testing.chaos import runs
from fairground_games.games import game_of
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.queue import PlayQueue
from fairground_games.stock.usecases import restock

EXAMPLES, STEPS = 12 * len(runs(1)), 20
PLAYERS = 2
GAMES = ("roulette", "dice", "lottery")
FEATURES = {"roulette": "ROULETTE", "dice": "DICE", "lottery": "LOTTERY"}
OPENING = 4
OPERATOR = 900

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]

players, games, keys = st.integers(0, PLAYERS - 1), st.sampled_from(GAMES), st.sampled_from(["a", "b", None])


@dataclass
class Model:
    """What the games must know. Chance is theirs: the model takes what was drawn and says what follows from it."""

    limits: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GAMES, 0))
    disabled: set[str] = field(default_factory=set)
    used: Counter[tuple[int, str]] = field(default_factory=Counter)
    nonces: Counter[int] = field(default_factory=Counter)
    balances: Counter[int] = field(default_factory=Counter)
    answers: dict[tuple[int, str, str], Any] = field(default_factory=dict)
    left: int = OPENING
    issued: int = 0

    def refusal(self, player: int, game: str) -> str | None:
        """Return the code a new play is refused with."""
        if game in self.disabled:
            return "NO_FEATURE_TODAY"
        if self.limits[game] and self.used[player, game] >= self.limits[game]:
            return "DAILY_LIMIT_REACHED"
        return "LOTTERY_SOLD_OUT" if game == "lottery" and not self.left else None

    def settle(self, player: int, game: str, body: Any) -> None:
        """Book what was drawn, and see that the answer says so."""
        assert body["fairness"]["nonce"] == self.nonces[player]
        self.nonces[player] += 1
        self.used[player, game] += 1
        assert body["used_today"] == self.used[player, game]
        if body["reward"]["type"] == "POINT":
            self.balances[player] += body["reward"]["amount"]
        assert body["balance"] == self.balances[player]
        if game == "lottery":
            self.left, self.issued = self.left - 1, self.issued + 1


@dataclass(frozen=True)
class Real:
    """The pipeline, and the loop it lives in: hypothesis, which is synchronous, runs in a thread."""

    loop: asyncio.AbstractEventLoop
    queue: PlayQueue
    owner: asyncpg.Connection
    db: Db
    put_up: Callable[[str, int, str], Coroutine[Any, Any, int]]
    examples: "count[int]" = field(default_factory=count)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


class Plays(RuleBasedStateMachine):
    """Each example has players and a prize of its own."""

    def __init__(self, real: Real) -> None:
        super().__init__()
        self.real = real
        self.model = Model()
        number = next(real.examples)
        self.first = 1 + number * PLAYERS
        self.prize = f"gold-{number}"

    @initialize()
    def open(self) -> None:
        for game in GAMES:
            self.real.run(self.real.put_up(game, 0, self.prize))
        self.real.run(self._switch_all())

    @rule(player=players, game=games, key=keys)
    def play(self, player: int, game: str, key: str | None) -> None:
        outcome = self.real.run(self._play(player, game, key))
        self._agrees(player, game, key, outcome)

    @rule(player=players, game=games, key=st.sampled_from(["a", "b"]))
    def play_three_times_at_once(self, player: int, game: str, key: str) -> None:
        """One of them plays, if any does; the others hear of it."""
        for outcome in self.real.run(self._play_at_once(player, game, key)):
            self._agrees(player, game, key, outcome)

    @rule(game=games, limit=st.integers(0, 3))
    def activate(self, game: str, limit: int) -> None:
        self.real.run(self.real.put_up(game, limit, self.prize))
        self.model.limits[game] = limit

    @rule(game=games)
    def switch(self, game: str) -> None:
        self.model.disabled ^= {game}
        self.real.run(self._switch_all())

    @rule(delta=st.integers(-3, 3).filter(bool))
    def refill(self, delta: int) -> None:
        code = self.real.run(self._restock(delta))
        assert code == ("STOCK_BELOW_ZERO" if self.model.left + delta < 0 else None)
        if code is None:
            self.model.left += delta

    @invariant()
    def agree(self) -> None:
        ids = range(self.first, self.first + PLAYERS)
        rows = self.real.run(self._rows())
        known: dict[int, tuple[int, int]] = defaultdict(
            lambda: (0, 0), {row["user_id"]: (row["balance"], row["nonce"]) for row in rows}
        )
        for player, user_id in enumerate(ids):
            assert known[user_id] == (self.model.balances[player], self.model.nonces[player])

    @invariant()
    def stock_agrees(self) -> None:
        stock = self.real.run(self._stock())
        assert stock is None or tuple(stock) == (self.model.left, self.model.issued)

    @invariant()
    def every_play_is_told_once(self) -> None:
        assert self.real.run(self._told()) == self.model.nonces.total()

    def _agrees(self, player: int, game: str, key: str | None, outcome: Answered | FairgroundError) -> None:
        known = None if key is None else self.model.answers.get((player, game, key))
        if known is not None:
            assert isinstance(outcome, Answered)
            assert outcome.body() == known
            return
        refusal = self.model.refusal(player, game)
        assert (None if isinstance(outcome, Answered) else outcome.code) == refusal
        if isinstance(outcome, Answered):
            self.model.settle(player, game, outcome.body())
            if key is not None:
                self.model.answers[player, game, key] = outcome.body()

    async def _play(self, player: int, game: str, key: str | None) -> Answered | FairgroundError:
        try:
            return await self.real.queue.play(Play(self.first + player, game_of(game), key))
        except FairgroundError as refused:
            return refused

    async def _play_at_once(self, player: int, game: str, key: str) -> list[Answered | FairgroundError]:
        outcomes = await asyncio.gather(*(self._play(player, game, key) for _ in range(3)))
        return sorted(outcomes, key=lambda outcome: isinstance(outcome, Answered) and outcome.replayed)

    async def _restock(self, delta: int) -> str | None:
        try:
            async with self.real.db.begin() as tx:
                await restock(tx, key=self.prize, delta=delta, by=OPERATOR)
        except FairgroundError as refused:
            return refused.code
        return None

    async def _switch_all(self) -> None:
        off = [FEATURES[game] for game in self.model.disabled]
        await self.real.owner.execute("UPDATE feature_config SET is_enabled = NOT feature_type = ANY($1)", off)

    async def _rows(self) -> list[asyncpg.Record]:
        known = "SELECT user_id, balance, nonce FROM player WHERE user_id BETWEEN $1 AND $2"
        rows: list[asyncpg.Record] = await self.real.owner.fetch(known, self.first, self.first + PLAYERS - 1)
        return rows

    async def _stock(self) -> asyncpg.Record | None:
        query = 'SELECT "left", issued FROM lottery_stock WHERE prize_key = $1'
        return await self.real.owner.fetchrow(query, self.prize)

    async def _told(self) -> int:
        told = "SELECT count(DISTINCT event_id) FROM outbox WHERE key BETWEEN $1 AND $2"
        number: int = await self.real.owner.fetchval(told, self.first, self.first + PLAYERS - 1)
        return number


async def test_the_pipeline_and_its_model_agree(
    queue: PlayQueue,
    owner: asyncpg.Connection,
    db: Db,
    store_version: StoreVersion,
    roulette_config: Config,
    dice_config: Config,
) -> None:
    def a_prize(key: str) -> dict[str, Any]:
        reward = {"type": "POINT", "amount": 5}
        return {"key": key, "label": "Gold", "reward": reward, "weight": 1, "stock": OPENING}

    async def put_up(game: str, max_daily: int, prize: str) -> int:
        if game == "lottery":
            config = {"name": "Lottery", "max_daily": max_daily, "prizes": [a_prize(prize)]}
            return await store_version(game, config)
        return await store_version(game, (roulette_config if game == "roulette" else dice_config)(max_daily=max_daily))

    real = Real(asyncio.get_running_loop(), queue, owner, db, put_up)

    class Machine(Plays):
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
