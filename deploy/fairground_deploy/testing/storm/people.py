"""Players and an operator who go on whatever happens, repeat what is unknown, and remember what they were told."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import accumulate, count, cycle
from random import Random  # noqa: TID251 - who does what; nothing is drawn or kept secret with it
from typing import Any, Self

from fairground_common.testing.asgi import Answer
from fairground_common.testing.chaos import Callers, chance
from fairground_common.testing.eventually import eventually
from fairground_deploy.api import Api

PLAYERS = 8
BREATH_SECONDS = 0.02
OPERATORS_PAUSE_SECONDS = 0.3
PATIENCE_SECONDS = 180.0
"""What a product may need to serve again after everything has happened to it, on a busy machine."""
PASSWORD = "a password of nine words or so"  # noqa: S105 - of people who do not exist

STILL_UPLOADING = "RANKING_UPLOAD_IN_PROGRESS"

GAMES = ("roulette", "dice", "lottery")
PRIZE, OPENING = "storm-gold", 200
MOST_RESTOCKED = 20
PLAYS_PER_CLAIM = 10
PAGES = ("/api/season-pass/status", "/api/rewards", "/api/auth/me", "/api/ranking/today?top=3", "/api/roulette/odds")

WHEEL = {
    "name": "Wheel of the storm",
    "max_daily": 0,
    "segments": [
        {"slot_index": slot, "label": f"Slot {slot}", "weight": 1, "reward": {"type": kind, "amount": slot + 1}}
        for slot, kind in enumerate(("POINT", "XP") * 3)
    ],
}
DICE = {
    "name": "Dice of the storm",
    "max_daily": 0,
    "rewards": {
        result: {"type": "POINT", "amount": amount} for result, amount in (("WIN", 3), ("DRAW", 2), ("LOSE", 1))
    },
}
LOTTERY = {
    "name": "Lottery of the storm",
    "max_daily": 0,
    "prizes": [
        {"key": PRIZE, "label": "Gold", "weight": 1, "stock": OPENING, "reward": {"type": "POINT", "amount": 5}},
        {"key": "storm-always", "label": "Always", "weight": 1, "reward": {"type": "XP", "amount": 1}},
    ],
}
CONFIGS: dict[str, dict[str, Any]] = {"roulette": WHEEL, "dice": DICE, "lottery": LOTTERY}


class Tickets:
    """What people signed in with."""

    def __init__(self) -> None:
        self._by_user: dict[int, str] = {}

    @property
    def users(self) -> Iterable[int]:
        return self._by_user

    def keep(self, user_id: int, token: str | None) -> None:
        assert token is not None, "whoever comes here has signed in"
        self._by_user[user_id] = token

    def token(self, user_id: int, *_roles: str, **_claims: Any) -> str:
        return self._by_user[user_id]


@dataclass(slots=True)
class Done:
    """What was asked for beside plays, and answered."""

    claims: Counter[tuple[int, int]] = field(default_factory=Counter)
    """User and level of each reward a player was told to have claimed."""
    stock: int = OPENING
    """What was opened and restocked of the prize."""
    uploads: dict[int, int] = field(default_factory=dict)
    """The score of each version of the day's ranking."""
    times: Counter[str] = field(default_factory=Counter)
    """How often each thing was asked for."""

    def __str__(self) -> str:
        return ", ".join(f"{times} x {what}" for what, times in sorted(self.times.items()))


class People:
    """Their games have no daily limits, and every outcome pays something that is counted."""

    def __init__(self, callers: Callers, players: Sequence[int], operator: int, wheels: Sequence[int]) -> None:
        self.callers = callers
        self.done = Done()
        self.answered = 0
        self._players = players
        self._operator = operator
        self._wheels = cycle(wheels)
        self._keys = (f"storm-{number}" for number in count())
        self._stopping = False

    @classmethod
    async def arrive(cls, callers: Callers, tickets: Tickets, gateway_url: str, admin: Api) -> Self:
        """Have players sign up, the first admin prepare the games, and be the operator from then on."""
        wheels = await asyncio.to_thread(_prepare, admin)
        for _ in range(PLAYERS):
            tickets.keep(*await asyncio.to_thread(_sign_up, gateway_url))
        players = list(tickets.users)
        operator = await asyncio.to_thread(admin.expect, "GET", "/api/auth/me")
        tickets.keep(operator["user_id"], admin.token)
        return cls(callers, players, operator["user_id"], wheels)

    @asynccontextmanager
    async def busy(self, seed: int) -> AsyncIterator[None]:
        """Go on until the end of the block; then everything that was asked for has been answered."""
        async with asyncio.TaskGroup() as group:
            for user in self._players:
                group.create_task(self._play_on(user, chance(seed + user)))
            group.create_task(self._operate(chance(seed)))
            yield
            self._stopping = True

    async def get_answers(self, plays: int = 10 * PLAYERS) -> None:
        """Return when so many more plays have been answered."""
        enough = self.answered + plays
        await eventually(lambda: self.answered >= enough, within=PATIENCE_SECONDS, every=0.1)

    async def _play_on(self, user: int, by: Random) -> None:
        for number in count(1):
            answer = await self.callers.insist(user, by.choice(GAMES), next(self._keys))
            assert answer.status == HTTPStatus.OK, answer
            self.answered += 1
            if number % PLAYS_PER_CLAIM == 0:
                await self._look(user, by.choice(PAGES))
                await self._claim(user)
            if self._stopping:
                return
            await asyncio.sleep(BREATH_SECONDS)

    async def _look(self, user: int, path: str) -> None:
        await self._told("look", "GET", path, user)

    async def _claim(self, user: int) -> None:
        answer = await self._told("claim", "POST", "/api/season-pass/claim-all", user, key=next(self._keys))
        self.done.claims.update((user, claimed["level"]) for claimed in answer.body["claimed"])

    async def _operate(self, by: Random) -> None:
        """Scores only rise, so that every ranking is a new one."""
        today = (await self._told("look", "GET", "/api/admin/seasonpass/reconcile", self._operator)).body["to"]
        for score in accumulate(by.randrange(1, 100) for _ in count()):
            await self._restock(by.randrange(1, MOST_RESTOCKED))
            await self._activate(next(self._wheels))
            await self._upload(today, score)
            if self._stopping:
                return
            await asyncio.sleep(OPERATORS_PAUSE_SECONDS)

    async def _restock(self, delta: int) -> None:
        path = f"/api/admin/lottery/prizes/{PRIZE}/restock"
        await self._told("restock", "POST", path, self._operator, key=next(self._keys), body={"delta": delta})
        self.done.stock += delta

    async def _activate(self, version: int) -> None:
        path = f"/api/admin/roulette/configs/{version}/activate"
        await self._told("activation", "POST", path, self._operator, key=next(self._keys))

    async def _upload(self, day: str, score: int) -> None:
        entries = [{"rank": 1, "display_name": "Storm", "score": score, "user_id": self._players[0]}]
        told = await self._told("upload", "PUT", f"/api/admin/ranking/{day}", self._operator, body={"entries": entries})
        self.done.uploads[told.body["version"]] = score

    async def _told(self, what: str, method: str, path: str, user: int, **options: Any) -> Answer:
        answer = await self.callers.demand(method, path, user, **options)
        while answer.status == HTTPStatus.CONFLICT and answer.code == STILL_UPLOADING:
            answer = await self.callers.demand(method, path, user, **options)
        assert answer.status < HTTPStatus.BAD_REQUEST, answer
        self.done.times[what] += 1
        return answer


def _sign_up(gateway_url: str) -> tuple[int, str | None]:
    """Return who it is, and the token."""
    who = {"username": f"storm-{secrets.token_hex(6)}", "password": PASSWORD}
    user_id: int = Api(gateway_url).expect("POST", "/api/auth/register", who)["user_id"]
    return user_id, Api.signed_in(gateway_url, who["username"], who["password"]).token


def _prepare(admin: Api) -> list[int]:
    """Put up a version of each game, and return two versions of the wheel to take turns."""
    versions = {game: _put_up(admin, game, config) for game, config in CONFIGS.items()}
    return [versions["roulette"], _put_up(admin, "roulette", {**WHEEL, "name": "The other wheel"})]


def _put_up(admin: Api, game: str, config: dict[str, Any]) -> int:
    version: int = admin.expect("POST", f"/api/admin/{game}/configs", config)["version"]
    admin.expect("POST", f"/api/admin/{game}/configs/{version}/activate")
    return version
