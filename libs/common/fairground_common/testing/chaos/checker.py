"""The check after every test that breaks things: what clients were told and what the databases say are one story.

To be run at rest, when every attempt whose end was unknown has been repeated under its key. It says, one fault a line:

1. an answered play is not there (lost); 2. a play is there that nobody asked for, or that was refused (unexpected);
3. a key has more than one play (duplicated), or its answers differ; 4. an attempt's end is still unknown; 5. stock
issued and left is not what there was, or its units are not 1, 2, 3…; 6. a player's allowance, balance, nonces, XP,
stamps, level or level rewards do not add up; 7. plays are not exactly the events counted, unsent or dead; 8. a
delivery is overdue.
"""

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self
from uuid import UUID

from fairground_common.testing.books_differ import BooksDiffer
from fairground_common.testing.chaos.books import Effect, EventOfDay, GamesBooks, SeasonBooks
from fairground_common.testing.chaos.history import Attempt

Scope = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What became of the attempts."""

    attempted: int
    acknowledged: int
    lost: int
    unexpected: int
    duplicated: int
    recovered: int
    """Happened although a client had to ask again to learn of it."""

    def __add__(self, other: Self) -> "Numbers":
        return Numbers(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        return ", ".join(f"{name} {number}" for name, number in zip(self.__slots__, astuple(self), strict=True))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The numbers, and what is wrong: nothing, if all is well."""

    numbers: Numbers
    faults: Sequence[str]

    def require_clean(self, history: Path) -> None:
        """Raise BooksDiffer that tells every fault, and in which file to see how it came to it."""
        if self.faults:
            raise BooksDiffer("\n".join((str(self.numbers), *self.faults, f"see {history}")))


def check(
    attempts: Sequence[Attempt],
    games: GamesBooks,
    season: SeasonBooks | None = None,
    *,
    opening_stock: Mapping[str, int] | None = None,
    dead: Iterable[EventOfDay] = (),
) -> Verdict:
    """Compare the attempts to play with the books. ``opening_stock`` is by prize key, ``dead`` what was dead-lettered.

    Without ``season`` nobody listens, and every event must still be unsent.
    """
    matched = _Matched(attempts, games.effects)
    faults = [
        *matched.faults(),
        *_of_stock(games, opening_stock or {}),
        *_of_allowances(games.effects),
        *(f"6: balance or nonces of user {user_id} do not follow from their plays" for user_id in games.wrong_players),
        *(_of_season(season) if season else ()),
        *_of_events(games, season.counted if season else Counter(), Counter(dead)),
    ]
    return Verdict(matched.numbers(), faults)


class _Matched:
    """Attempts and effects, put side by side."""

    def __init__(self, attempts: Sequence[Attempt], effects: Sequence[Effect]) -> None:
        self.attempts = attempts
        self.effects = effects
        self.under_key: dict[Scope, list[Effect]] = {}
        for effect in effects:
            if effect.key is not None:
                self.under_key.setdefault((effect.user_id, effect.game, effect.key), []).append(effect)
        self.play_ids = {str(effect.play_id) for effect in effects}
        self.keyed = {(a.user_id, a.f, a.key): a for a in attempts if a.key is not None}
        self.answered = {answer["play_id"] for attempt in attempts for answer in attempt.answers}
        self.lost = [a for a in attempts if any(answer["play_id"] not in self.play_ids for answer in a.answers)]
        self.unexpected = [*self._unasked_under_keys(), *self._unasked_without_key()]
        self.duplicated = {scope: found for scope, found in self.under_key.items() if len(found) > 1}

    def numbers(self) -> Numbers:
        return Numbers(
            attempted=len(self.attempts),
            acknowledged=sum(bool(attempt.answers) for attempt in self.attempts),
            lost=len(self.lost),
            unexpected=len(self.unexpected),
            duplicated=sum(len(found) - 1 for found in self.duplicated.values()),
            recovered=sum(attempt.was_unknown and bool(attempt.answers) for attempt in self.attempts),
        )

    def faults(self) -> Iterator[str]:
        yield from (f"1: lost: {_name(attempt)}" for attempt in self.lost)
        yield from (f"2: unexpected: {effect}" for effect in self.unexpected)
        yield from (f"3: {len(found)} plays under {scope}" for scope, found in self.duplicated.items())
        for attempt in self.attempts:
            if any(answer != attempt.answers[0] for answer in attempt.answers):
                yield f"3: answered differently: {_name(attempt)}"
            if attempt.key is not None and attempt.last == "info" and not attempt.answers:
                yield f"4: still unknown: {_name(attempt)}"

    def _unasked_under_keys(self) -> Iterator[Effect]:
        for scope, found in self.under_key.items():
            attempt = self.keyed.get(scope)
            if attempt is None or attempt.last == "fail":
                yield from found

    def _unasked_without_key(self) -> Iterator[Effect]:
        """Without a key nobody can tell which request a play belongs to; there may be one for each unknown end."""
        unknown = Counter((a.user_id, a.f) for a in self.attempts if a.key is None and a.last == "info")
        for effect in self.effects:
            if effect.key is None and str(effect.play_id) not in self.answered:
                unknown[effect.user_id, effect.game] -= 1
                if unknown[effect.user_id, effect.game] < 0:
                    yield effect


def _of_stock(games: GamesBooks, opening: Mapping[str, int]) -> Iterator[str]:
    for prize, stock in games.stock.items():
        if prize in opening and (stock.left < 0 or stock.left + stock.issued != opening[prize]):
            yield f"5: {prize}: {stock.left} left and {stock.issued} issued of {opening[prize]}"
        units = Counter(effect.unit for effect in games.effects if effect.unit and effect.outcome_key == prize)
        if units != Counter(range(1, stock.issued + 1)):
            yield f"5: {prize}: {units.total()} units were won, {stock.issued} are booked"


def _of_allowances(effects: Sequence[Effect]) -> Iterator[str]:
    days: dict[tuple[int, str, datetime.date], Counter[int]] = {}
    for effect in effects:
        days.setdefault((effect.user_id, effect.game, effect.day), Counter())[effect.used_today] += 1
    for day, used in days.items():
        if used != Counter(range(1, used.total() + 1)):
            yield f"6: the plays of {day} are numbered {sorted(used.elements())}"


def _of_season(season: SeasonBooks) -> Iterator[str]:
    wrong = {
        "XP, stamps or level": season.wrong_progress,
        "days with a stamp": season.wrong_stamps,
        "level rewards": season.wrong_rewards,
    }
    yield from (f"6: {what} of user {user} do not add up" for what, users in wrong.items() for user in users)
    if season.overdue:
        yield f"8: {season.overdue} deliveries are overdue"


def _of_events(games: GamesBooks, counted: Counter[EventOfDay], dead: Counter[EventOfDay]) -> Iterator[str]:
    played = Counter((effect.day, effect.event_id) for effect in games.effects)
    told = games.unsent + counted + dead
    for day in sorted({day for day, _ in (*played, *told)}):
        of_plays, of_events = _fingerprint(played, day), _fingerprint(told, day)
        if of_plays != of_events:
            yield f"7: {day}: plays are {of_plays}, their events {of_events}"


def _fingerprint(events: Counter[EventOfDay], day: datetime.date) -> tuple[int, str]:
    """How many, and the xor of a hash of each: short enough to print, and blind to order."""
    total, mixed = 0, 0
    for event_id in (event_id for of_day, event_id in events.elements() if of_day == day):
        total += 1
        mixed ^= _hash(event_id)
    return total, f"{mixed:016x}"


def _hash(event_id: UUID) -> int:
    return int.from_bytes(hashlib.sha256(event_id.bytes).digest()[:8], "big")


def _name(attempt: Attempt) -> str:
    return f"user {attempt.user_id}, {attempt.f}, key {attempt.key}, told {[told.outcome for told in attempt.told]}"
