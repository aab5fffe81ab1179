"""Reading what the services say they keep, through the gateway."""

import datetime
from collections.abc import Iterator
from functools import reduce
from http import HTTPStatus
from typing import Any

from fairground_common.progress import Progress
from fairground_common.tallies import Tally
from fairground_deploy.api import Api, RefusedError
from fairground_deploy.reconcile import checks
from fairground_deploy.reconcile.checks import Day, Row
from fairground_deploy.season.rebuild import Rebuilt, in_words, rebuild_seasons

GAMES, SEASON_PASS = "/api/admin/games/reconcile", "/api/admin/seasonpass/reconcile"

SLICES = (1, 4, 16, 64)
"""Parts a day is asked for in, until one of them is told within the limits of a request."""
TOO_MUCH = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def read_today(admin: Api) -> datetime.date:
    """Return the KST day it is there. Raises RefusedError."""
    return datetime.date.fromisoformat(admin.expect("GET", SEASON_PASS)["to"])


def read_day(admin: Api, day: datetime.date) -> Day:
    """Ask the season pass, then games: what the first has, the second must have. Raises RefusedError."""
    season_pass = _day_of(admin, SEASON_PASS, day)
    games = _day_of(admin, GAMES, day)
    return Day(
        day=day,
        plays=_sum(games, "plays"),
        unsent=_sum(games, "unsent"),
        counted=_sum(season_pass, "counted"),
        credits=_sum(games, "credits"),
        delivered=_sum(season_pass, "delivered"),
    )


def read_undelivered(admin: Api) -> Row:
    return checks.undelivered(admin.expect("GET", SEASON_PASS)["undelivered"])


def read_stock(admin: Api) -> list[Row]:
    """Compare every limited prize with its public record."""
    stock = admin.expect("GET", GAMES)["stock"]
    return [checks.stock_of(s["prize_key"], supplied=s["supplied"], issued=s["issued"], left=s["left"]) for s in stock]


def read_balances(admin: Api, progress: Progress) -> list[Row]:
    """Compare every player's balance with their ledger: a row for all, and one for each that is wrong."""
    checked, wrong = 0, []
    for page in _pages(admin, f"{GAMES}/balances"):
        checked += page["checked"]
        wrong += [checks.balance_of(w["user_id"], balance=w["balance"], ledger=w["ledger"]) for w in page["items"]]
        progress(f"balances: {checked:,} players")
    return [Row("wrong balances", f"{checked:,} players", len(wrong), 0), *wrong]


def read_progress(admin: Api, progress: Progress) -> list[Row]:
    """Compare every player's progress with the XP ledger and the stamps: a row for each season, and for each fault."""
    seasons = rebuild_seasons(
        admin, None, apply=False, progress=lambda name, players: progress(f"{name}: {players:,} players")
    )
    return [row for season in seasons for row in _rows_of(season)]


def _rows_of(season: Rebuilt) -> Iterator[Row]:
    of = f"season {season.season_id}, {season.checked:,} players"
    yield Row("wrong progress", of, len(season.differences), 0)
    _, *faults = in_words(season)
    yield from (Row("progress = logs", f"season {season.season_id}", 1, 0, note=fault.strip()) for fault in faults)


def _day_of(admin: Api, path: str, day: datetime.date) -> list[Any]:
    """Ask for a day at once; when that takes too long, for smaller and smaller parts of it. Raises RefusedError."""
    for slices in SLICES:
        first = admin.call("GET", f"{path}?from={day}&slices={slices}")
        if first.status not in TOO_MUCH:
            break
    if first.status != HTTPStatus.OK:
        raise RefusedError(f"GET {path}", first)
    rest = [admin.expect("GET", f"{path}?from={day}&slice={each}&slices={slices}") for each in range(2, slices + 1)]
    return [answer["days"][0] for answer in (first.body, *rest)]


def _sum(parts: list[Any], what: str) -> Tally:
    return reduce(Tally.__add__, (_tally(part[what]) for part in parts))


def _tally(said: Any) -> Tally:
    return Tally(said["count"], int(said["xor"], base=16))


def _pages(admin: Api, path: str) -> Iterator[Any]:
    cursor = ""
    while True:
        page = admin.expect("GET", f"{path}{cursor}")
        yield page
        if page["next_cursor"] is None:
            return
        cursor = f"?cursor={page['next_cursor']}"
