"""Reconciling a player: the answers their plays got explain everything the product says about them.

Nothing is lost, nothing happened twice: each play answered is in the history with that very answer, was counted once
by the season pass, paid once, and there is nothing else. It holds for a player who did nothing but play (no check-in,
no claim) in a season without XP rules, as the demo's is.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fairground_common.testing.books_differ import BooksDiffer
from fairground_common.testing.eventually import eventually
from fairground_deploy.testing.books import Books
from fairground_deploy.testing.player import Player

DRAIN_SECONDS = 60.0
_HANDED_OVER = {"COUPON", "ITEM"}


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that must be so, what the answers say and what the books say."""

    says: str
    expected: Any
    found: Any

    def __str__(self) -> str:
        if not isinstance(self.expected, Counter):
            return f"{self.says}: expected {self.expected}, found {self.found}"
        missing, extra = self.expected - self.found, self.found - self.expected
        return f"{self.says}: missing {dict(missing)}, too many {dict(extra)}"


async def reconcile(player: Player, answers: Sequence[Any], *, within: float = DRAIN_SECONDS) -> None:
    """Wait until every event has arrived and the books agree with the answers of all the player's plays.

    Raises BooksDiffer with each claim that does not hold.
    """

    async def agrees() -> bool:
        broken = broken_claims(answers, await Books.of(player))
        if broken:
            raise BooksDiffer(f"player {player.user_id}, {len(answers)} plays answered:\n" + "\n".join(broken))
        return True

    await eventually(agrees, within=within, every=0.2)


def broken_claims(answers: Sequence[Any], books: Books) -> list[str]:
    """Return what the books say differently."""
    claims = (*_of_plays(answers, books), *_of_xp(answers, books), *_of_levels(answers, books))
    return [str(claim) for claim in (*claims, *_of_points(answers, books)) if claim.expected != claim.found]


def _of_plays(answers: Sequence[Any], books: Books) -> Iterator[Claim]:
    kept = [{name: value for name, value in item.items() if name != "created_at"} for item in books.history]
    nonces = Counter(item["fairness"]["nonce"] for item in kept)
    yield Claim("each answer is a play of its own", len(answers), len({answer["play_id"] for answer in answers}))
    yield Claim("the history is the answers", Counter(map(_text, answers)), Counter(map(_text, kept)))
    yield Claim("the nonces have no gap", Counter(range(len(answers))), nonces)


def _of_xp(answers: Sequence[Any], books: Books) -> Iterator[Claim]:
    base, progress = books.season_pass["season"]["base_xp_per_stamp"], books.season_pass["progress"]
    beside_stamps = [(line["event_id"], line["xp"] - base * line["stamp"]) for line in books.xp_lines]
    days = {answer["day"] for answer in answers}
    yield Claim("each play is counted once", Counter(map(_counted, answers)), Counter(beside_stamps))
    yield Claim("every line comes from a play", {"PLAY"}, {line["source"] for line in books.xp_lines})
    yield Claim("a stamp a day", Counter(days), Counter(line["day"] for line in books.xp_lines if line["stamp"]))
    yield Claim("the stamps add up", len(days), progress["total_stamps"])
    yield Claim("the XP adds up", _earned_xp(answers, books), progress["current_xp"])


def _of_levels(answers: Sequence[Any], books: Books) -> Iterator[Claim]:
    levels = books.season_pass["levels"]
    earned = _earned_xp(answers, books)
    reached = [level["level"] for level in levels if level["required_xp"] <= earned]
    paid = Counter(level["level"] for level in _paid_levels(answers, books))
    delivered = Counter(level["level"] for level in levels if level["delivery"] == "DELIVERED")
    yield Claim(
        "the level follows from the XP", max(reached, default=0), books.season_pass["progress"]["current_level"]
    )
    yield Claim("automatic levels pay", paid, Counter(level["level"] for level in levels if level["is_claimed"]))
    yield Claim("their rewards arrive", paid, delivered)


def _of_points(answers: Sequence[Any], books: Books) -> Iterator[Claim]:
    booked = Counter((_source(entry), entry["amount"]) for entry in books.ledger)
    won = [(f"play:{answer['play_id']}", answer["reward"]) for answer in answers]
    won += [("grant", level["reward"]) for level in _paid_levels(answers, books)]
    points = Counter((source, reward["amount"]) for source, reward in won if reward["type"] == "POINT")
    owed = sum(reward["type"] in _HANDED_OVER for _, reward in won)
    balance = books.rewards["balances"]["POINT"]
    yield Claim("each point won is booked once", points, booked)
    yield Claim("the balance is the points won", sum(amount for _, amount in points.elements()), balance)
    yield Claim("the balance is the ledger's sum", sum(entry["amount"] for entry in books.ledger), balance)
    yield Claim("coupons and items are owed once", owed, books.rewards["pending_total"])


def _counted(answer: Any) -> tuple[str, int]:
    """The line a play makes in the XP ledger, its stamp left aside."""
    return answer["event_id"], _xp_of(answer["reward"])


def _earned_xp(answers: Sequence[Any], books: Books) -> int:
    stamps = len({answer["day"] for answer in answers}) * int(books.season_pass["season"]["base_xp_per_stamp"])
    return stamps + sum(_xp_of(answer["reward"]) for answer in answers)


def _paid_levels(answers: Sequence[Any], books: Books) -> list[Any]:
    earned = _earned_xp(answers, books)
    return [level for level in books.season_pass["levels"] if level["auto_claim"] and level["required_xp"] <= earned]


def _source(entry: Any) -> str:
    """A play is named by its id, which the player knows; a level's grant has an id nobody was told."""
    source: str = entry["source"]
    return "grant" if source.startswith("grant:") else source


def _xp_of(reward: Any) -> int:
    return int(reward["amount"]) if reward["type"] == "XP" else 0


def _text(answer: Any) -> str:
    return json.dumps(answer, sort_keys=True)
