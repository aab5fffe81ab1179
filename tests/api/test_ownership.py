"""What belongs to a player is nobody else's, however it is asked for."""

import secrets
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest

from fairground_common.testing import eventually
from fairground_deploy.testing.callers import Caller

Document = dict[str, Any]

RECEIPT = "/api/fairness/receipts/{play_id}"
UNKNOWN = "0197a000-0000-7000-8000-000000000000"
PAGED = ("/api/roulette/history", "/api/season-pass/xp-history")
PLAYS = 3


class Owned:
    """A player's things, and the key one of them was asked for with."""

    def __init__(self, username: str, plays: list[Document], key: str) -> None:
        self.plays = plays
        self.key = key
        self.marks = {username, *(play[name] for play in plays for name in ("play_id", "event_id"))}


@pytest.fixture(scope="module")
async def owned(callers: dict[str, Caller], session: aiohttp.ClientSession) -> Owned:
    """Return what the player has after some plays, once the season pass has heard of them."""
    keys = [secrets.token_hex(12) for _ in range(PLAYS)]
    plays = [await get(session, callers["player"], "/api/roulette/play", method="POST", key=key) for key in keys]

    async def counted() -> bool:
        return len((await get(session, callers["player"], "/api/season-pass/xp-history"))["items"]) >= PLAYS

    assert await eventually(counted, within=30)
    return Owned((await get(session, callers["player"], "/api/auth/me"))["username"], plays, keys[0])


async def get(
    session: aiohttp.ClientSession, caller: Caller, path: str, *, method: str = "GET", key: str = "", **query: str
) -> Any:
    async with call(session, caller, path, method=method, key=key, **query) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


def call(
    session: aiohttp.ClientSession, caller: Caller, path: str, *, method: str = "GET", key: str = "", **query: str
) -> Any:
    headers: Mapping[str, str] = {**caller.headers, **({"Idempotency-Key": key} if key else {})}
    return session.request(method, path, headers=headers, params=query)


def test_only_receipts_are_named_by_an_id_of_the_players(document: Document) -> None:
    """Whoever adds another such operation adds it to these tests."""
    named = {
        path
        for path, item in document["paths"].items()
        for operation in item.values()
        if "{" in path and operation.get("security") == [{"bearer": []}]
    }
    assert named == {RECEIPT}


@pytest.mark.parametrize("name", ["other player", "operator", "admin"])
async def test_a_receipt_is_shown_to_its_player_only(
    name: str, owned: Owned, callers: dict[str, Caller], session: aiohttp.ClientSession
) -> None:
    path = RECEIPT.format(play_id=owned.plays[0]["play_id"])
    assert (await get(session, callers["player"], path))["play_id"] == owned.plays[0]["play_id"]
    foreign, unknown = [await refusal(session, callers[name], each) for each in (path, RECEIPT.format(play_id=UNKNOWN))]
    assert foreign == unknown == (404, "PLAY_NOT_FOUND", unknown[2])


async def refusal(session: aiohttp.ClientSession, caller: Caller, path: str) -> tuple[int, str, str]:
    async with call(session, caller, path) as answer:
        problem = await answer.json(content_type="application/problem+json")
        return answer.status, problem["code"], problem["detail"]


@pytest.mark.parametrize("path", PAGED)
async def test_a_cursor_opens_no_other_players_list(
    path: str, owned: Owned, callers: dict[str, Caller], session: aiohttp.ClientSession
) -> None:
    first = await get(session, callers["player"], path, limit="1")
    async with call(session, callers["other player"], path, cursor=first["next_cursor"]) as answer:
        text = await answer.text()
        assert answer.status == 200, text
        assert not [mark for mark in owned.marks if mark in text]


async def test_a_key_replays_nothing_to_another_player(
    owned: Owned, callers: dict[str, Caller], session: aiohttp.ClientSession
) -> None:
    async with call(session, callers["player"], "/api/roulette/play", method="POST", key=owned.key) as answer:
        assert answer.headers["Idempotency-Replayed"] == "true"
        assert (await answer.json())["play_id"] == owned.plays[0]["play_id"]
    async with call(session, callers["other player"], "/api/roulette/play", method="POST", key=owned.key) as answer:
        assert "Idempotency-Replayed" not in answer.headers
        assert (await answer.json())["play_id"] not in owned.marks


async def test_naming_another_player_shows_nothing_of_theirs(
    owned: Owned, callers: dict[str, Caller], document: Document, session: aiohttp.ClientSession
) -> None:
    whose = str(callers["player"].user_id)
    paths = [
        path
        for path, item in document["paths"].items()
        if "{" not in path and item.get("get", {}).get("security") == [{"bearer": []}]
    ]
    assert len(paths) > 10
    for path in paths:
        async with call(session, callers["other player"], path, user_id=whose, player_id=whose, sub=whose) as answer:
            text = await answer.text()
            assert not [mark for mark in owned.marks if mark in text], path
