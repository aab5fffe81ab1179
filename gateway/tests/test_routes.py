"""What exists for the outside, and which service it belongs to."""

import asyncio
from collections.abc import Callable

import pytest

from fairground_common.errors import UnknownRoute
from fairground_common.testing import TokenMint
from fairground_gateway.errors import PathRefused
from fairground_gateway.parts import Parts
from fairground_gateway.routes import GATEWAY, ROUTES, Body, Token
from fairground_gateway.routing import RouteTable
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.testing import RawClient, RecordingService

TABLE = RouteTable(ROUTES)

NAMED_ON_THE_WIRE = [
    ("POST", "/api/auth/register", "auth", Token.NONE),
    ("POST", "/api/auth/login", "auth", Token.NONE),
    ("POST", "/api/auth/refresh", "auth", Token.NONE),
    ("POST", "/api/auth/logout", "auth", Token.NONE),
    ("GET", "/api/auth/me", "auth", Token.NEEDED),
    ("GET", "/.well-known/jwks.json", "auth", Token.NONE),
    ("GET", "/api/today-feature", "games", Token.OPTIONAL),
    ("POST", "/api/events/enter-page", "games", Token.NEEDED),
    *[
        case
        for game in ("roulette", "dice", "lottery", "coin_toss2")
        for case in (
            ("GET", f"/api/{game}/status", "games", Token.NEEDED),
            ("POST", f"/api/{game}/play", "games", Token.NEEDED),
            ("GET", f"/api/{game}/history", "games", Token.NEEDED),
            ("GET", f"/api/{game}/odds", "games", Token.NONE),
            ("GET", f"/api/{game}/odds/history", "games", Token.NONE),
            ("GET", f"/api/{game}/configs/3", "games", Token.NONE),
            ("POST", f"/api/admin/{game}/configs", "games", Token.NEEDED),
            ("GET", f"/api/admin/{game}/configs", "games", Token.NEEDED),
            ("POST", f"/api/admin/{game}/configs/3/activate", "games", Token.NEEDED),
            ("POST", f"/api/admin/{game}/configs/3/simulate", "games", Token.NEEDED),
        )
    ],
    ("GET", "/api/rewards", "games", Token.NEEDED),
    ("GET", "/api/rewards/ledger", "games", Token.NEEDED),
    ("GET", "/api/fairness", "games", Token.NEEDED),
    ("POST", "/api/fairness/rotate", "games", Token.NEEDED),
    ("GET", "/api/fairness/receipts/0197-abc", "games", Token.NEEDED),
    ("GET", "/api/season-pass/status", "seasonpass", Token.NEEDED),
    ("POST", "/api/season-pass/stamp", "seasonpass", Token.NEEDED),
    ("POST", "/api/season-pass/claim", "seasonpass", Token.NEEDED),
    ("POST", "/api/season-pass/claim-all", "seasonpass", Token.NEEDED),
    ("GET", "/api/season-pass/xp-history", "seasonpass", Token.NEEDED),
    ("GET", "/api/ranking/today", "ranking", Token.NEEDED),
    ("PUT", "/api/admin/feature-schedule/2026-11-22", "games", Token.NEEDED),
    ("GET", "/api/admin/feature-schedule", "games", Token.NEEDED),
    ("DELETE", "/api/admin/feature-schedule/2026-11-22", "games", Token.NEEDED),
    ("PUT", "/api/admin/features/ROULETTE", "games", Token.NEEDED),
    ("POST", "/api/admin/lottery/prizes/gold_1/restock", "games", Token.NEEDED),
    ("POST", "/api/admin/seasons", "seasonpass", Token.NEEDED),
    ("GET", "/api/admin/seasons", "seasonpass", Token.NEEDED),
    ("GET", "/api/admin/seasons/1", "seasonpass", Token.NEEDED),
    ("PUT", "/api/admin/seasons/1", "seasonpass", Token.NEEDED),
    ("POST", "/api/admin/seasons/1/publish", "seasonpass", Token.NEEDED),
    ("POST", "/api/admin/seasons/1/retire", "seasonpass", Token.NEEDED),
    ("PUT", "/api/admin/ranking/2026-11-22", "ranking", Token.OPERATOR),
    ("GET", "/api/admin/ranking/2026-11-22", "ranking", Token.NEEDED),
    ("GET", "/api/admin/ranking/2026-11-22/versions", "ranking", Token.NEEDED),
    ("GET", "/api/admin/auth/audit", "auth", Token.NEEDED),
    ("POST", "/api/admin/games/players/7/anything", "games", Token.NEEDED),
    ("POST", "/api/admin/games/grants", "games", Token.OPERATOR),
    ("GET", "/api/admin/games/grants", "games", Token.NEEDED),
    ("POST", "/api/admin/games/grants/spring/undo", "games", Token.NEEDED),
    ("DELETE", "/api/admin/seasonpass/a/b/c", "seasonpass", Token.NEEDED),
    ("GET", "/api/admin/players/7", "gateway", Token.OPERATOR),
    ("GET", "/readyz", "gateway", Token.NONE),
    ("GET", "/", "gateway", Token.NONE),
]

NOT_THERE = [
    "/metrics",
    "/internal",
    "/internal/anything",
    "/api",
    "/api/",
    "/api/auth",
    "/api/auth/status",
    "/api/fairness/status",
    "/api/admin",
    "/api/admin/auth",
    "/api/admin/auth/",
    "/api/today-feature/",
    "/api/roulette/play/",
    "/api/Roulette/play",
    "/api/2dice/play",
    f"/api/{'g' * 33}/play",
    "/api/roulette/configs/",
    "/api/season-pass/",
    "/livez/",
    "/docs/",
    "/redoc",
]


@pytest.mark.parametrize(("method", "path", "service", "token"), NAMED_ON_THE_WIRE)
def test_route_belongs_to_its_service(method: str, path: str, service: str, token: Token) -> None:
    route = TABLE.find(path.encode())[method]
    assert (route.service, route.token) == (service, token)


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_listed_does_not_exist(path: str) -> None:
    with pytest.raises(UnknownRoute):
        TABLE.find(path.encode())


def test_reads_have_three_seconds_writes_five_and_uploads_thirty() -> None:
    assert TABLE.find(b"/api/roulette/status")["GET"].seconds == 3
    assert TABLE.find(b"/api/roulette/play")["POST"].seconds == 5
    for upload in (
        TABLE.find(b"/api/admin/ranking/2026-11-22")["PUT"],
        TABLE.find(b"/api/admin/games/grants")["POST"],
    ):
        assert (upload.seconds, upload.body) == (30, Body.STREAMED)


def test_many_paths_do_not_fill_the_memory() -> None:
    table = RouteTable(ROUTES)
    for number in range(5000):
        table.find(b"/api/fairness/receipts/%d" % number)
    assert len(table._remembered) == 1024
    assert "POST" in table.find(b"/api/dice/play")


def test_every_own_route_has_a_handler_and_every_handler_a_route(make_settings: Callable[[], GatewaySettings]) -> None:
    handlers = Parts(make_settings(), TABLE).own.handlers
    assert set(handlers) == {route.path for route in ROUTES if route.service == GATEWAY}


def test_no_route_is_listed_twice() -> None:
    listed = [(route.method, route.path) for route in ROUTES]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    "path", ["//", "//api/today-feature", "/api/%74oday-feature", "/api/./today-feature", "/api/x;y", "/api\\x"]
)
def test_a_path_not_in_plain_form_is_refused(path: str) -> None:
    with pytest.raises(PathRefused):
        TABLE.find(path.encode())


async def test_an_unknown_route_is_404_without_a_token(gateway: RawClient, service: RecordingService) -> None:
    answer = await gateway.ask("GET", "/api/nothing/here")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert answer.json["instance"] == "/api/nothing/here"
    assert not service.received


async def test_a_wrong_method_is_405_with_the_right_ones(gateway: RawClient, service: RecordingService) -> None:
    answer = await gateway.ask("DELETE", "/api/roulette/play")
    assert (answer.status, answer.code, answer.header("allow")) == (405, "METHOD_NOT_ALLOWED", "POST")
    assert (await gateway.ask("POST", "/api/roulette/odds")).header("allow") == "GET, HEAD"
    assert (await gateway.ask("OPTIONS", "/api/roulette/odds")).status == 405
    assert (await gateway.ask("TRACE", "/api/roulette/odds")).status == 405
    assert not service.received


async def test_a_request_reaches_the_service_with_path_query_and_body_unchanged(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    headers = [("authorization", f"Bearer {token_mint.token(7)}"), ("content-type", "application/json")]
    answer = await gateway.ask("POST", "/api/dice/play?a=%2F..%00&b=%C3%A4", headers, b'{"x": 1}')
    assert (answer.status, answer.json) == (200, {"ok": True})
    [received] = service.received
    assert (received.method, received.target) == ("POST", "/api/dice/play?a=%2F..%00&b=%C3%A4")
    assert received.body == b'{"x": 1}'


async def test_head_is_answered_like_get_without_a_body(gateway: RawClient, service: RecordingService) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"HEAD /api/dice/odds HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    assert head.startswith("HTTP/1.1 200 OK")
    assert "content-length: 11" in head
    assert body == ""
    assert service.received[0].method == "GET"
