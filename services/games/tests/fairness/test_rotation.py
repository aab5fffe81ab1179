"""What is promised before a play, and what rotating reveals."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from fairground_common.testing import Answer, AsgiClient
from fairground_games.fairness.seeds import seeds_of
from fairground_games.settings import GamesSettings

Rotate = Callable[..., Awaitable[Answer]]


@pytest.fixture
def rotate(gambler: AsgiClient) -> Rotate:
    async def rotated(**options: object) -> Answer:
        return await gambler.post("/api/fairness/rotate", **options)

    return rotated


async def promise(client: AsgiClient) -> dict[str, object]:
    answer = await client.get("/api/fairness")
    assert answer.status == 200
    body: dict[str, object] = answer.body
    return body


async def test_a_newcomers_promise_is_known_and_writes_no_row(gambler: AsgiClient, owner: asyncpg.Connection) -> None:
    first = await promise(gambler)
    assert first.keys() == {"commitment", "client_seed", "client_seed_source", "nonce", "next_commitment"}
    assert (first["client_seed"], first["client_seed_source"], first["nonce"]) == ("player-1", "default", 0)
    assert await promise(gambler) == first
    assert await owner.fetchval("SELECT count(*) FROM player") == 0


@pytest.mark.usefixtures("games")
async def test_the_first_play_is_drawn_from_what_was_promised(gambler: AsgiClient) -> None:
    promised = await promise(gambler)
    played = (await gambler.post("/api/roulette/play")).body["fairness"]
    assert played == {name: promised[name] for name in ("commitment", "client_seed", "nonce")}
    assert await promise(gambler) == promised | {"nonce": 1}


@pytest.mark.usefixtures("games")
async def test_rotating_reveals_the_pair_and_starts_the_one_committed_to(gambler: AsgiClient, rotate: Rotate) -> None:
    before = await promise(gambler)
    for game in ("roulette", "dice", "lottery"):
        await gambler.post(f"/api/{game}/play")
    answer = (await rotate(body={"client_seed": "my-own_Seed"})).body
    revealed, current = answer["revealed"], answer["current"]
    assert hashlib.sha256(bytes.fromhex(revealed["server_seed"])).hexdigest() == before["commitment"]
    assert revealed.keys() == {"server_seed", "commitment", "client_seed", "plays"}
    assert (revealed["commitment"], revealed["client_seed"], revealed["plays"]) == (before["commitment"], "player-1", 3)
    assert current["commitment"] == before["next_commitment"]
    assert (current["client_seed"], current["client_seed_source"], current["nonce"]) == ("my-own_Seed", "player", 0)
    assert await promise(gambler) == current
    played = (await gambler.post("/api/dice/play")).body["fairness"]
    assert played == {name: current[name] for name in ("commitment", "client_seed", "nonce")}


async def test_a_newcomer_may_choose_a_client_seed_before_the_first_play(gambler: AsgiClient, rotate: Rotate) -> None:
    before = await promise(gambler)
    answer = (await rotate(body={"client_seed": "mine"})).body
    assert answer["revealed"]["plays"] == 0
    assert answer["revealed"]["commitment"] == before["commitment"]
    assert answer["current"]["commitment"] == before["next_commitment"]


@pytest.mark.parametrize("options", [{}, {"body": {}}, {"body": {"client_seed": None}}])
async def test_without_a_client_seed_the_old_one_stays(rotate: Rotate, options: dict[str, object]) -> None:
    assert (await rotate(**options)).body["current"]["client_seed"] == "player-1"
    await rotate(body={"client_seed": "mine"})
    current = (await rotate(**options)).body["current"]
    assert (current["client_seed"], current["client_seed_source"]) == ("mine", "player")


@pytest.mark.parametrize("client_seed", ["", "x" * 65, "a b", "a:b", "é", "a\n", 5, ["a"]])
async def test_a_wrong_client_seed_is_refused_and_reveals_nothing(
    rotate: Rotate, owner: asyncpg.Connection, client_seed: object
) -> None:
    answer = await rotate(body={"client_seed": client_seed})
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert [error["loc"] for error in answer.body["errors"]] == [["client_seed"]]
    assert await owner.fetchval("SELECT count(*) FROM revealed_seed_pair") == 0


async def test_a_repeated_key_rotates_once(gambler: AsgiClient, rotate: Rotate) -> None:
    headers = {"idempotency-key": "one"}
    first, again = [await rotate(headers=headers, body={"client_seed": "mine"}) for _ in range(2)]
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (await rotate(headers=headers)).code == "IDEMPOTENCY_KEY_REUSED"
    assert await promise(gambler) == first.body["current"]


async def test_rotations_at_once_reveal_every_pair_once(
    rotate: Rotate, gambler: AsgiClient, owner: asyncpg.Connection
) -> None:
    answers = await asyncio.gather(*(rotate() for _ in range(10)))
    assert [answer.status for answer in answers] == [200] * 10
    assert len({answer.body["revealed"]["server_seed"] for answer in answers}) == 10
    pairs = await owner.fetch("SELECT pair FROM revealed_seed_pair ORDER BY pair")
    assert [row["pair"] for row in pairs] == list(range(10))
    revealed = {answer.body["revealed"]["commitment"] for answer in answers}
    assert (await promise(gambler))["commitment"] not in revealed


@pytest.mark.usefixtures("games")
async def test_no_play_ever_uses_a_seed_that_was_revealed_before_it(
    gambler: AsgiClient, rotate: Rotate, owner: asyncpg.Connection
) -> None:
    """Plays and rotations at once: a pair's plays are exactly its nonces, and all are older than its reveal."""
    plays = [gambler.post("/api/roulette/play") for _ in range(40)]
    answers = await asyncio.gather(*plays, *(rotate() for _ in range(4)))
    assert {answer.status for answer in answers} == {200}
    rows = await owner.fetch(
        "SELECT p.pair, count(*) AS plays, max(p.nonce) AS last, max(r.plays) AS revealed"
        " FROM play p LEFT JOIN revealed_seed_pair r USING (user_id, pair) GROUP BY p.pair"
    )
    assert sum(row["plays"] for row in rows) == 40
    assert all(row["last"] == row["plays"] - 1 for row in rows)
    assert all(row["revealed"] in {None, row["plays"]} for row in rows)


@pytest.mark.usefixtures("games")
async def test_no_answer_and_no_row_shows_a_seed_before_its_reveal(
    gambler: AsgiClient, settings: GamesSettings, owner: asyncpg.Connection, rotate: Rotate
) -> None:
    seeds = seeds_of(settings)
    secret = [seeds.server_seed(seeds.key_id, 1, pair).hex() for pair in range(3)]
    plays = [await gambler.post(f"/api/{game}/play") for game in ("roulette", "dice", "lottery")]
    receipts = [await gambler.get(f"/api/fairness/receipts/{play.body['play_id']}") for play in plays]
    others = [await gambler.get(path) for path in ("/api/fairness", "/api/roulette/history", "/api/roulette/odds")]
    told = "".join(answer.content.decode() for answer in (*plays, *receipts, *others))
    stored = json.dumps([dict(row) for row in await owner.fetch("SELECT * FROM player")], default=str)
    stored += "".join(row[0] for row in await owner.fetch("SELECT p::text || receipt::text FROM play p"))
    stored += "".join(row[0] for row in await owner.fetch("SELECT envelope FROM outbox"))
    assert not [seed for seed in secret if seed in told or seed in stored]
    answer = (await rotate()).content.decode()
    assert [seed in answer for seed in secret] == [True, False, False]


async def test_fairness_needs_a_token(arcade: AsgiClient) -> None:
    assert (await arcade.get("/api/fairness")).code == "UNAUTHENTICATED"
    assert (await arcade.post("/api/fairness/rotate")).code == "UNAUTHENTICATED"


async def test_a_held_player_is_not_rotated(gambler: AsgiClient, rotate: Rotate, owner: asyncpg.Connection) -> None:
    await rotate()
    before = await promise(gambler)
    async with owner.transaction():
        await owner.execute("SELECT * FROM player FOR UPDATE")
        answer = await rotate()
    assert (answer.status, answer.code) == (503, "LOCK_NOT_ACQUIRED")
    assert answer.headers["retry-after"] == "1"
    assert await promise(gambler) == before


async def test_a_seed_key_that_is_gone_is_told_and_no_other_is_used(
    gambler: AsgiClient, rotate: Rotate, owner: asyncpg.Connection
) -> None:
    await rotate()
    await owner.execute("UPDATE player SET key_id = '0badcafe'")
    assert (await gambler.get("/api/fairness")).code == "SEED_KEY_UNKNOWN"
    assert (await rotate()).code == "SEED_KEY_UNKNOWN"
    assert await owner.fetchval("SELECT count(*) FROM revealed_seed_pair") == 1
