"""What tests that break things rely on: the check finds whatever was lost, doubled, invented or told differently."""

import datetime
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fairground_common.testing.books_differ import BooksDiffer
from fairground_common.testing.chaos import GamesBooks, History, SeasonBooks, check
from fairground_common.testing.chaos.books import Effect, Stock
from fairground_common.testing.chaos.history import Attempt, Told

DAY = datetime.date(2026, 3, 1)
NEXT_DAY = datetime.date(2026, 3, 2)
OPENING = {"gold": 5}
HISTORY = Path("history.jsonl")


def _id(number: int) -> UUID:
    return UUID(int=number)


def _effect(number: int, *, used_today: int = 1, **changes: Any) -> Effect:
    effect = Effect(number, "lottery", f"key-{number}", _id(number), _id(100 + number), DAY, "gold", None, used_today)
    return replace(effect, **changes)


def _answer(number: int) -> Any:
    return {"play_id": str(_id(number))}


def _ok(number: int, *before: Told) -> Attempt:
    return Attempt(number, "lottery", f"key-{number}", [*before, Told("ok", _answer(number))])


UNKNOWN, SOLD_OUT = Told("info", None), Told("fail", {"code": "LOTTERY_SOLD_OUT"})
ATTEMPTS = [
    _ok(1),
    _ok(2, UNKNOWN),
    Attempt(3, "lottery", "key-3", [SOLD_OUT]),
    Attempt(4, "lottery", None, [Told("ok", _answer(4))]),
    Attempt(5, "lottery", None, [UNKNOWN]),
]


def _games(*more: Effect, **changes: Any) -> GamesBooks:
    """What is to be found after these attempts. Of the two without a key one was answered; the other happened."""
    effects = [_effect(1, unit=1), _effect(2, unit=2), _effect(4, key=None), _effect(5, key=None), *more]
    unsent = Counter((effect.day, effect.event_id) for effect in effects)
    return replace(GamesBooks(effects, unsent, {"gold": Stock(3, 2)}), **changes)


def _faults(games: GamesBooks, attempts: list[Attempt] = ATTEMPTS, **given: Any) -> list[str]:
    return list(check(attempts, games, opening_stock=OPENING, **given).faults)


def test_a_story_that_holds_is_found_to_hold() -> None:
    verdict = check(ATTEMPTS, _games(), opening_stock=OPENING)
    verdict.require_clean(HISTORY)
    assert str(verdict.numbers) == "attempted 5, acknowledged 3, lost 0, unexpected 0, duplicated 0, recovered 1"


@pytest.mark.parametrize(
    ("attempts", "fault", "number"),
    [
        ([*ATTEMPTS, _ok(6)], "1: lost: user 6", "lost"),
        ([*ATTEMPTS, Attempt(6, "lottery", None, [Told("ok", _answer(6))])], "1: lost: user 6", "lost"),
        (ATTEMPTS[1:], "2: unexpected: Effect(user_id=1", "unexpected"),
        ([*ATTEMPTS[1:], Attempt(1, "lottery", "key-1", [SOLD_OUT])], "2: unexpected", "unexpected"),
        (ATTEMPTS[:-1], "2: unexpected: Effect(user_id=5", "unexpected"),
        ([*ATTEMPTS[1:], replace(_ok(1), told=[*_ok(1).told, *_ok(2).told])], "3: answered differently", None),
        ([*ATTEMPTS, Attempt(6, "lottery", "key-6", [UNKNOWN])], "4: still unknown: user 6", None),
    ],
)
def test_a_doctored_history_is_found(attempts: list[Attempt], fault: str, number: str | None) -> None:
    verdict = check(attempts, _games(), opening_stock=OPENING)
    assert any(told.startswith(fault) for told in verdict.faults), verdict
    assert number is None or getattr(verdict.numbers, number) == 1
    with pytest.raises(BooksDiffer, match=r"(?s)attempted \d.*see history.jsonl"):
        verdict.require_clean(HISTORY)


@pytest.mark.parametrize(
    ("games", "fault"),
    [
        (_games(_effect(2, play_id=_id(9), used_today=2)), "3: 2 plays under (2, 'lottery', 'key-2')"),
        (_games(stock={"gold": Stock(4, 2)}), "5: gold: 4 left and 2 issued of 5"),
        (_games(stock={"gold": Stock(-1, 6)}), "5: gold: -1 left"),
        (_games(stock={"gold": Stock(2, 3)}), "5: gold: 2 units were won, 3 are booked"),
        (_games(_effect(6, unit=2)), "5: gold: 3 units were won"),
        (_games(_effect(1, key="more")), "6: the plays of (1, 'lottery'"),
        (_games(_effect(1, key="more", used_today=3)), "6: the plays of (1, 'lottery'"),
        (_games(wrong_players=[1]), "6: balance or nonces of user 1"),
        (_games(unsent=Counter()), "7: 2026-03-01: plays are (4, "),
        (_games(unsent=_games().unsent + Counter([(DAY, _id(101))])), "7: 2026-03-01"),
        (_games(unsent=_games().unsent + Counter([(NEXT_DAY, _id(1))])), "7: 2026-03-02: plays are (0, "),
        (_games(unsent=Counter((DAY, _id(n)) for n in range(4))), "7: 2026-03-01"),
    ],
)
def test_a_doctored_games_database_is_found(games: GamesBooks, fault: str) -> None:
    assert any(told.startswith(fault) for told in _faults(games)), _faults(games)


@pytest.mark.parametrize(
    ("doctor", "fault"),
    [
        (lambda s: s.counted.popitem(), "7: 2026-03-01"),
        (lambda s: s.counted.update(list(s.counted)[:1]), "7: 2026-03-01"),
        (lambda s: s.wrong_progress.append(1), "6: XP, stamps or level of user 1"),
        (lambda s: s.wrong_stamps.append(1), "6: days with a stamp of user 1"),
        (lambda s: s.wrong_rewards.append(1), "6: level rewards of user 1"),
    ],
)
def test_a_doctored_season_pass_is_found(doctor: Callable[[Any], Any], fault: str) -> None:
    season = SeasonBooks(_games().unsent, [], [], [])
    drained = _games(unsent=Counter())
    assert _faults(drained, season=season) == []
    doctor(season)
    assert any(told.startswith(fault) for told in _faults(drained, season=season))


def test_an_overdue_delivery_is_found() -> None:
    season = SeasonBooks(_games().unsent, overdue=2)
    assert _faults(_games(unsent=Counter()), season=season) == ["8: 2 deliveries are overdue"]


def test_an_event_that_is_dead_is_neither_lost_nor_forgotten() -> None:
    (dead, *rest) = _games().unsent
    assert _faults(_games(unsent=Counter(rest)), dead=[dead]) == []


def test_a_history_is_read_back_as_attempts(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    first = history.invoke("dice", 7, "key")
    again = history.invoke("dice", 7, "key")
    history.invoke("dice", 7, None)
    again.ends("ok", {"play_id": "one"})
    first.ends("info")
    history.invoke("dice", 8, "key").ends("fail", {"code": "DAILY_LIMIT_REACHED"})
    history.close()
    twice, unkeyed, refused = history.attempts()
    assert [told.outcome for told in twice.told] == ["ok", "info"]
    assert (twice.answers, twice.was_unknown) == ([{"play_id": "one"}], True)
    assert (unkeyed.key, unkeyed.last) == (None, "info"), "what never ended is unknown"
    assert (refused.user_id, refused.last) == (8, "fail")
