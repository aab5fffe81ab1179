"""What the season pass tells whoever reconciles the services, and what it tells when something was broken by hand."""

import datetime
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from fairground_common.clock import KST, Clock
from fairground_common.contracts import Envelope, RewardDelivered
from fairground_common.db import Db
from fairground_common.ids import new_id
from fairground_common.tallies import Tally
from fairground_common.testing import AsgiClient
from fairground_seasonpass.plays.usecases import count_waiting_plays
from fairground_seasonpass.rewards.consumers import reward_delivered
from fairground_seasonpass.seasons.season import Level

PATH = "/api/admin/seasonpass/reconcile"
NOTHING = {"count": 0, "xor": "0" * 32}

Build = Callable[..., Envelope]
Deliver = Callable[..., Awaitable[None]]


def tally(ids: Iterable[UUID]) -> dict[str, Any]:
    """Return the tally of ids as the API writes it."""
    made = Tally.of(ids)
    return {"count": made.count, "xor": f"{made.xor:032x}"}


async def day_of(operator: AsgiClient, day: datetime.date | None = None) -> dict[str, Any]:
    """Return one day, today unless told otherwise."""
    answer = await operator.get(PATH if day is None else f"{PATH}?from={day}")
    assert answer.status == 200, answer.body
    [found] = answer.body["days"]
    return dict(found)


@pytest.fixture
def book(db: Db, sent: Any) -> Callable[[datetime.datetime], Awaitable[list[UUID]]]:
    """Return a function that answers every grant in the outbox as games does, and returns their ids."""

    async def answer(at: datetime.datetime) -> list[UUID]:
        grants = [event.grant_id for event in await sent()]
        said = [Envelope.of(RewardDelivered(grant_id=each, delivered_at=at), at=Clock().now()) for each in grants]
        await reward_delivered(db)(said)
        return grants

    return answer


async def test_plays_are_told_once_each_by_their_event_ids(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, today: datetime.date
) -> None:
    await publish()
    plays = [a_play(1), a_play(1), a_play(2)]
    await deliver(*plays)
    await deliver(*plays)
    assert await day_of(operator) == {
        "day": today.isoformat(),
        "counted": tally(each.event_id for each in plays),
        "delivered": NOTHING,
    }


async def test_slices_add_up_to_the_day_whenever_its_plays_were_made(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, today: datetime.date
) -> None:
    await publish()
    plays = [a_play() for _ in range(5)]
    await deliver(*plays)
    parts = [await operator.get(PATH, query={"from": today, "slice": each, "slices": 4}) for each in range(1, 5)]
    told = [answer.body["days"][0]["counted"] for answer in parts]
    added = sum((Tally(each["count"], int(each["xor"], 16)) for each in told), Tally())
    assert added == Tally.of(each.event_id for each in plays)


async def test_a_check_in_is_no_play(
    publish: Any, state_schedule: Any, operator: AsgiClient, player: AsgiClient
) -> None:
    await publish()
    await state_schedule()
    assert (await player.post("/api/season-pass/stamp")).status == 200
    assert (await day_of(operator))["counted"] == NOTHING


async def test_a_play_without_a_season_is_counted_as_one_before_and_after_its_season_comes(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, db: Db
) -> None:
    play = a_play()
    await deliver(play)
    assert (await day_of(operator))["counted"] == tally([play.event_id])
    await publish()
    await db.retrying(count_waiting_plays)
    assert (await day_of(operator))["counted"] == tally([play.event_id])


@pytest.mark.usefixtures("broken_by_hand")
async def test_a_line_that_is_gone_and_one_that_is_another_show(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, owner: asyncpg.Connection
) -> None:
    await publish()
    plays = [a_play(), a_play()]
    await deliver(*plays)
    whole = await day_of(operator)
    await owner.execute("UPDATE season_pass_xp_log SET event_id = $1 WHERE event_id = $2", new_id(), plays[0].event_id)
    changed = await day_of(operator)
    assert changed["counted"]["count"] == 2
    assert changed["counted"]["xor"] != whole["counted"]["xor"]
    await owner.execute("DELETE FROM season_pass_xp_log WHERE event_id = $1", plays[1].event_id)
    assert (await day_of(operator))["counted"]["count"] == 1


async def test_rewards_are_told_on_the_day_games_booked_them_and_before_as_on_their_way(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, book: Any, today: datetime.date
) -> None:
    await publish()
    await deliver(a_play(1, reward_xp=15))
    assert (await operator.get(PATH)).body["undelivered"] == 2
    assert (await day_of(operator))["delivered"] == NOTHING
    midnight = datetime.datetime.combine(today, datetime.time.min, KST)
    grants = await book(midnight - datetime.timedelta(microseconds=1))
    assert (await operator.get(PATH)).body["undelivered"] == 0
    assert (await day_of(operator))["delivered"] == NOTHING
    assert (await day_of(operator, today - datetime.timedelta(days=1)))["delivered"] == tally(grants)


async def test_rewards_there_is_nothing_to_book_for_are_not_told(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, book: Any, sent: Any
) -> None:
    rewards: list[dict[str, Any]] = [
        {"type": "NONE", "amount": 0},
        {"type": "POINT", "amount": 0},
        {"type": "ITEM", "amount": 0, "sku": "mug"},
    ]
    levels = tuple(Level(n, n, reward, auto_claim=True) for n, reward in enumerate(rewards, start=1))
    await publish(((1, True), (2, True), (3, True)), levels=levels)
    await deliver(a_play())
    await book(Clock().now())
    [item] = [event.grant_id for event in await sent() if event.reward.type == "ITEM"]
    assert (await day_of(operator))["delivered"] == tally([item])


async def test_a_delivery_games_never_made_shows(
    publish: Any, deliver: Deliver, a_play: Build, operator: AsgiClient, owner: asyncpg.Connection
) -> None:
    await publish()
    await deliver(a_play())
    grant_id = await owner.fetchval("UPDATE season_pass_delivery SET delivered_at = now() RETURNING grant_id")
    assert (await day_of(operator))["delivered"] == tally([grant_id])


async def test_every_day_asked_for_is_there_and_none_of_another_is_in_it(
    deliver: Deliver, a_play: Build, operator: AsgiClient, today: datetime.date
) -> None:
    before = today - datetime.timedelta(days=2)
    old, new = a_play(day=before), a_play()
    await deliver(old, new)
    answer = (await operator.get(f"{PATH}?from={before}&to={today}")).body
    assert (answer["from"], answer["to"]) == (before.isoformat(), today.isoformat())
    assert [day["counted"] for day in answer["days"]] == [tally([old.event_id]), NOTHING, tally([new.event_id])]


@pytest.mark.parametrize("days", ["from=2026-01-02&to=2026-01-01", "from=2026-01-01&to=2026-02-01", "from=today"])
async def test_days_that_cannot_be_are_refused(operator: AsgiClient, days: str) -> None:
    assert (await operator.get(f"{PATH}?{days}")).code == "VALIDATION_FAILED"


async def test_only_operators_are_told(anybody: AsgiClient, player: AsgiClient) -> None:
    assert [(await caller.get(PATH)).code for caller in (anybody, player)] == ["UNAUTHENTICATED", "FORBIDDEN"]
