"""Plays through the queue, the pipeline and PostgreSQL: limits, keys, stock, neighbours."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.errors import FairgroundError
from fairground_common.features import NoFeatureToday
from fairground_games.features.errors import InvalidFeatureSchedule
from fairground_games.games import game_of
from fairground_games.games.roulette import InvalidRouletteConfig
from fairground_games.plays.errors import DailyLimitReached, LotterySoldOut
from fairground_games.plays.play import Answered, Play
from fairground_games.plays.queue import PlayQueue

ROULETTE, DICE, LOTTERY = game_of("roulette"), game_of("dice"), game_of("lottery")

Config = Callable[..., dict[str, Any]]
StoreVersion = Callable[[str, dict[str, Any]], Awaitable[int]]


async def all_of(*plays: Awaitable[Answered]) -> list[Answered | BaseException]:
    return await asyncio.gather(*plays, return_exceptions=True)


def answers(outcomes: list[Answered | BaseException]) -> list[Answered]:
    return [outcome for outcome in outcomes if isinstance(outcome, Answered)]


def refusals(outcomes: list[Answered | BaseException]) -> Counter[str]:
    return Counter(outcome.code for outcome in outcomes if isinstance(outcome, FairgroundError))


@pytest.mark.parametrize("limit", [1, 3])
async def test_exactly_the_limit_succeeds_of_100_parallel_plays_over_two_processes(
    make_queue: Callable[..., PlayQueue], store_version: StoreVersion, roulette_config: Config, limit: int
) -> None:
    await store_version("roulette", roulette_config(max_daily=limit))
    async with make_queue() as one, make_queue() as other:
        outcomes = await all_of(*((one, other)[i % 2].play(Play(1, ROULETTE)) for i in range(100)))
    assert len(answers(outcomes)) == limit
    assert refusals(outcomes) == {"DAILY_LIMIT_REACHED": 100 - limit}
    assert sorted(answer.play.used_today for answer in answers(outcomes)) == list(range(1, limit + 1))


async def test_limit_0_is_unlimited(queue: PlayQueue, store_version: StoreVersion, roulette_config: Config) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    outcomes = await all_of(*(queue.play(Play(1, ROULETTE)) for _ in range(100)))
    assert len(answers(outcomes)) == 100
    body = answers(outcomes)[0].body()
    assert (body["remaining"], body["unlimited"]) == (0, True)


async def test_a_refusal_says_when_the_day_turns(
    queue: PlayQueue, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config(max_daily=1))
    await queue.play(Play(1, ROULETTE))
    with pytest.raises(DailyLimitReached) as refused:
        await queue.play(Play(1, ROULETTE))
    assert refused.value.retry_after is not None
    assert 1 <= refused.value.retry_after <= 24 * 3600


async def test_the_nonce_counts_committed_plays_over_all_games_without_a_gap(
    queue: PlayQueue,
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
    dice_config: Config,
) -> None:
    await store_version("roulette", roulette_config(max_daily=2))
    await store_version("dice", dice_config(max_daily=2))
    await all_of(*(queue.play(Play(1, game)) for _ in range(5) for game in (ROULETTE, DICE)))
    nonces = await owner.fetch("SELECT nonce FROM play WHERE user_id = 1 ORDER BY nonce")
    assert [row["nonce"] for row in nonces] == [0, 1, 2, 3]
    assert await owner.fetchval("SELECT nonce FROM player WHERE user_id = 1") == 4


async def test_the_same_key_gives_the_same_answer_50_times_over_two_processes(
    make_queue: Callable[..., PlayQueue],
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
) -> None:
    await store_version("roulette", roulette_config())
    async with make_queue() as one, make_queue() as other:
        outcomes = await all_of(*((one, other)[i % 2].play(Play(1, ROULETTE, "key")) for i in range(50)))
    given = answers(outcomes)
    assert len(given) == 50, refusals(outcomes)
    assert [answer.replayed for answer in given].count(False) == 1
    assert all(answer.body() == given[0].body() for answer in given)
    assert await owner.fetchval("SELECT count(*) FROM play") == 1
    assert await owner.fetchval("SELECT count(*) FROM outbox") == 1


async def test_a_key_belongs_to_one_player_and_one_game(
    queue: PlayQueue, store_version: StoreVersion, roulette_config: Config, dice_config: Config
) -> None:
    await store_version("roulette", roulette_config())
    await store_version("dice", dice_config())
    outcomes = await all_of(*(queue.play(Play(user, game, "key")) for user in (1, 2) for game in (ROULETTE, DICE)))
    assert [answer.replayed for answer in answers(outcomes)] == [False] * 4


async def test_a_replay_is_answered_after_the_limit_and_the_kill_switch(
    queue: PlayQueue, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config(max_daily=1))
    first = await queue.play(Play(1, ROULETTE, "key"))
    await owner.execute("UPDATE feature_config SET is_enabled = false WHERE feature_type = 'ROULETTE'")
    again = await queue.play(Play(1, ROULETTE, "key"))
    assert again.replayed
    assert again.body() == first.body()


async def test_the_kill_switch_holds_from_the_next_play_on_even_in_test_mode(
    queue: PlayQueue, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config())
    await queue.play(Play(1, ROULETTE))
    await owner.execute("UPDATE feature_config SET is_enabled = false WHERE feature_type = 'ROULETTE'")
    with pytest.raises(NoFeatureToday) as refused:
        await queue.play(Play(1, ROULETTE))
    assert refused.value.reason == "disabled"


async def test_the_gate_and_the_missing_version_are_told_apart(
    make_queue: Callable[..., PlayQueue], schedule: Callable[[str], Awaitable[None]]
) -> None:
    async with make_queue(test_mode=False) as queue:
        with pytest.raises(NoFeatureToday):
            await queue.play(Play(1, ROULETTE))
        await schedule("ROULETTE")
        with pytest.raises(InvalidFeatureSchedule):
            await queue.play(Play(1, ROULETTE))
        with pytest.raises(NoFeatureToday) as other:
            await queue.play(Play(1, DICE))
        assert other.value.reason == "other_feature"
    async with make_queue(test_mode=True) as queue:
        with pytest.raises(FairgroundError) as unset:
            await queue.play(Play(1, LOTTERY))
        assert unset.value.code == "INVALID_LOTTERY_CONFIG"


async def test_a_new_version_holds_from_the_next_play_on_and_keeps_the_days_count(
    queue: PlayQueue, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config(max_daily=3))
    await queue.play(Play(1, ROULETTE))
    await store_version("roulette", roulette_config(max_daily=2))
    second = await queue.play(Play(1, ROULETTE))
    assert (second.play.config_version, second.play.used_today) == (2, 2)
    with pytest.raises(DailyLimitReached):
        await queue.play(Play(1, ROULETTE))


async def test_a_version_broken_by_hand_is_refused_and_its_neighbours_play_on(
    make_queue: Callable[..., PlayQueue],
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    roulette_config: Config,
    dice_config: Config,
) -> None:
    await store_version("roulette", roulette_config())
    await store_version("dice", dice_config())
    await owner.execute("UPDATE game_outcome SET weight = 11 WHERE game = 'roulette' AND key = '5'")
    async with make_queue() as queue:
        outcomes = await all_of(queue.play(Play(1, ROULETTE)), queue.play(Play(3, DICE)), queue.play(Play(5, DICE)))
    assert isinstance(outcomes[0], InvalidRouletteConfig)
    assert len(answers(outcomes)) == 2


async def test_a_limited_prize_is_neither_oversold_nor_undersold(
    make_queue: Callable[..., PlayQueue],
    owner: asyncpg.Connection,
    store_version: StoreVersion,
    lottery_config: Config,
) -> None:
    await store_version("lottery", lottery_config(stock=20))
    async with make_queue() as one, make_queue() as other:
        outcomes = await all_of(*((one, other)[i % 2].play(Play(i, LOTTERY)) for i in range(200)))
    units = [answer.play.unit for answer in answers(outcomes) if answer.play.unit is not None]
    assert len(answers(outcomes)) == 200, refusals(outcomes)
    assert sorted(units) == list(range(1, 21))
    stock = await owner.fetchrow("SELECT * FROM lottery_stock WHERE prize_key = 'gold'")
    assert stock is not None
    assert (stock["left"], stock["issued"]) == (0, 20)
    assert await owner.fetchval("SELECT count(*) FROM lottery_stock_event WHERE kind = 'exhausted'") == 1
    assert await owner.fetchval("SELECT count(*) FROM fulfilment WHERE sku = 'gold-bar'") == 20


async def test_a_redraw_goes_on_with_the_next_draw_index_over_the_rest(
    queue: PlayQueue, store_version: StoreVersion, lottery_config: Config
) -> None:
    await store_version("lottery", lottery_config(stock=1))
    outcomes = await all_of(*(queue.play(Play(2 * i, LOTTERY)) for i in range(64)))
    attempts = [answer.play.receipt["attempts"] for answer in answers(outcomes)]
    repeated = [each for each in attempts if len(each["hits"]) == 2]
    assert repeated, "with one unit and 64 plays some draw must hit the exhausted prize"
    assert all(each == {"out": "0", "hits": [0, 1]} for each in repeated)


async def test_sold_out_is_said_only_when_nothing_is_left(
    queue: PlayQueue, store_version: StoreVersion, lottery_config: Config
) -> None:
    only = [lottery_config(stock=3)["prizes"][0]]
    await store_version("lottery", lottery_config(prizes=only))
    outcomes = await all_of(*(queue.play(Play(i, LOTTERY)) for i in range(10)))
    assert len(answers(outcomes)) == 3
    assert refusals(outcomes) == {LotterySoldOut.code: 7}


async def test_points_are_booked_once_with_the_balance_they_lead_to(
    queue: PlayQueue, owner: asyncpg.Connection, store_version: StoreVersion, roulette_config: Config
) -> None:
    await store_version("roulette", roulette_config(max_daily=0))
    await all_of(*(queue.play(Play(1, ROULETTE)) for _ in range(60)))
    ledger = await owner.fetch("SELECT amount, balance_after FROM reward_ledger WHERE user_id = 1 ORDER BY id")
    total = 0
    for row in ledger:
        total += row["amount"]
        assert row["balance_after"] == total
    assert ledger
    assert await owner.fetchval("SELECT balance FROM player WHERE user_id = 1") == total


async def test_every_play_leaves_its_row_its_log_line_and_its_event(
    queue: PlayQueue, owner: asyncpg.Connection, store_version: StoreVersion, dice_config: Config
) -> None:
    await store_version("dice", dice_config())
    answered = await queue.play(Play(7, DICE, request_id="request-1"))
    log = await owner.fetchrow("SELECT * FROM user_event_log")
    event = await owner.fetchrow("SELECT * FROM outbox")
    assert log is not None
    assert event is not None
    assert (log["user_id"], log["action"], log["feature_type"], log["request_id"]) == (7, "PLAY", "DICE", "request-1")
    assert event["event_id"] == answered.play.event_id
    assert event["type"] == "games.play_settled.v1"


async def test_a_stored_receipt_stays_below_600_bytes(
    queue: PlayQueue, owner: asyncpg.Connection, store_version: StoreVersion, lottery_config: Config
) -> None:
    await store_version("lottery", lottery_config(stock=1))
    await all_of(*(queue.play(Play(i, LOTTERY)) for i in range(64)))
    assert await owner.fetchval("SELECT max(octet_length(receipt::text)) FROM play") <= 600
