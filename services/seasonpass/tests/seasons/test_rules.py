import datetime
from typing import Any

import pytest

from fairground_common.errors import ValidationFailed
from fairground_seasonpass.seasons.errors import NoActiveSeason, NoActiveSeasonConflict
from fairground_seasonpass.seasons.rules import (
    Changes,
    active_season,
    copy_of,
    faults_of,
    overlaps_of,
    phase_of,
    season_of,
    shown_season,
)
from fairground_seasonpass.seasons.season import Level, Season


def day(number: int) -> datetime.date:
    return datetime.date(2026, 3, number)


def noon(number: int) -> datetime.datetime:
    return datetime.datetime(2026, 3, number, 12, tzinfo=datetime.UTC)


def a_season(season_id: int = 1, first: int = 10, last: int = 20, **fields: Any) -> Season:
    given: dict[str, Any] = {
        "id": season_id,
        "season_name": "Spring",
        "start_date": day(first),
        "end_date": day(last),
        "max_level": 2,
        "base_xp_per_stamp": 10,
        "claim_grace_days": 3,
        "state": "PUBLISHED",
        "published_at": noon(1),
        "retired_at": None,
        "levels": levels((1, 0), (2, 10)),
        "xp_rules": (),
    }
    return Season(**{**given, **fields})


def levels(*curve: tuple[int, int]) -> tuple[Level, ...]:
    return tuple(Level(number, xp, {"type": "NONE", "amount": 0}, auto_claim=True) for number, xp in curve)


def retired(at: int, **fields: Any) -> Season:
    return a_season(state="RETIRED", retired_at=noon(at), **fields)


@pytest.mark.parametrize(
    ("today", "phase", "phase_when_retired"),
    [
        (9, "UPCOMING", "ENDED"),
        (10, "ACTIVE", "CLAIMING"),
        (20, "ACTIVE", "CLAIMING"),
        (21, "CLAIMING", "CLAIMING"),
        (23, "CLAIMING", "CLAIMING"),
        (24, "ENDED", "ENDED"),
    ],
)
def test_both_dates_and_the_last_grace_day_are_inclusive(today: int, phase: str, phase_when_retired: str) -> None:
    assert phase_of(a_season(), day(today)) == phase
    assert phase_of(retired(12), day(today)) == phase_when_retired


def test_the_running_season_is_the_active_one() -> None:
    running = a_season(2, 15, 20)
    assert active_season([a_season(1, 1, 14), running], day(15)) is running
    with pytest.raises(NoActiveSeason):
        active_season([running], day(21))


def test_two_running_seasons_are_a_conflict() -> None:
    with pytest.raises(NoActiveSeasonConflict):
        active_season([a_season(1), a_season(2)], day(12))


def test_the_running_season_is_shown_before_one_that_is_only_open_for_claims() -> None:
    over, running = a_season(1, 1, 14), a_season(2, 15, 20)
    assert shown_season([over, running], day(15)) is running


def test_without_a_running_season_the_latest_one_open_for_claims_is_shown() -> None:
    earlier, later = a_season(1, 1, 10, claim_grace_days=20), a_season(2, 11, 14, claim_grace_days=20)
    assert shown_season([earlier, later], day(20)) is later
    with pytest.raises(NoActiveSeason):
        shown_season([a_season(1, 1, 2)], day(20))


def test_an_event_belongs_to_the_season_of_its_day() -> None:
    first, second = a_season(1, 1, 9), a_season(2, 10, 20)
    assert season_of([first, second], day(9), noon(12)) is first
    assert season_of([first, second], day(10), noon(12)) is second
    assert season_of([first, second], day(21), noon(21)) is None


def test_a_retired_season_gets_what_happened_before_its_retirement_and_nothing_later() -> None:
    season = retired(12)
    assert season_of([season], day(12), noon(12) - datetime.timedelta(seconds=1)) is season
    assert season_of([season], day(12), noon(12)) is None


def test_a_successor_gets_what_happens_after_the_retirement() -> None:
    former, successor = retired(12), a_season(2, 12, 20)
    assert season_of([successor, former], day(12), noon(12) - datetime.timedelta(hours=1)) is former
    assert season_of([successor, former], day(12), noon(12) + datetime.timedelta(hours=1)) is successor


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({}, []),
        ({"levels": levels((1, 5), (2, 6))}, []),
        ({"levels": levels((1, 0), (3, 10))}, [("levels", 1, "level")]),
        ({"levels": levels((2, 0), (3, 10))}, [("levels", 0, "level")]),
        ({"levels": levels((1, 10), (2, 10))}, [("levels", 1, "required_xp")]),
        ({"levels": levels((1, 0), (2, 9), (3, 8)), "max_level": 3}, [("levels", 2, "required_xp")]),
        ({"max_level": 3}, [("max_level",)]),
        ({"levels": ()}, [("max_level",)]),
        ({"levels": (Level(1, 0, {}, auto_claim=True),), "max_level": 1}, [("levels", 0, "reward")]),
        ({"levels": (Level(1, 0, {"type": "XP"}, auto_claim=True),), "max_level": 1}, [("levels", 0, "reward")]),
        ({"start_date": day(1), "end_date": day(4)}, [("end_date",)]),
        ({"start_date": day(1), "end_date": day(5)}, []),
    ],
)
def test_a_draft_is_published_only_with_a_sound_curve_and_days_to_come(
    fields: dict[str, Any], faults: list[tuple[object, ...]]
) -> None:
    assert [fault.loc for fault in faults_of(a_season(**fields), day(5))] == faults


@pytest.mark.parametrize(
    ("first", "last", "date_to_move"),
    [
        (1, 9, None),
        (1, 10, "end_date"),
        (9, 21, "end_date"),
        (10, 20, "start_date"),
        (12, 15, "start_date"),
        (20, 25, "start_date"),
        (21, 25, None),
    ],
)
def test_a_draft_that_shares_days_is_told_which_date_to_move(first: int, last: int, date_to_move: str | None) -> None:
    found = overlaps_of(a_season(2, first, last), [a_season(1, 10, 20)])
    assert [fault.loc for fault in found] == ([] if date_to_move is None else [(date_to_move,)])


def test_every_season_in_the_way_is_told() -> None:
    found = overlaps_of(a_season(3, 5, 15), [a_season(1, 1, 6), a_season(2, 12, 20), a_season(4, 21, 22)])
    assert [fault.loc for fault in found] == [("start_date",), ("end_date",)]


def test_a_copy_is_a_draft_without_a_past() -> None:
    copied = copy_of(retired(12), Changes())
    assert (copied.id, copied.state, copied.published_at, copied.retired_at) == (0, "DRAFT", None, None)
    assert (copied.start_date, copied.levels) == (day(10), levels((1, 0), (2, 10)))


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        (Changes(end_date=day(9)), ("end_date",)),
        (Changes(start_date=datetime.date(2999, 12, 30)), ("start_date",)),
        (Changes(shift_days=-20_000), ("shift_days",)),
    ],
)
def test_a_copy_lies_within_the_calendar(changes: Changes, loc: tuple[str]) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        copy_of(a_season(), changes)
    assert [error.loc for error in refusal.value.errors] == [loc]
