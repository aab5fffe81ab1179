"""Signing keys change while requests run: two auth processes that sign, a gateway and an auth process that verify.

The lead is 8 s instead of 10 min, so that three rotations take half a minute; everybody else follows from it: the
gateway keeps a key set for 4 s, because the set says so.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

import jwt
import pytest

from fairground_auth.testing import Doors, People, asking_in_turn, bearer
from fairground_common.db import Db
from fairground_common.embedded.ports import LOOPBACK
from fairground_common.testing import AsgiClient, eventually
from fairground_common.testing.chaos import running_members
from fairground_common.testing.processes import Program, ended, running

LEAD_SECONDS = 8
ROTATIONS = 3
CALLERS, PAUSE_SECONDS, CALLS_A_TOKEN = 5, 0.05, 10
"""A hundred requests a second, if the machine has time for them; every tenth with a new token."""
KEY_SET = "/.well-known/jwks.json"
ME = "/api/auth/me"
END_NOW = "UPDATE signing_key SET published_until = now() - interval '1 s' WHERE kid = :kid"


@dataclass(frozen=True, slots=True)
class Behind:
    """A gateway before the first of two auth processes; the second can only be asked directly."""

    doors: Doors
    gateway: People
    program: Program

    async def keys(self, *arguments: str) -> str:
        """Run ``fairground keys …`` as an operator does and return what it says."""
        async with running(self.program.environ, "fairground_deploy", "keys", *arguments) as process:
            end = await ended(process)
        assert end.code == 0, end.errors
        return end.output

    async def listed(self) -> dict[str, dict[str, str | None]]:
        """Return every key ever made, by its id."""
        return {key["kid"]: key for key in json.loads(await self.keys("list", "--json"))["keys"]}

    async def published(self) -> set[str]:
        return {key["kid"] for key in (await self.gateway.client.get(KEY_SET)).body["keys"]}

    async def publishes(self, kid: str) -> bool:
        return kid in await self.published()

    async def status_of(self, token: str) -> int:
        """Return what the gateway, and the service behind it, say of a token."""
        return (await self.gateway.client.get(ME, headers=bearer({"access_token": token}))).status

    async def refuses(self, token: str) -> bool:
        return await self.status_of(token) == 401


@dataclass(slots=True)
class Load:
    """Callers who use their tokens, and whatever they were told."""

    behind: Behind
    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    tokens: dict[str, str] = field(default_factory=dict)
    """The first token seen of each key."""
    is_over: bool = False

    def has_seen(self, keys: int) -> bool:
        return len(self.tokens) == keys

    async def call_on(self) -> None:
        """Log in, use each token several times, and have the next from either process."""
        people = [self.behind.gateway, *self.behind.doors.each]
        pair = await people[0].session()
        while not self.is_over:
            for each in people:
                await self._use(pair["access_token"])
                answer = await each.refresh(pair["refresh_token"])
                self.told["refresh", answer.status] += 1
                pair = dict(answer.body)

    async def _use(self, token: str) -> None:
        self.tokens.setdefault(jwt.get_unverified_header(token)["kid"], token)
        for _ in range(CALLS_A_TOKEN):
            self.told["me", await self.behind.status_of(token)] += 1
            await asyncio.sleep(PAUSE_SECONDS)


@pytest.fixture
async def behind(program: Program, owner: Db) -> AsyncIterator[Behind]:
    hasty = program.told(AUTH_KEY_LEAD_SECONDS=str(LEAD_SECONDS))
    async with running_members(hasty, hasty) as members:
        url = f"http://{LOOPBACK}:{members[0].port}"
        # The gateway is ready when every service is; here auth stands for all.
        urls = {f"GATEWAY_{service}_URL": url for service in ("AUTH", "GAMES", "SEASONPASS", "RANKING")}
        front = Program("fairground_gateway", program.environ, "GATEWAY_PORT").told(
            JWKS_URL=url + KEY_SET, ACCESS_LOG="false", **urls
        )
        async with running_members(front) as (gateway,):
            yield Behind(Doors(members, owner), People(AsgiClient(asking_in_turn(gateway.port)), owner), hasty)


async def test_no_good_token_is_refused_while_keys_rotate_and_each_is_when_its_key_has_gone(behind: Behind) -> None:
    load = Load(behind)
    async with asyncio.TaskGroup() as group:
        for _ in range(CALLERS):
            group.create_task(load.call_on())
        for rotation in range(ROTATIONS):
            await eventually(partial(load.has_seen, rotation + 1), within=60)
            await behind.keys("rotate")
        await eventually(partial(load.has_seen, ROTATIONS + 1), within=60)
        assert await behind.published() == load.tokens.keys()
        assert [await behind.status_of(token) for token in load.tokens.values()] == [200] * (ROTATIONS + 1)

        stolen, outlived, *good = load.tokens
        await behind.keys("retire", stolen)
        await behind.gateway.execute(END_NOW, kid=outlived)
        for kid in (stolen, outlived):
            await eventually(partial(behind.refuses, load.tokens[kid]), within=60)
        assert await behind.published() == set(good)
        assert [await behind.status_of(load.tokens[kid]) for kid in good] == [200] * len(good)
        load.is_over = True
    assert load.told.keys() == {("me", 200), ("refresh", 200)}, load.told
    listed = await behind.listed()
    assert [listed[kid]["phase"] for kid in load.tokens] == ["retired", "retired", "verifying", "signing"]


async def test_a_key_retired_before_it_signed_takes_nothing_with_it(behind: Behind) -> None:
    """The one that signs was to leave the key set after it; nobody would have signed then."""
    token = (await behind.gateway.session())["access_token"]
    kid = jwt.get_unverified_header(token)["kid"]
    waiting = (await behind.keys("rotate")).split()[1]
    assert (await behind.listed())[kid]["published_until"] is not None
    await eventually(partial(behind.publishes, waiting), within=30)
    await behind.keys("retire", waiting)
    listed = await behind.listed()
    assert (listed[waiting]["phase"], listed[kid]["phase"]) == ("retired", "signing")
    assert listed[kid]["published_until"] is None
    assert await behind.status_of(token) == 200
