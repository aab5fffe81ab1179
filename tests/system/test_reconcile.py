"""What the other tests here rely on: reconciling finds whatever was lost, doubled or told differently.

First the players' view, answer by answer; then the operators': what the services keep, added up.
"""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from fairground_deploy.api import Api
from fairground_deploy.testing.books import Books
from fairground_deploy.testing.player import Player
from fairground_deploy.testing.reconcile import broken_claims
from fairground_deploy.testing.zero import require_zero

DAY = "2026-03-01"
LEVEL_POINTS = {"type": "POINT", "amount": 100}


def _an_answer(number: int, kind: str, amount: int) -> dict[str, Any]:
    reward = {"type": kind, "amount": amount}
    names = {"play_id": f"play-{number}", "event_id": f"event-{number}", "day": DAY}
    return {**names, "reward": reward, "fairness": {"nonce": number}}


ANSWERS = [_an_answer(0, "XP", 5), _an_answer(1, "POINT", 20), _an_answer(2, "COUPON", 1)]


def _a_line(answer: dict[str, Any], xp: int, *, stamp: bool = False) -> dict[str, Any]:
    return {"event_id": answer["event_id"], "source": "PLAY", "xp": xp, "stamp": stamp, "day": DAY}


def _an_entry(source: str, amount: int) -> dict[str, Any]:
    return {"source": source, "type": "POINT", "amount": amount}


def _a_level(level: int, required_xp: int, *, paid: bool) -> dict[str, Any]:
    level_itself = {"level": level, "required_xp": required_xp, "auto_claim": True, "reward": LEVEL_POINTS}
    return {**level_itself, "is_claimed": paid, "delivery": "DELIVERED" if paid else None}


def _books() -> Books:
    """What is to be found after these answers: a stamp of 10 XP, and level 1 paid."""
    return Books(
        history=[{**deepcopy(answer), "created_at": "later"} for answer in reversed(ANSWERS)],
        xp_lines=[_a_line(ANSWERS[2], 0), _a_line(ANSWERS[1], 0), _a_line(ANSWERS[0], 15, stamp=True)],
        season_pass={
            "season": {"base_xp_per_stamp": 10},
            "progress": {"current_xp": 15, "current_level": 1, "total_stamps": 1},
            "levels": [_a_level(1, 10, paid=True), _a_level(2, 30, paid=False)],
        },
        rewards={"balances": {"POINT": 120}, "pending_total": 1},
        ledger=[_an_entry("grant:one", 100), _an_entry("play:play-1", 20)],
    )


def test_books_that_agree_are_found_to_agree() -> None:
    assert broken_claims(ANSWERS, _books()) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda b: b.history.pop(), "the history is the answers"),
        (lambda b: b.history.append(_an_answer(3, "NONE", 0)), "the nonces have no gap"),
        (lambda b: b.history[0].update(balance=1), "the history is the answers"),
        (lambda b: b.history[0]["fairness"].update(nonce=9), "the nonces have no gap"),
        (lambda b: b.xp_lines.pop(), "each play is counted once"),
        (lambda b: b.xp_lines.append(b.xp_lines[0]), "each play is counted once"),
        (lambda b: b.xp_lines[0].update(xp=1), "each play is counted once"),
        (lambda b: b.xp_lines[0].update(source="CHECK_IN"), "every line comes from a play"),
        (lambda b: b.xp_lines[0].update(stamp=True), "a stamp a day"),
        (lambda b: b.season_pass["progress"].update(total_stamps=2), "the stamps add up"),
        (lambda b: b.season_pass["progress"].update(current_xp=20), "the XP adds up"),
        (lambda b: b.season_pass["progress"].update(current_level=2), "the level follows from the XP"),
        (lambda b: b.season_pass["levels"][1].update(is_claimed=True), "automatic levels pay"),
        (lambda b: b.season_pass["levels"][0].update(delivery="PENDING"), "their rewards arrive"),
        (lambda b: b.ledger.append(_an_entry("grant:two", 100)), "each point won is booked once"),
        (lambda b: b.ledger.pop(), "the balance is the ledger's sum"),
        (lambda b: b.rewards["balances"].update(POINT=140), "the balance is the points won"),
        (lambda b: b.rewards.update(pending_total=2), "coupons and items are owed once"),
    ],
)
def test_anything_else_is_told(wrong: Callable[[Books], Any], told: str) -> None:
    books = _books()
    wrong(books)
    assert any(claim.startswith(told) for claim in broken_claims(ANSWERS, books))


def test_a_play_answered_under_two_keys_is_told() -> None:
    twice = [*ANSWERS, ANSWERS[0]]
    books = replace(_books(), history=[*_books().history, {**ANSWERS[0], "created_at": "later"}])
    assert any(claim.startswith("each answer is a play of its own") for claim in broken_claims(twice, books))


async def test_after_plays_of_every_game_what_the_services_keep_reads_zero(
    sign_up: Callable[[], Awaitable[Player]], admin: Api
) -> None:
    players = [await sign_up() for _ in range(3)]
    played = [await player.post(f"/api/{game}/play") for game in ("roulette", "dice", "lottery") for player in players]
    rows = await asyncio.to_thread(require_zero, admin)
    assert sum(row.left for row in rows if row.check.startswith("plays")) >= len(played)
