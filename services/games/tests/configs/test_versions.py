"""Versions: posted as drafts, activated, retired; immutable, and known by their hash."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient, TokenMint

Config = Callable[..., dict[str, Any]]
Post = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Activate = Callable[..., Awaitable[Answer]]


@pytest.fixture
def configs(roulette_config: Config, dice_config: Config, lottery_config: Config) -> dict[str, dict[str, Any]]:
    return {"roulette": roulette_config(), "dice": dice_config(), "lottery": lottery_config()}


async def states(operator: AsgiClient, game: str = "roulette") -> dict[int, str]:
    answer = await operator.get(f"/api/admin/{game}/configs")
    return {item["version"]: item["state"] for item in answer.body["items"]}


@pytest.mark.parametrize("game", ["roulette", "dice", "lottery"])
async def test_a_posted_configuration_is_a_draft_until_it_is_activated(
    operator: AsgiClient, post: Post, activate: Activate, configs: dict[str, dict[str, Any]], game: str
) -> None:
    stored = await post(game, configs[game])
    assert stored.status == 201
    assert stored.body | {"sha256": ""} == {"version": 1, "state": "DRAFT", "sha256": ""}
    active = await activate(game, 1)
    assert active.status == 200
    assert active.body["state"] == "ACTIVE"
    assert active.body["sha256"] == stored.body["sha256"]
    assert active.body["activated_at"] is not None


@pytest.mark.parametrize("game", ["roulette", "dice", "lottery"])
async def test_the_public_text_is_what_was_posted_and_what_the_hash_stands_for(
    anybody: AsgiClient, post: Post, activate: Activate, configs: dict[str, dict[str, Any]], game: str
) -> None:
    sha256 = (await post(game, configs[game])).body["sha256"]
    await activate(game, 1)
    public = (await anybody.get(f"/api/{game}/configs/1")).body
    assert public.keys() == {"version", "state", "sha256", "canonical", "activated_at"}
    assert hashlib.sha256(public["canonical"].encode()).hexdigest() == public["sha256"] == sha256
    document = json.loads(public["canonical"])
    assert json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False) == public["canonical"]
    for prize in configs[game].get("prizes", []):
        prize.pop("stock", None)
        prize.setdefault("is_active", True)
    assert document == configs[game]


async def test_the_same_content_has_the_same_hash_whatever_the_order_of_segments(
    operator: AsgiClient, post: Post, roulette_config: Config
) -> None:
    config = roulette_config(name="행운의 바퀴")
    first = await post("roulette", config)
    second = await post("roulette", config | {"segments": config["segments"][::-1]})
    assert (second.body["version"], second.body["sha256"]) == (2, first.body["sha256"])
    kept = (await operator.get("/api/admin/roulette/configs/2")).body["canonical"]
    assert [each["slot_index"] for each in json.loads(kept)["segments"]] == [0, 1, 2, 3, 4, 5]
    assert "행운의 바퀴" in kept


async def test_a_draft_is_visible_to_operators_only(
    anybody: AsgiClient, operator: AsgiClient, post: Post, roulette_config: Config
) -> None:
    await post("roulette", roulette_config())
    assert (await anybody.get("/api/roulette/configs/1")).code == "CONFIG_NOT_FOUND"
    seen = await operator.get("/api/admin/roulette/configs/1")
    assert (seen.status, seen.body["state"], seen.body["created_by"]) == (200, "DRAFT", 900)


async def test_activation_retires_the_former_version_which_stays_public(
    anybody: AsgiClient, operator: AsgiClient, post: Post, activate: Activate, roulette_config: Config
) -> None:
    for number in (1, 2, 3):
        await post("roulette", roulette_config(name=f"Wheel {number}"))
    await activate("roulette", 1)
    await activate("roulette", 2)
    assert await states(operator) == {3: "DRAFT", 2: "ACTIVE", 1: "RETIRED"}
    assert (await anybody.get("/api/roulette/configs/1")).body["state"] == "RETIRED"


async def test_a_retired_version_may_come_back(
    operator: AsgiClient, post: Post, activate: Activate, roulette_config: Config
) -> None:
    for number in (1, 2):
        await post("roulette", roulette_config())
        await activate("roulette", number)
    assert (await activate("roulette", 1)).body["state"] == "ACTIVE"
    assert await states(operator) == {2: "RETIRED", 1: "ACTIVE"}
    assert (await operator.get("/api/admin/roulette/configs/1")).body["retired_at"] is None


async def test_activating_the_active_version_changes_nothing(
    owner: asyncpg.Connection, post: Post, activate: Activate, roulette_config: Config
) -> None:
    await post("roulette", roulette_config())
    first, second = [await activate("roulette", 1) for _ in range(2)]
    assert first.body == second.body
    assert await owner.fetchval("SELECT count(*) FROM game_activation") == 1
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'CONFIG_ACTIVATED'") == 1


@pytest.mark.parametrize("version", [0, -1, 2, 10**12])
async def test_an_unknown_version_is_not_found(
    anybody: AsgiClient,
    operator: AsgiClient,
    post: Post,
    activate: Activate,
    roulette_config: Config,
    version: int,
) -> None:
    await post("roulette", roulette_config())
    assert (await activate("roulette", version)).code == "CONFIG_NOT_FOUND"
    assert (await anybody.get(f"/api/roulette/configs/{version}")).code == "CONFIG_NOT_FOUND"
    assert (await operator.get(f"/api/admin/roulette/configs/{version}")).code == "CONFIG_NOT_FOUND"


async def test_versions_belong_to_their_game(
    operator: AsgiClient, post: Post, activate: Activate, roulette_config: Config, dice_config: Config
) -> None:
    await post("roulette", roulette_config())
    assert (await activate("dice", 1)).code == "CONFIG_NOT_FOUND"
    assert (await post("dice", dice_config())).body["version"] == 1
    await activate("dice", 1)
    assert (await states(operator), await states(operator, "dice")) == ({1: "DRAFT"}, {1: "ACTIVE"})


async def test_versions_are_listed_newest_first_page_by_page(
    operator: AsgiClient, post: Post, roulette_config: Config
) -> None:
    for _ in range(5):
        await post("roulette", roulette_config())
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await operator.get("/api/admin/roulette/configs", query=query)).body
        seen += [item["version"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [5, 4, 3, 2, 1]
    assert (await operator.get("/api/admin/roulette/configs", query={"cursor": "x"})).code == "VALIDATION_FAILED"


async def test_only_operators_post_and_only_admins_activate(
    anybody: AsgiClient, player: AsgiClient, operator: AsgiClient, post: Post, roulette_config: Config
) -> None:
    await post("roulette", roulette_config())
    path = "/api/admin/roulette/configs"
    assert (await anybody.post(path, body=roulette_config())).code == "UNAUTHENTICATED"
    assert (await player.post(path, body=roulette_config())).code == "FORBIDDEN"
    assert (await player.get(path)).code == "FORBIDDEN"
    assert (await player.get(f"{path}/1")).code == "FORBIDDEN"
    assert (await operator.post(f"{path}/1/activate")).code == "FORBIDDEN"
    assert await states(operator) == {1: "DRAFT"}


async def test_every_change_is_in_the_audit_log(
    owner: asyncpg.Connection, post: Post, activate: Activate, roulette_config: Config
) -> None:
    for number in (1, 2):
        await post("roulette", roulette_config())
        await activate("roulette", number)
    rows = await owner.fetch("SELECT user_id, action, subject, before, after FROM audit_log ORDER BY id")
    assert [(row["user_id"], row["action"], row["subject"]) for row in rows] == [
        (900, "CONFIG_CREATED", "config:roulette:1"),
        (901, "CONFIG_ACTIVATED", "config:roulette:1"),
        (900, "CONFIG_CREATED", "config:roulette:2"),
        (901, "CONFIG_ACTIVATED", "config:roulette:2"),
    ]
    assert json.loads(rows[3]["before"]) == {"active_version": 1}
    assert json.loads(rows[3]["after"])["state"] == "ACTIVE"


async def test_a_repeated_key_stores_one_draft_and_activates_once(
    operator: AsgiClient, activate: Activate, roulette_config: Config
) -> None:
    headers = {"idempotency-key": "one"}
    first, again = [
        await operator.post("/api/admin/roulette/configs", body=roulette_config(), headers=headers) for _ in range(2)
    ]
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = await operator.post("/api/admin/roulette/configs", body=roulette_config(name="Other"), headers=headers)
    assert other.code == "IDEMPOTENCY_KEY_REUSED"
    active, replayed = [await activate("roulette", 1, headers=headers) for _ in range(2)]
    assert replayed.body == active.body
    assert replayed.headers["idempotency-replayed"] == "true"
    assert await states(operator) == {1: "ACTIVE"}


async def test_an_activation_takes_no_body(post: Post, activate: Activate, roulette_config: Config) -> None:
    await post("roulette", roulette_config())
    assert (await activate("roulette", 1, body={"version": 2})).code == "VALIDATION_FAILED"


async def test_the_documentation_shows_each_games_own_body(anybody: AsgiClient) -> None:
    document = (await anybody.get("/openapi.json")).body
    bodies = {
        game: document["paths"][f"/api/admin/{game}/configs"]["post"]["requestBody"]["content"]["application/json"][
            "schema"
        ]["$ref"].rsplit("/", 1)[1]
        for game in ("roulette", "dice", "lottery")
    }
    assert bodies == {"roulette": "RouletteConfigIn", "dice": "DiceConfigIn", "lottery": "LotteryConfigIn"}
    assert document["components"]["schemas"]["RouletteConfigIn"]["properties"]["segments"]["minItems"] == 6


async def test_the_app_role_cannot_change_what_is_stored(
    pool: asyncpg.Pool, post: Post, roulette_config: Config, token_mint: TokenMint
) -> None:
    await post("roulette", roulette_config())
    for statement in ("UPDATE game_outcome SET weight = 1", "DELETE FROM game_outcome", "DELETE FROM game_activation"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)
