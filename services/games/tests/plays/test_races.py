"""Plays against the rest of the world: held rows, deadlocks, broken batches, cancelled requests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.errors import LockNotAcquired, RequestInProgress
from fairground_common.testing.eventually import eventually
from fairground_games.games import game_of
from fairground_games.plays.line import BATCH
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.queue import AT_ONCE, PlayQueue

ROULETTE, DICE, LOTTERY = game_of("roulette"), game_of("dice"), game_of("lottery")

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]


@pytest.fixture
async def holder(games_database: ServiceDatabase) -> Any:
    """Yield another session that may hold rows."""
    connection = await asyncpg.connect(games_database.owner_url)
    yield connection
    await connection.close()


async def as_refusal(play: Awaitable[Answered]) -> BaseException:
    (outcome,) = await asyncio.gather(play, return_exceptions=True)
    assert isinstance(outcome, BaseException), outcome
    return outcome


async def test_a_held_player_is_refused_after_the_lock_timeout_while_others_play_on(
    queue: PlayQueue, holder: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    await queue.play(Play(2, ROULETTE))
    async with holder.transaction():
        await holder.execute("SELECT FROM player WHERE user_id = 2 FOR UPDATE")
        held = [asyncio.create_task(as_refusal(queue.play(Play(2, ROULETTE, key)))) for key in (None, "key", None)]
        others = [await queue.play(Play(user, ROULETTE)) for user in (4, 6, 8, 10)]
        assert not any(task.done() for task in held), "others went on while the held player waited"
        refused = await asyncio.gather(*held)
    assert len(others) == 4
    codes = [getattr(each, "code", getattr(each, "sqlstate", None)) for each in refused]
    assert codes == ["55P03", RequestInProgress.code, "55P03"]


async def test_a_held_player_plays_as_soon_as_the_row_is_free(
    queue: PlayQueue,
    owner: asyncpg.Connection,
    holder: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    await queue.play(Play(2, ROULETTE))
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("SELECT FROM player WHERE user_id = 2 FOR UPDATE")
    waiting = asyncio.create_task(queue.play(Play(2, ROULETTE)))
    await eventually(lambda: _someone_waits(owner))
    await transaction.commit()
    assert (await waiting).play.used_today == 2


async def test_a_held_prize_refuses_draws_but_no_other_play_of_their_batch(
    queue: PlayQueue,
    holder: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
    lottery_config: Config,
) -> None:
    await store_version("roulette", roulette_config())
    await store_version("lottery", lottery_config(prizes=[lottery_config()["prizes"][0]]))
    async with holder.transaction():
        await holder.execute("SELECT FROM lottery_stock WHERE prize_key = 'gold' FOR UPDATE")
        plays = [Play(user, LOTTERY if user % 4 else ROULETTE) for user in range(2, 22, 2)]
        outcomes = await asyncio.gather(*map(queue.play, plays), return_exceptions=True)
    for play, outcome in zip(plays, outcomes, strict=True):
        assert isinstance(outcome, Answered) is (play.game is ROULETTE), outcome
    assert {getattr(outcome, "sqlstate", "55P03") for outcome in outcomes} == {"55P03"}


async def test_a_transaction_that_waits_holds_nobody_up(
    queue: PlayQueue,
    holder: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
    lottery_config: Config,
) -> None:
    await store_version("roulette", roulette_config())
    await store_version("lottery", lottery_config(prizes=[lottery_config()["prizes"][0]]))
    async with holder.transaction():
        await holder.execute("SELECT FROM lottery_stock WHERE prize_key = 'gold' FOR UPDATE")
        waiting = asyncio.ensure_future(queue.play(Play(1, LOTTERY)))
        await eventually(lambda: _someone_waits(holder))
        assert isinstance(await queue.play(Play(2, ROULETTE)), Answered)
        assert not waiting.done()
    assert isinstance(await waiting, Answered)


async def _someone_waits(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
@pytest.mark.parametrize(("failures", "succeeds"), [(2, True), (3, False)])
async def test_a_deadlock_or_serialisation_failure_is_tried_three_times_and_leaves_nothing(
    queue: PlayQueue,
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
    sqlstate: str,
    failures: int,
    succeeds: bool,
) -> None:
    await store_version("roulette", roulette_config())
    await _fail_first(owner, failures, sqlstate)
    (outcome,) = await asyncio.gather(queue.play(Play(1, ROULETTE)), return_exceptions=True)
    assert isinstance(outcome, Answered) is succeeds
    plays = await owner.fetchval("SELECT count(*) FROM play")
    assert plays == await owner.fetchval("SELECT count(*) FROM outbox") == (1 if succeeds else 0)
    if isinstance(outcome, Answered):
        assert outcome.play.nonce == 0, "a failed attempt burns no nonce"


async def _fail_first(owner: asyncpg.Connection, failures: int, sqlstate: str) -> None:
    """Let the first inserts into the outbox fail. A sequence counts, because it survives the rollback."""
    await owner.execute(f"""
        CREATE SEQUENCE failures;
        GRANT USAGE ON SEQUENCE failures TO games_app;
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('failures') <= {failures} THEN RAISE 'made to fail' USING ERRCODE = '{sqlstate}'; END IF;
            RETURN new;
        END $$;
        CREATE TRIGGER fail BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION fail();
    """)


async def test_one_plays_error_never_reaches_its_neighbours(
    queue: PlayQueue, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config())
    await owner.execute("ALTER TABLE play_default ADD CHECK (true)")
    await owner.execute("ALTER TABLE roulette_log ADD CONSTRAINT not_user_8 CHECK (user_id <> 8)")
    users = range(2, 20, 2)
    outcomes = await asyncio.gather(*(queue.play(Play(u, ROULETTE)) for u in users), return_exceptions=True)
    failed = [user for user, outcome in zip(users, outcomes, strict=True) if not isinstance(outcome, Answered)]
    assert failed == [8]
    assert await owner.fetchval("SELECT count(*) FROM play") == len(users) - 1
    assert await owner.fetchval("SELECT count(*) FROM player WHERE nonce = 1") == len(users) - 1


async def test_a_request_that_goes_away_leaves_a_whole_play_or_none(
    queue: PlayQueue,
    owner: asyncpg.Connection,
    postgres: str,
    store_version: StoreVersion,
    roulette_config: Config,
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    tasks = [asyncio.create_task(queue.play(Play(user, ROULETTE))) for user in range(100)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await eventually(lambda: _counts_agree(owner))
    assert await _idle_in_transaction(postgres, owner) == 0


async def _idle_in_transaction(superuser_url: str, owner: asyncpg.Connection) -> int:
    connection = await asyncpg.connect(superuser_url)
    try:
        count: int = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = $1",
            await owner.fetchval("SELECT current_database()"),
        )
    finally:
        await connection.close()
    return count


async def _counts_agree(owner: asyncpg.Connection) -> bool:
    row = await owner.fetchrow(
        "SELECT (SELECT count(*) FROM play) AS plays, (SELECT count(*) FROM outbox) AS events,"
        " (SELECT coalesce(sum(nonce), 0) FROM player) AS nonces"
    )
    assert row is not None
    return bool(row["plays"] == row["events"] == row["nonces"] >= 50)


async def test_a_play_that_has_queued_for_too_long_is_refused_without_a_transaction(
    make_queue: Callable[..., PlayQueue],
    holder: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    async with make_queue(patience=0.5) as queue, holder.transaction():
        await holder.execute("LOCK TABLE player IN ACCESS EXCLUSIVE MODE")
        plays = (queue.play(Play(user, ROULETTE)) for user in range(200))
        outcomes = await asyncio.gather(*plays, return_exceptions=True)
    assert sum(isinstance(outcome, LockNotAcquired) for outcome in outcomes) == 200 - AT_ONCE * BATCH
