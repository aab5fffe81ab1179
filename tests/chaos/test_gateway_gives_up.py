"""The gateway's 5 s are over before the games have answered: nothing stays taken, and the key tells what happened."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from http import HTTPStatus

import asyncpg
import pytest

from fairground_common.embedded.ports import LOOPBACK
from fairground_common.testing import Answer, TokenMint, eventually
from fairground_common.testing.chaos import Numbers, Trial, running_members
from fairground_common.testing.processes import Program, surroundings
from fairground_common.testing.proxy import TcpProxy, proxied

STILL_SECONDS = 6
"""Above the gateway's 5 s for a play, and above PostgreSQL's 5 s for a transaction in which nothing happens."""
LONE = {"games.before_commit": 1, "games.after_commit": 2}
"""Who plays when the process comes to stand still."""
CROWD = range(100, 140)
"""More players than a process waits for at a time: held all at once, the last of them wait beyond the 5 s."""
HUNG_UP = 200

GAVE_UP = (HTTPStatus.GATEWAY_TIMEOUT, "UPSTREAM_TIMEOUT")
WAITED = (HTTPStatus.CONFLICT, "REQUEST_IN_PROGRESS")
PLAYED = (HTTPStatus.OK, "")


@dataclass(frozen=True, slots=True)
class Behind:
    """A gateway before the first of two games processes; the second can only be asked directly."""

    trial: Trial
    gateway: int
    """Its port."""
    line: TcpProxy
    """Between gateway and games."""

    async def is_open(self) -> bool:
        """Tell whether the gateway reaches the games: failures of a test before may have opened its circuit."""
        answer = await self.trial.callers.call("GET", "/api/roulette/odds", 1, port=self.gateway)
        return answer.status == HTTPStatus.OK

    async def play_all(self, users: Iterable[int], key: str) -> list[Answer | None]:
        """Let everybody play once, all at the same time."""
        play = self.trial.callers.play
        return await asyncio.gather(*(play(user, "roulette", f"{key}-{user}", port=self.gateway) for user in users))

    async def ask_again(self, users: Iterable[int], key: str) -> list[Answer]:
        """Repeat those plays until their ends are known."""
        insist = self.trial.callers.insist
        return await asyncio.gather(*(insist(user, "roulette", f"{key}-{user}", port=self.gateway) for user in users))


@pytest.fixture(scope="module")
async def two_processes_and_a_gateway(
    make_trial: Callable[..., AbstractAsyncContextManager[Trial]],
    program: Program,
    token_mint: TokenMint,
    jwks_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Behind]:
    state_dir = tmp_path_factory.mktemp("gateway")
    token_mint.keep_in(state_dir)
    async with (
        make_trial(program, program) as trial,
        proxied(f"http://{LOOPBACK}:{trial.members[0].port}", 80) as line,
    ):
        # It is ready when every service is; here the games stand for all.
        services = ("AUTH", "GAMES", "SEASONPASS", "RANKING")
        urls = {f"GATEWAY_{service}_URL": f"http://{LOOPBACK}:{line.port}" for service in services}
        environ = surroundings(state_dir, JWKS_URL=jwks_url, LOG_LEVEL="error", ACCESS_LOG="false", **urls)
        async with running_members(Program("fairground_gateway", environ, "GATEWAY_PORT")) as (gateway,):
            yield Behind(trial, gateway.port, line)


@pytest.fixture
async def behind(
    two_processes_and_a_gateway: Behind, holder: asyncpg.Connection, tell_numbers: Callable[[Trial, Numbers], None]
) -> AsyncIterator[Behind]:
    """Yield it with a wheel up. Every test ends with all connections free and with the check."""
    behind = two_processes_and_a_gateway
    await behind.trial.open_wheel()
    await eventually(behind.is_open)
    yield behind
    await behind.trial.comes_to_rest()
    await behind.trial.lends_every_connection(holder)
    tell_numbers(behind.trial, await behind.trial.is_one_story())


@pytest.mark.parametrize(("failpoint", "stored"), [("games.before_commit", 0), ("games.after_commit", 1)])
async def test_a_play_in_a_process_that_stands_still_is_there_or_not_and_its_key_tells(
    behind: Behind, failpoint: str, stored: int
) -> None:
    trial, user = behind.trial, LONE[failpoint]
    await trial.members[0].kill()
    await trial.members[0].start(FAILPOINTS=f"{failpoint}:sleep={STILL_SECONDS}@1")
    await eventually(behind.is_open)
    lone = asyncio.create_task(behind.play_all([user], failpoint))
    await eventually(lambda: _stands_still(trial, f"{failpoint}-{user}", stored=stored))
    crowd = await behind.play_all(CROWD, failpoint)
    assert _told(await lone) == {GAVE_UP}
    assert _told(crowd) <= {GAVE_UP, PLAYED}, "whom a slow machine let ask late is answered in time"
    await trial.comes_to_rest()
    assert await trial.plays_under(f"{failpoint}-{user}") == stored
    again, *_ = await behind.ask_again([user, *CROWD], failpoint)
    assert again.headers.get("idempotency-replayed") == ("true" if stored else None)


async def test_players_whose_rows_are_held_for_longer_than_the_gateway_waits_are_played_or_not_and_the_key_tells(
    behind: Behind, holder: asyncpg.Connection
) -> None:
    await behind.ask_again(CROWD, "enrolled")
    async with holder.transaction():
        await holder.execute("SELECT FROM player WHERE user_id = ANY($1) FOR UPDATE", list(CROWD))
        told = _told(await behind.play_all(CROWD, "held"))
    assert GAVE_UP in told
    assert told <= {GAVE_UP, WAITED}
    await behind.trial.comes_to_rest()
    assert {answer.status for answer in await behind.ask_again(CROWD, "held")} == {HTTPStatus.OK}


async def test_a_request_that_arrives_after_the_gateway_gave_up_is_played_once_and_its_key_tells(
    behind: Behind,
) -> None:
    behind.line.freeze()
    told = _told(await behind.play_all(CROWD, "late"))
    behind.line.thaw()
    assert told == {GAVE_UP}
    await eventually(lambda: _all_played(behind.trial, "late"), within=30)
    again = await behind.ask_again(CROWD, "late")
    assert {answer.headers.get("idempotency-replayed") for answer in again} == {"true"}


async def test_clients_who_hang_up_on_the_gateway_leave_nothing_behind(behind: Behind) -> None:
    keys = (f"gone-{number}" for number in range(HUNG_UP))
    await behind.trial.callers.hang_up(keys, CROWD, "roulette", port=behind.gateway)
    assert _told(await behind.play_all(CROWD, "after")) == {PLAYED}


async def _stands_still(trial: Trial, key: str, *, stored: int) -> bool:
    """Tell whether a process has come to its failpoint with a play: it is committed, or its transaction waits."""
    if stored:
        return await trial.plays_under(key) == stored
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    )
    return bool(await trial.database.fetchval(waiting))


async def _all_played(trial: Trial, key: str) -> bool:
    played = "SELECT count(*) FROM play WHERE idempotency_key = ANY($1)"
    return bool(await trial.database.fetchval(played, [f"{key}-{user}" for user in CROWD]) == len(CROWD))


def _told(answers: Iterable[Answer | None]) -> set[tuple[int, str]]:
    """Return what clients were told; everyone who has to come back is told when."""
    told = set()
    for answer in answers:
        assert answer is not None, "the gateway always answers"
        is_ok = answer.status == HTTPStatus.OK
        assert is_ok or int(answer.headers["retry-after"]) >= 1
        told.add((answer.status, "" if is_ok else answer.code))
    return told
