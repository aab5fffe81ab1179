"""One player, as every service knows them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from fairground_common.testing import TokenMint
from fairground_gateway.testing import RawClient, RecordingService, answering

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]


async def test_answers_stand_side_by_side_and_what_is_away_is_named(
    run_gateway: RunGateway, service: RecordingService, token_mint: TokenMint
) -> None:
    signed = [("authorization", f"Bearer {token_mint.token(1, 'operator')}")]
    async with run_gateway(ranking_url="http://127.0.0.1:9") as gateway:
        service.usually = answering(body=b'{"a":1}')
        answer = await gateway.ask("GET", "/api/admin/players/7", signed)
    assert answer.json == {
        "user_id": 7,
        "auth": {"a": 1},
        "games": {"a": 1},
        "seasonpass": {"a": 1},
        "missing": ["ranking"],
    }
    assert sorted(received.target for received in service.received) == [
        "/api/admin/auth/players/7",
        "/api/admin/games/players/7",
        "/api/admin/seasonpass/players/7",
    ]
    assert all(received.values("authorization") == [signed[0][1]] for received in service.received)


async def test_an_unknown_player_is_null_where_unknown(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    service.usually = answering(404)
    signed = [("authorization", f"Bearer {token_mint.token(1, 'operator')}")]
    answer = await gateway.ask("GET", "/api/admin/players/7", signed)
    assert (answer.status, answer.json["games"], answer.json["missing"]) == (200, None, [])


@pytest.mark.parametrize("user_id", ["0", "x", "-1", "7x", str(2**63), "9" * 5000])
async def test_what_is_no_user_id_is_refused_before_anybody_is_asked(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint, user_id: str
) -> None:
    signed = [("authorization", f"Bearer {token_mint.token(1, 'operator')}")]
    assert (await gateway.ask("GET", f"/api/admin/players/{user_id}", signed)).code == "VALIDATION_FAILED"
    assert not service.received


async def test_a_players_token_is_refused_before_anybody_is_asked(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    assert (await gateway.ask("GET", "/api/admin/players/7")).code == "UNAUTHENTICATED"
    signed = [("authorization", f"Bearer {token_mint.token(7)}")]
    assert (await gateway.ask("GET", "/api/admin/players/7", signed)).code == "FORBIDDEN"
    assert not service.received
