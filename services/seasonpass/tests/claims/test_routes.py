import asyncio
import datetime
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.contracts import Envelope
from fairground_common.testing import AsgiClient, TokenMint
from fairground_seasonpass.seasons.season import Level
from fairground_seasonpass.seasons.usecases import create_season

CLAIM = "/api/season-pass/claim"
CLAIM_ALL = "/api/season-pass/claim-all"
Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]
ALL_MANUAL = ((0, False), (10, False), (15, False), (40, False))


async def test_a_claim_gives_the_reward_once(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, season_pass: Any, sent: Any
) -> None:
    season = await publish()
    await deliver(a_play())
    answer = await player.post(CLAIM, body={"level": 2})
    assert answer.status == 200
    assert {**answer.body, "claimed_at": ...} == {
        "level": 2,
        "reward": {"type": "POINT", "amount": 200},
        "claimed_at": ...,
    }
    assert datetime.datetime.fromisoformat(answer.body["claimed_at"]).tzinfo is not None
    assert [(event.season_id, event.level) for event in await sent()] == [(season.id, 1), (season.id, 2)]
    assert (await season_pass.actions())[-1] == "REWARD_CLAIM"
    again = await player.post(CLAIM, body={"level": 2})
    assert (again.status, again.code) == (409, "REWARD_ALREADY_CLAIMED")
    assert len(await sent()) == 2


async def test_fifty_claims_at_once_are_one_reward(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, sent: Any
) -> None:
    await publish()
    await deliver(a_play())
    answers = await asyncio.gather(
        *(player.post(CLAIM, body={"level": 2}, headers={"idempotency-key": f"key-{n}"}) for n in range(50))
    )
    assert sorted(answer.status for answer in answers) == [200] + [409] * 49
    assert {answer.code for answer in answers if answer.status == 409} == {"REWARD_ALREADY_CLAIMED"}
    assert [event.level for event in await sent()] == [1, 2]


async def test_the_same_key_fifty_times_at_once_is_one_reward_and_one_answer(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, sent: Any
) -> None:
    await publish()
    await deliver(a_play())
    key = {"idempotency-key": "one"}
    answers = await asyncio.gather(*(player.post(CLAIM, body={"level": 2}, headers=key) for _ in range(50)))
    answers.append(await player.post(CLAIM, body={"level": 2}, headers=key))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert ["idempotency-replayed" in answer.headers for answer in answers].count(False) == 1
    assert [event.level for event in await sent()] == [1, 2]


async def test_claims_on_two_processes_at_once_are_one_reward(
    publish: Any, deliver: Deliver, a_play: Build, api: Any, token_mint: TokenMint, sent: Any
) -> None:
    await publish()
    await deliver(a_play())
    players = [(await api()).signed(token_mint.headers(1)) for _ in range(2)]
    answers = await asyncio.gather(*(each.post(CLAIM, body={"level": 2}) for each in players for _ in range(25)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 49
    assert [event.level for event in await sent()] == [1, 2]


async def test_a_player_who_claims_again_and_again_takes_no_connection_from_others(
    publish: Any, deliver: Deliver, a_play: Build, api: Any, token_mint: TokenMint, owner: asyncpg.Connection
) -> None:
    """Their claims wait for a row that somebody holds, and there are more of them than connections."""
    season = await publish(((0, False),))
    await deliver(a_play(1), a_play(2))
    caller = await api(pool_size=1)
    one, other = [caller.signed(token_mint.headers(user_id)) for user_id in (1, 2)]
    held = owner.transaction()
    await held.start()
    await owner.execute(
        "INSERT INTO season_pass_reward_log (user_id, season_id, level, grant_id, reward, auto_claim, granted_at)"
        f" VALUES (1, {season.id}, 1, gen_random_uuid(), '{{}}', false, now())"
    )
    claims = [asyncio.create_task(one.post(CLAIM, body={"level": 1})) for _ in range(20)]
    await asyncio.sleep(0)
    assert (await other.post(CLAIM, body={"level": 1})).status == 200
    await held.rollback()
    answers = await asyncio.gather(*claims)
    assert [answer.status for answer in answers].count(200) == 1
    assert {answer.code for answer in answers if answer.status != 200} <= {
        "REWARD_ALREADY_CLAIMED",
        "LOCK_NOT_ACQUIRED",
    }


async def test_a_key_belongs_to_one_body(publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient) -> None:
    await publish(ALL_MANUAL)
    await deliver(a_play())
    key = {"idempotency-key": "one"}
    assert (await player.post(CLAIM, body={"level": 1}, headers=key)).status == 200
    answer = await player.post(CLAIM, body={"level": 2}, headers=key)
    assert (answer.status, answer.code) == (422, "IDEMPOTENCY_KEY_REUSED")


async def test_what_is_wrong_is_told_in_a_fixed_order(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient
) -> None:
    assert (await player.post(CLAIM, body={"level": 9})).code == "NO_ACTIVE_SEASON"
    await publish()
    assert (await player.post(CLAIM, body={"level": 9})).code == "LEVEL_NOT_FOUND"
    assert (await player.post(CLAIM, body={"level": 2})).code == "LEVEL_NOT_REACHED"
    assert (await player.post(CLAIM, body={"level": 3})).code == "LEVEL_NOT_REACHED"
    await deliver(a_play())
    assert (await player.post(CLAIM, body={"level": 1})).code == "AUTO_CLAIM_LEVEL"
    assert (await player.post(CLAIM, body={"level": 2})).status == 200
    assert (await player.post(CLAIM, body={"level": 2})).code == "REWARD_ALREADY_CLAIMED"


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({}, ["level"]),
        ({"level": "2"}, ["level"]),
        ({"level": 2.5}, ["level"]),
        ({"level": True}, ["level"]),
        ({"level": 2, "season_id": 2**63}, ["season_id"]),
        ({"level": 2, "season_id": True}, ["season_id"]),
        ({"level": 2, "reward": {"type": "POINT", "amount": 10**6}}, ["reward"]),
    ],
)
async def test_a_wrong_field_is_named(player: AsgiClient, body: dict[str, Any], loc: list[str]) -> None:
    answer = await player.post(CLAIM, body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert [error["loc"] for error in answer.body["errors"]] == [loc]


@pytest.mark.parametrize("season_id", [True, "1", 1.5])
async def test_claim_all_takes_a_number_for_a_season(player: AsgiClient, season_id: object) -> None:
    answer = await player.post(CLAIM_ALL, body={"season_id": season_id})
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")


async def test_claim_all_takes_what_is_open_and_then_nothing(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, season_pass: Any
) -> None:
    await publish(ALL_MANUAL)
    await deliver(a_play(reward_xp=5))
    await player.post(CLAIM, body={"level": 2})
    answer = await player.post(CLAIM_ALL)
    assert answer.status == 200
    assert [each["level"] for each in answer.body["claimed"]] == [1, 3]
    assert (await player.post(CLAIM_ALL, body={})).body == {"claimed": []}
    assert await season_pass.rewards() == [1, 2, 3]
    assert (await season_pass.actions()).count("REWARD_CLAIM") == 3


async def test_claims_and_claim_alls_at_once_give_each_level_once(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, sent: Any
) -> None:
    await publish(ALL_MANUAL)
    await deliver(a_play(reward_xp=5))
    single = [player.post(CLAIM, body={"level": level}) for level in (3, 2, 1)]
    answers = await asyncio.gather(*(player.post(CLAIM_ALL) for _ in range(5)), *single)
    claimed = [each["level"] for answer in answers[:5] for each in answer.body["claimed"]]
    claimed += [answer.body["level"] for answer in answers[5:] if answer.status == 200]
    assert sorted(claimed) == [1, 2, 3]
    assert sorted(event.level for event in await sent()) == [1, 2, 3]


async def test_a_free_level_1_is_open_to_a_player_who_has_not_played_yet(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, season_pass: Any
) -> None:
    await publish(ALL_MANUAL)
    assert (await player.post(CLAIM, body={"level": 1})).status == 200
    await deliver(a_play())
    assert (await player.post(CLAIM, body={"level": 1})).code == "REWARD_ALREADY_CLAIMED"
    assert await season_pass.rewards() == [1]


@pytest.mark.parametrize(("days_after_the_end", "status"), [(0, 200), (1, 200), (7, 200), (8, 404)])
async def test_claims_are_open_through_the_grace_days(
    publish: Any,
    deliver: Deliver,
    a_play: Build,
    api: Any,
    token_mint: TokenMint,
    today: datetime.date,
    days_after_the_end: int,
    status: int,
) -> None:
    season = await publish(end_date=today)
    await deliver(a_play())
    later = (await api(clock_offset_seconds=days_after_the_end * 86_400)).signed(token_mint.headers(1))
    for body in ({"level": 2}, {"level": 2, "season_id": season.id}):
        answer = await later.post(CLAIM, body=body, headers={"idempotency-key": "same"} if status == 200 else {})
        if status == 404:
            assert answer.code == "NO_ACTIVE_SEASON"
            assert (await later.post(CLAIM_ALL, body={"season_id": season.id})).code == "NO_ACTIVE_SEASON"
        else:
            assert answer.status == 200
            break


@pytest.mark.parametrize(("days_later", "code"), [(0, None), (2, None), (3, "NO_ACTIVE_SEASON")])
async def test_a_retired_season_stays_claimable_through_its_grace_days(
    publish: Any,
    deliver: Deliver,
    a_play: Build,
    api: Any,
    admin: AsgiClient,
    token_mint: TokenMint,
    today: datetime.date,
    days_later: int,
    code: str | None,
) -> None:
    season = await publish(end_date=today, claim_grace_days=2)
    await deliver(a_play())
    assert (await admin.post(f"/api/admin/seasons/{season.id}/retire")).status == 200
    later = (await api(clock_offset_seconds=days_later * 86_400)).signed(token_mint.headers(1))
    answer = await later.post(CLAIM, body={"level": 2, "season_id": season.id})
    assert answer.status == 200 if code is None else answer.code == code


async def test_the_last_seasons_rewards_are_claimed_by_its_id_while_the_next_one_runs(
    publish: Any, deliver: Deliver, a_play: Build, api: Any, token_mint: TokenMint, today: datetime.date
) -> None:
    tomorrow = today + datetime.timedelta(days=1)
    last = await publish(ALL_MANUAL, end_date=today)
    running = await publish(ALL_MANUAL, start_date=tomorrow)
    await deliver(a_play(reward_xp=5), a_play(day=tomorrow))
    player = (await api(clock_offset_seconds=86_400)).signed(token_mint.headers(1))
    assert (await player.get("/api/season-pass/status")).body["season"]["id"] == running.id
    assert (await player.post(CLAIM, body={"level": 3})).code == "LEVEL_NOT_REACHED"
    assert (await player.post(CLAIM, body={"level": 3, "season_id": last.id})).status == 200
    of_last = (await player.post(CLAIM_ALL, body={"season_id": last.id})).body["claimed"]
    of_running = (await player.post(CLAIM_ALL)).body["claimed"]
    assert ([each["level"] for each in of_last], [each["level"] for each in of_running]) == ([1, 2], [1, 2])


@pytest.mark.parametrize("path", [CLAIM, CLAIM_ALL])
async def test_unknown_seasons_and_drafts_cannot_be_claimed_in(
    operator: AsgiClient, player: AsgiClient, a_season: Any, db: Any, path: str
) -> None:
    async with db.begin() as tx:
        draft = await create_season(tx, draft=a_season(), by=900)
    level = {"level": 1} if path == CLAIM else {}
    for season_id in (draft.id, 4711):
        answer = await player.post(path, body={**level, "season_id": season_id})
        assert (answer.status, answer.code) == (404, "SEASON_NOT_FOUND")


async def test_a_reward_of_nothing_is_delivered_at_once(
    publish: Any, deliver: Deliver, a_play: Build, player: AsgiClient, sent: Any
) -> None:
    await publish(((0, False),), levels=(Level(1, 0, {"type": "NONE", "amount": 0}, auto_claim=False),))
    await deliver(a_play())
    assert (await player.post(CLAIM, body={"level": 1})).body["reward"] == {"type": "NONE", "amount": 0}
    assert await sent() == []
    status = (await player.get("/api/season-pass/status")).body
    assert status["levels"][0]["delivery"] == "DELIVERED"


@pytest.mark.parametrize("path", [CLAIM, CLAIM_ALL])
async def test_claims_need_a_token(anybody: AsgiClient, path: str) -> None:
    assert (await anybody.post(path, body={"level": 1})).status == 401
