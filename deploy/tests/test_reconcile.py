"""`fairground reconcile`, as operators run it, and the rules it judges by."""

import asyncio
import datetime
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import asyncpg
import pytest
from pydantic import SecretStr
from typing_extensions import override

from fairground_common.clock import Clock
from fairground_common.contracts import Envelope, PlaySettled, Reward
from fairground_common.embedded import free_port
from fairground_common.ids import new_id
from fairground_common.messaging import DeadLetter, bundle
from fairground_common.tallies import Tally
from fairground_common.testing import Databases, eventually
from fairground_common.testing.buses import Bus
from fairground_common.testing.processes import running, stopped
from fairground_deploy.api import Api, RefusedError, Reply
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.reconcile import watch
from fairground_deploy.reconcile.books import read_day
from fairground_deploy.reconcile.checks import Day, Row, plays_of, rewards_of, stock_of, undelivered
from fairground_deploy.reconcile.dead import QUEUE, DeadPlays
from fairground_deploy.reconcile.rounds import ask
from fairground_deploy.testing.player import Player, sign_up
from fairground_deploy.testing.zero import require_zero

DAY = datetime.date(2026, 1, 1)
A, B, C = (UUID(int=number) for number in (1, 2, 4))
DIFFERS = 1

Reconcile = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


def a_day(**ids: set[UUID]) -> Day:
    kept = {"plays": set(), "unsent": set(), "counted": set(), "credits": set(), "delivered": set(), **ids}
    return Day(day=DAY, **{what: Tally.of(of) for what, of in kept.items()})


def judged(day: Day, *dead: UUID) -> tuple[int, bool, bool]:
    """Return the difference of a day's plays, whether it reads 0, and whether it may come right by itself."""
    row = plays_of(day, lambda _: Tally.of(dead))
    return row.difference, row.reads_zero, row.on_its_way


@pytest.mark.parametrize(
    ("day", "dead", "expected"),
    [
        (a_day(), (), (0, True, False)),
        (a_day(plays={A, B}, counted={A, B}), (), (0, True, False)),
        (a_day(plays={A, B, C}, counted={A}, unsent={B}), (C,), (0, True, False)),
        (a_day(plays={A, B}, counted={A}), (), (1, False, True)),
        (a_day(plays={A, B}, counted={A}, unsent={A, B}), (), (-1, False, True)),
        (a_day(plays={A}, counted={A, B}), (), (-1, False, False)),
        (a_day(plays={A, B}, counted={A, C}), (), (0, False, False)),
        (a_day(plays={A, B}, counted={A}), (C,), (0, False, False)),
    ],
    ids=[
        "nothing",
        "all counted",
        "sent, unsent, dead",
        "on its way",
        "being sent",
        "too many",
        "another",
        "dead other",
    ],
)
def test_plays_are_counted_unsent_or_dead(day: Day, dead: tuple[UUID, ...], expected: tuple[int, bool, bool]) -> None:
    assert judged(day, *dead) == expected


def test_dead_letters_are_not_looked_at_while_no_play_is_missing() -> None:
    def never(_: datetime.date) -> Tally:
        raise AssertionError

    assert plays_of(a_day(plays={A}, counted={A}), never).reads_zero


@pytest.mark.parametrize(
    ("credited", "delivered", "reads_zero", "on_its_way"),
    [({A}, {A}, True, False), ({A, B}, {A}, False, True), ({A}, {A, B}, False, False), ({A}, {B}, False, False)],
)
def test_rewards_booked_are_rewards_delivered(
    credited: set[UUID], delivered: set[UUID], reads_zero: bool, on_its_way: bool
) -> None:
    row = rewards_of(a_day(credits=credited, delivered=delivered))
    assert (row.reads_zero, row.on_its_way) == (reads_zero, on_its_way)


def test_what_stands_still_is_a_fault_at_once() -> None:
    assert not stock_of("gold", supplied=10, issued=4, left=5).on_its_way
    assert stock_of("gold", supplied=10, issued=4, left=6).reads_zero
    assert (undelivered(0).reads_zero, undelivered(2).on_its_way) == (True, True)


def a_row(*, on_its_way: bool) -> list[Row]:
    return [Row("check", "now", int(on_its_way), 0, on_its_way=on_its_way)]


def test_only_what_is_on_its_way_is_asked_again_and_until_it_has_come() -> None:
    moving = iter([a_row(on_its_way=True), a_row(on_its_way=True), a_row(on_its_way=False)])
    still = iter([[Row("check", "now", 1, 0)]])
    rows = ask([lambda: next(moving), lambda: next(still)], patience=60)
    assert [row.reads_zero for row in rows] == [True, False]
    assert next(moving, None) is None


def test_what_never_comes_is_told_when_patience_ends() -> None:
    [row] = ask([lambda: a_row(on_its_way=True)], patience=0)
    assert not row.reads_zero


class Slow(Api):
    """Services that tell a day in so many slices or more, and take too long for fewer."""

    def __init__(self, slices: int) -> None:
        super().__init__("http://127.0.0.1:9")
        self.slices = slices

    @override
    def call(self, method: str, path: str, body: Any = None, headers: Any = None) -> Reply:
        asked = {name: int(values[0]) for name, values in parse_qs(urlsplit(path).query).items() if "slice" in name}
        if asked["slices"] < self.slices:
            return Reply(503, {"code": "SERVICE_UNAVAILABLE"})
        told = {"count": 1, "xor": f"{1 << asked.get('slice', 1):032x}"}
        return Reply(200, {"days": [dict.fromkeys(("plays", "unsent", "counted", "credits", "delivered"), told)]})


@pytest.mark.parametrize("slices", [1, 4, 16, 64])
def test_a_day_that_takes_too_long_is_the_sum_of_its_slices(slices: int) -> None:
    day = read_day(Slow(slices), DAY)
    assert day.plays == day.counted == Tally(slices, 2 ** (slices + 1) - 2)


def test_a_day_that_takes_too_long_in_any_slice_is_refused() -> None:
    with pytest.raises(RefusedError):
        read_day(Slow(65), DAY)


async def test_dead_plays_are_found_by_their_day_and_each_once(databases: Databases) -> None:
    bus = Bus(bus_database_url=SecretStr(databases.empty("bus").owner_url))
    await bus.declare_emptied()
    play, other = a_play(DAY), a_play(DAY + datetime.timedelta(days=1))
    for body in (encoded(play, other), encoded(play), b"nobody can read this"):
        await bus.broker().bury(QUEUE, DeadLetter(body, "refused 5 times"))
    assert bus.bus_database_url is not None
    dead = DeadPlays({"BUS_DATABASE_URL": bus.bus_database_url.get_secret_value()})
    assert await asyncio.to_thread(dead, DAY) == Tally.of([play.event_id])
    assert dead.unknown == ""
    await bus.close()


def a_play(day: datetime.date) -> Envelope:
    settled = PlaySettled(
        play_id=new_id(),
        user_id=1,
        feature_type="DICE",
        day=day,
        outcome="WIN",
        reward=Reward(type="NONE"),
        config_version=1,
    )
    return Envelope.of(settled, at=Clock().now(), key=1)


def encoded(*events: Envelope) -> bytes:
    return bundle.encode([event.to_json() for event in events])


def test_without_a_broker_no_play_is_dead_and_it_is_said_why(tmp_path: Path) -> None:
    dead = DeadPlays({"DATA_DIR": str(tmp_path)})
    assert dead(DAY) == Tally()
    assert dead.unknown != ""


@pytest.fixture
async def books(product: Product) -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """Yield a hand in each service's database."""
    assert product.databases is not None
    services = ("games", "seasonpass")
    opened = {each: await asyncpg.connect(product.databases.services[each].owner_url) for each in services}
    yield opened
    for connection in opened.values():
        await connection.close()


@pytest.fixture
def acting(product: Product) -> dict[str, str]:
    """Return the environment of a command that acts as the first admin."""
    return {
        **os.environ,
        "FAIRGROUND_URL": product.gateway_url,
        "ADMIN_USERNAME": product.admin.username,
        "ADMIN_PASSWORD": product.admin.password,
        "DATA_DIR": str(product.data.root),
    }


@pytest.fixture
def reconcile(acting: dict[str, str]) -> Reconcile:
    """Return a function that runs `fairground reconcile`."""

    async def run(*options: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "fairground_deploy", "reconcile", *options]
        return await asyncio.to_thread(
            subprocess.run, command, env=acting | settings, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
async def played(product: Product, reconcile: Reconcile) -> Player:
    """Return a player who has played every game and whose level reward has arrived: there is nothing under way."""
    player = await sign_up(product.gateway_url)
    for game in ("roulette", "dice", "lottery"):
        await player.play(game)
    await reconcile()
    return player


async def test_after_plays_everything_reads_zero(reconcile: Reconcile, played: Player) -> None:
    told = await reconcile()
    assert (told.returncode, told.stderr) == (0, ""), told.stdout
    assert told.stdout.endswith("rows read 0\n")
    rows = json.loads((await reconcile("--json")).stdout)["rows"]
    today = [row for row in rows if row["of"] == Clock().today().isoformat()]
    assert [row["check"] for row in today] == ["plays = counted + unsent + dead", "rewards booked = delivered"]
    assert today[0]["left"] >= 3
    assert today[1]["left"] >= 1


@pytest.mark.parametrize(
    ("service", "breaking", "mending", "check", "difference"),
    [
        (
            "seasonpass",
            "UPDATE season_pass_xp_log SET source = 'LATE_PLAY' WHERE user_id = $1",
            "UPDATE season_pass_xp_log SET source = 'PLAY' WHERE user_id = $1",
            "plays = counted + unsent + dead",
            3,
        ),
        (
            "games",
            "UPDATE play SET day = day + 1 WHERE user_id = $1",
            "UPDATE play SET day = day - 1 WHERE user_id = $1",
            "plays = counted + unsent + dead",
            -3,
        ),
        (
            "games",
            "UPDATE reward_ledger SET source_kind = 'lost' WHERE source_kind = 'grant' AND user_id = $1",
            "UPDATE reward_ledger SET source_kind = 'grant' WHERE source_kind = 'lost' AND user_id = $1",
            "rewards booked = delivered",
            -1,
        ),
        (
            "games",
            "UPDATE player SET balance = balance + 7 WHERE user_id = $1",
            "UPDATE player SET balance = balance - 7 WHERE user_id = $1",
            "balance = ledger",
            7,
        ),
        (
            "games",
            'UPDATE lottery_stock SET issued = issued + 1 WHERE "left" IS NOT NULL AND $1::bigint > 0',
            'UPDATE lottery_stock SET issued = issued - 1 WHERE "left" IS NOT NULL AND $1::bigint > 0',
            "stock opened + restocked = issued + left",
            -1,
        ),
        (
            "seasonpass",
            "UPDATE season_pass_progress SET current_xp = current_xp + 1 WHERE user_id = $1",
            "UPDATE season_pass_progress SET current_xp = current_xp - 1 WHERE user_id = $1",
            "wrong progress",
            1,
        ),
    ],
    ids=["a play not counted", "a play gone", "a credit gone", "a balance", "stock", "progress"],
)
async def test_what_is_broken_by_hand_is_a_row_and_the_end_is_1(
    reconcile: Reconcile,
    played: Player,
    books: dict[str, asyncpg.Connection],
    service: str,
    breaking: str,
    mending: str,
    check: str,
    difference: int,
) -> None:
    await books[service].execute(breaking, played.user_id)
    told = await reconcile("--wait", "0", "--json")
    await books[service].execute(mending, played.user_id)
    assert told.returncode == DIFFERS
    wrong = [row for row in json.loads(told.stdout)["rows"] if not row["reads_zero"]]
    assert (check, difference) in [(row["check"], row["difference"]) for row in wrong]
    assert (await reconcile()).returncode == 0, "and when it is mended, nothing is left"


async def test_suites_that_leave_a_play_uncounted_are_told_when_they_end(
    product: Product, played: Player, books: dict[str, asyncpg.Connection]
) -> None:
    told = "UPDATE season_pass_xp_log SET source = $2 WHERE user_id = $1"
    await books["seasonpass"].execute(told, played.user_id, "LATE_PLAY")
    with pytest.raises(AssertionError, match=r"plays = counted .* 3\n"):
        await asyncio.to_thread(require_zero, sign_in_first_admin(product), patience=0)
    await books["seasonpass"].execute(told, played.user_id, "PLAY")


async def test_days_long_past_read_zero(reconcile: Reconcile) -> None:
    told = await reconcile("--from", "2019-01-01", "--to", "2019-01-02", "--json")
    rows = json.loads(told.stdout)["rows"]
    assert [row["of"] for row in rows[:4]] == ["2019-01-01", "2019-01-01", "2019-01-02", "2019-01-02"]
    assert told.returncode == 0


@pytest.mark.parametrize(
    ("options", "settings", "code", "told"),
    [
        ([], {"ADMIN_PASSWORD": "another password"}, 1, "INVALID_CREDENTIALS"),
        ([], {"FAIRGROUND_URL": "http://127.0.0.1:9"}, 1, "Connection refused"),
        ([], {"ADMIN_PASSWORD": ""}, 2, "bad setting ADMIN_PASSWORD"),
        (["--from", "2026-01-02", "--to", "2026-01-01"], {}, 2, "earlier than"),
    ],
)
async def test_what_stands_in_the_way_is_said(
    reconcile: Reconcile, options: list[str], settings: dict[str, Any], code: int, told: str
) -> None:
    refused = await reconcile(*options, **settings)
    assert (refused.returncode, refused.stdout) == (code, "")
    assert told in refused.stderr


def test_how_the_books_stand_is_told_by_check() -> None:
    other_ids = Row("plays", "2026-01-02", 5, 5, same_ids=False)
    watch.note([Row("stock", "gold", 9, 9), Row("plays", "2026-01-01", 5, 7), other_ids])
    assert (watch.DIFFERENCE.value("stock"), watch.DIFFERENCE.value("plays")) == (0, 3)


async def test_watched_books_are_told_until_a_signal(acting: dict[str, str]) -> None:
    port = free_port()
    async with running(acting, "fairground_deploy", "watch-books", "--port", str(port)) as process:
        told = await eventually(partial(_told_at, port), within=60, every=0.2)
        end = await stopped(process)
    assert b'\nfairground_reconcile_difference{check="wrong balances"} 0\n' in told
    assert (end.code, end.errors) == (0, "")


async def _told_at(port: int) -> bytes:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:
        raise AssertionError("it does not listen yet") from error
    writer.write(b"GET /metrics HTTP/1.1\r\n\r\n")
    told = await reader.read()
    writer.close()
    assert b"\nfairground_reconcile_finished_timestamp_seconds " in told
    return told
