"""Held rows, deadlocks, serialisation failures, a full disk, over two processes: one waits, nothing is half done."""

import asyncio
from http import HTTPStatus

import asyncpg
import pytest

from fairground_common.testing.chaos import Trial
from fairground_common.testing.eventually import eventually

HELD, CROSSED, ROOMLESS, OTHERS = 2, 3, 4, range(10, 40)


async def test_a_held_player_is_told_to_come_back_while_all_others_play(
    trial: Trial, holder: asyncpg.Connection
) -> None:
    await trial.open_wheel()
    await trial.callers.insist(HELD, "roulette", "before")
    async with holder.transaction():
        await holder.execute("SELECT FROM player WHERE user_id = $1 FOR UPDATE", HELD)
        asked = [(key, port) for key in (None, "held") for port in trial.callers.ports]
        held = [trial.callers.play(HELD, "roulette", key, port=port) for key, port in asked]
        # All at once, so that others share batches with the held player; the row stays held until all are answered.
        others = [trial.callers.play(user, "roulette", f"other-{user}") for user in OTHERS]
        told = await asyncio.gather(*held, *others)
    assert {answer and answer.status for answer in told[len(held) :]} == {HTTPStatus.OK}
    unkeyed, keyed = told[:2], told[2:4]
    assert [(answer.status, answer.code) for answer in unkeyed if answer] == [(503, "LOCK_NOT_ACQUIRED")] * 2
    assert [(answer.status, answer.code) for answer in keyed if answer] == [(409, "REQUEST_IN_PROGRESS")] * 2
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in told[: len(held)] if answer)
    assert (await trial.callers.insist(HELD, "roulette", "held")).body["used_today"] == 2


async def test_a_held_prize_refuses_draws_and_no_other_game(trial: Trial, holder: asyncpg.Connection) -> None:
    await trial.open_wheel()
    await trial.open_lottery({"held": 1000})
    async with holder.transaction():
        await holder.execute("SELECT FROM lottery_stock WHERE prize_key = 'held' FOR UPDATE")
        draws = [trial.callers.play(user, "lottery", f"draw-{user}") for user in OTHERS]
        spins = [trial.callers.play(user + 1000, "roulette", f"spin-{user}") for user in OTHERS]
        alternating = await asyncio.gather(*(play for pair in zip(draws, spins, strict=True) for play in pair))
    assert {answer and answer.status for answer in alternating[1::2]} == {HTTPStatus.OK}
    assert {(answer.status, answer.code) for answer in alternating[::2] if answer} == {(503, "LOCK_NOT_ACQUIRED")}


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
@pytest.mark.parametrize(("failures", "status"), [(2, HTTPStatus.OK), (3, HTTPStatus.SERVICE_UNAVAILABLE)])
async def test_two_conflicts_are_not_seen_and_a_third_is_told(
    trial: Trial, sqlstate: str, failures: int, status: HTTPStatus
) -> None:
    await trial.open_wheel()
    user, key = 100 + failures, f"{sqlstate}-{failures}"
    await trial.callers.insist(user, "roulette", f"{key}-before")
    nonces = await trial.database.fetchval("SELECT nonce FROM player WHERE user_id = $1", user)
    await _fail_first(trial.database, failures, sqlstate)
    answer = await trial.callers.play(user, "roulette", key)
    assert answer is not None
    assert answer.status == status
    assert await trial.plays_under(key) == (1 if status == HTTPStatus.OK else 0)
    again = await trial.callers.insist(user, "roulette", key)
    if status == HTTPStatus.OK:
        assert again.content == answer.content, "what was drawn is not drawn again"
    else:
        assert int(answer.headers["retry-after"]) >= 1
    assert again.body["fairness"]["nonce"] == nonces, "a failed attempt burns no nonce"


async def test_without_room_for_its_event_there_is_no_play(trial: Trial) -> None:
    await trial.open_wheel()
    await _fail_first(trial.database, 1, "53100")
    answer = await trial.callers.play(ROOMLESS, "roulette", "no-room")
    assert answer is not None
    assert (answer.status, answer.code) == (HTTPStatus.SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE")
    assert await trial.plays_under("no-room") == 0
    again = await trial.callers.insist(ROOMLESS, "roulette", "no-room")
    assert (again.status, again.headers.get("idempotency-replayed")) == (HTTPStatus.OK, None)


async def test_crossed_locks_end_with_whole_plays_and_nobody_is_left_waiting(
    trial: Trial, holder: asyncpg.Connection
) -> None:
    """A session holds the prize a draw waits for, and then wants the player that draw holds."""
    await trial.open_lottery({"crossed": 100})
    drawn = [asyncio.create_task(trial.callers.insist(CROSSED, "lottery", "enrol"))]
    await drawn[0]
    for number in range(3):
        async with holder.transaction():
            await holder.execute("SELECT FROM lottery_stock WHERE prize_key = 'crossed' FOR UPDATE")
            drawn.append(asyncio.create_task(trial.callers.insist(CROSSED, "lottery", f"crossed-{number}")))
            await eventually(lambda: _somebody_waits(trial.database))
            await holder.execute("SELECT FROM player WHERE user_id = $1 FOR UPDATE", CROSSED)
    answers = await asyncio.gather(*drawn)
    assert sorted(answer.body["used_today"] for answer in answers) == [1, 2, 3, 4]


async def _somebody_waits(database: asyncpg.Connection) -> bool:
    return bool(await database.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))


async def _fail_first(database: asyncpg.Connection, failures: int, sqlstate: str) -> None:
    """Let the first inserts into the outbox fail. A sequence counts, because it survives the rollback."""
    await database.execute(f"""
        DROP TRIGGER IF EXISTS fail ON outbox;
        DROP FUNCTION IF EXISTS fail;
        DROP SEQUENCE IF EXISTS failures;
        CREATE SEQUENCE failures;
        GRANT USAGE ON SEQUENCE failures TO games_app;
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('failures') <= {failures} THEN RAISE 'made to fail' USING ERRCODE = '{sqlstate}'; END IF;
            RETURN new;
        END $$;
        CREATE TRIGGER fail BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fail();
    """)
