"""A plain play goes from the connection to the queue, any other by the framework's route: both answer alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.telemetry import traces
from fairground_common.testing import TokenMint, eventually
from fairground_common.testing.raw import HOST, RawAnswer, RawClient, read_answer, serving_app
from fairground_common.web.metrics import REQUESTS
from fairground_games.app import create_app
from fairground_games.plays.door import PlayExchange, door_of
from fairground_games.settings import GamesSettings

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]

PLAY = "/api/roulette/play"
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
async def wheel(store_version: StoreVersion, roulette_config: Config) -> None:
    await store_version("roulette", roulette_config(max_daily=3))


@pytest.fixture
async def games(settings: GamesSettings) -> AsyncIterator[RawClient]:
    app = create_app(settings)
    async with serving_app(app, door_of(app), keep_alive=10) as client:
        yield client


@pytest.fixture
def headers(token_mint: TokenMint) -> list[tuple[str, str]]:
    return list(token_mint.headers(1).items())


@pytest.fixture
async def known(games: RawClient, headers: list[tuple[str, str]], wheel: None) -> RawClient:
    """The API, to which the token is known from a moment ago."""
    assert (await games.ask("GET", "/api/roulette/status", headers)).status == 200
    return games


@pytest.fixture
def short_ways(monkeypatch: pytest.MonkeyPatch) -> list[PlayExchange]:
    """Return a list of the requests that have taken the short way."""
    taken: list[PlayExchange] = []
    begin = PlayExchange.begin

    def noted(self: PlayExchange, *args: Any) -> None:
        taken.append(self)
        begin(self, *args)

    monkeypatch.setattr(PlayExchange, "begin", noted)
    return taken


def request(headers: list[tuple[str, str]], *more: tuple[str, str]) -> bytes:
    lines = [f"POST {PLAY} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in (*headers, *more)), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def both_ways(games: RawClient, raw: bytes) -> list[RawAnswer]:
    """Ask twice ahead on one connection: the second has to wait, so it is not plain."""
    reader, writer = await asyncio.open_connection(HOST, games.port)
    writer.write(raw * 2)
    answers = [await read_answer(reader) for _ in range(2)]
    writer.close()
    return answers


async def test_a_key_given_on_one_way_is_known_on_the_other(
    known: RawClient, headers: list[tuple[str, str]], short_ways: list[PlayExchange]
) -> None:
    short, route = await both_ways(known, request(headers, ("Idempotency-Key", "one"), ("X-Request-Id", "mine")))
    assert len(short_ways) == 1
    assert (short.status, route.status, short.body) == (200, 200, route.body)
    assert sorted([*short.headers, ("idempotency-replayed", "true")]) == sorted(route.headers)
    again = await known.ask("POST", PLAY, [*headers, ("idempotency-key", "one"), ("x-request-id", "mine")])
    assert len(short_ways) == 2
    assert (sorted(again.headers), again.body) == (sorted(route.headers), route.body)


async def test_both_ways_refuse_alike(
    known: RawClient, headers: list[tuple[str, str]], short_ways: list[PlayExchange]
) -> None:
    before = {kind: REQUESTS.count("POST", PLAY, kind) for kind in ("2xx", "4xx")}
    for _ in range(3):
        await known.send(request(headers))
    short, route = await both_ways(known, request(headers, ("x-request-id", "mine")))
    assert len(short_ways) == 4
    assert (short.status, short.code, short.json["request_id"]) == (429, "DAILY_LIMIT_REACHED", "mine")
    assert int(short.header("retry-after") or 0) >= 1
    assert sorted(name for name, _ in short.headers) == sorted(name for name, _ in route.headers)
    assert short.body == route.body
    assert {kind: REQUESTS.count("POST", PLAY, kind) - count for kind, count in before.items()} == {"2xx": 3, "4xx": 2}


@pytest.mark.parametrize(
    ("more", "body", "status", "code"),
    [
        ([("idempotency-key", "a b")], b"", 400, "IDEMPOTENCY_KEY_INVALID"),
        ([("idempotency-key", "x" * 256)], b"", 400, "IDEMPOTENCY_KEY_INVALID"),
        ([("authorization", "Bearer nonsense")], b"", 401, "UNAUTHENTICATED"),
        ([("content-type", "application/json")], b'{"slot_index":5}', 422, "VALIDATION_FAILED"),
    ],
)
async def test_what_is_not_plain_is_refused_by_the_route(
    known: RawClient,
    headers: list[tuple[str, str]],
    short_ways: list[PlayExchange],
    more: list[tuple[str, str]],
    body: bytes,
    status: int,
    code: str,
) -> None:
    own = [] if more[0][0] == "authorization" else headers
    refused = await known.ask("POST", PLAY, [*own, *more], body)
    assert (refused.status, refused.code) == (status, code)
    assert (await known.ask("GET", "/api/roulette/status", headers)).json["used_today"] == 0
    assert not short_ways


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /api/roulette/play HTTP/1.0\r\n",
        b"POST /api/roulette/play?a=b HTTP/1.1\r\n",
        b"POST /api/roulette/play HTTP/1.1\r\nexpect: 100-continue\r\n",
        b"POST /api/roulette/play HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n",
    ],
)
async def test_whatever_is_unusual_takes_the_route(
    known: RawClient, headers: list[tuple[str, str]], short_ways: list[PlayExchange], raw: bytes
) -> None:
    reader, writer = await asyncio.open_connection(HOST, known.port)
    writer.write(raw + request(headers).partition(b"\r\n")[2])
    assert (await reader.readline()).startswith((b"HTTP/1.1 200", b"HTTP/1.1 100"))
    writer.close()
    assert not short_ways


async def test_a_play_is_settled_though_its_player_has_hung_up(
    known: RawClient, headers: list[tuple[str, str]], short_ways: list[PlayExchange], owner: asyncpg.Connection
) -> None:
    await known.send(request(headers))
    async with owner.transaction():
        await owner.execute("SELECT FROM player WHERE user_id = 1 FOR UPDATE")
        _, writer = await asyncio.open_connection(HOST, known.port)
        writer.write(request(headers))
        await eventually(lambda: len(short_ways) == 2)
        writer.transport.abort()
        await eventually(lambda: short_ways[1].disconnected)
    assert (await known.send(request(headers))).json["used_today"] == 3


async def test_a_play_stands_in_the_trace_of_its_request(
    known: RawClient, headers: list[tuple[str, str]], owner: asyncpg.Connection
) -> None:
    ended: list[tuple[str, bool]] = []
    traces.turn_on(lambda _parent, _kind: traces.Span(f"{TRACE[:-2]}00", lambda *end: ended.append(end)))
    try:
        await known.send(request(headers, ("traceparent", TRACE), ("x-request-id", "mine")))
    finally:
        traces.turn_on(None)
    assert ended == [(f"POST {PLAY}", False)]
    envelope = await owner.fetchval("SELECT envelope FROM outbox")
    assert f'"traceparent":"{TRACE[:-2]}00","request_id":"mine"' in envelope
