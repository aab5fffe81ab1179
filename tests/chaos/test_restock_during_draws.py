"""An operator moves the stock of a prize up and down while players draw it on two processes."""

import asyncio
import secrets

from fairground_common.testing.chaos import Trial

PRIZE, OPENING = "gold", 60
PLAYERS, DRAWS_EACH = 20, 12
EDITS = 40
LARGEST_DELTA = 15
OPERATOR = 900


async def test_what_was_opened_and_restocked_is_what_was_won_and_is_left(trial: Trial) -> None:
    await trial.open_lottery({PRIZE: OPENING, "always": 1_000_000})
    _, *refused = await asyncio.gather(_edit(trial), *(_draw(trial, player) for player in range(1, PLAYERS + 1)))
    assert not any(refused), "the other prize is always there"

    too_much = await _restock(trial, -1_000_000)
    assert too_much == (409, "STOCK_BELOW_ZERO")
    events = await trial.database.fetchval("SELECT sum(delta) FROM lottery_stock_event WHERE prize_key = $1", PRIZE)
    assert events == trial.opening_stock[PRIZE], "the public log tells every accepted edit and no other"


async def _edit(trial: Trial) -> list[int]:
    """Raise and lower the stock; what is accepted belongs to what C0 expects to find."""
    for _ in range(EDITS):
        delta = secrets.choice((-1, 1)) * (1 + secrets.randbelow(LARGEST_DELTA))
        status, code = await _restock(trial, delta)
        assert (status, code) in {(200, ""), (409, "STOCK_BELOW_ZERO")}
        assert status == 200 or delta < 0
        if status == 200:
            trial.opening_stock[PRIZE] += delta
    return []


async def _restock(trial: Trial, delta: int) -> tuple[int, str]:
    path, body = f"/api/admin/lottery/prizes/{PRIZE}/restock", {"delta": delta}
    while True:
        answer = await trial.callers.call("POST", path, OPERATOR, "operator", body=body)
        code = "" if answer.status == 200 else answer.code
        if code != "LOCK_NOT_ACQUIRED":  # nothing was changed then
            return answer.status, code


async def _draw(trial: Trial, player: int) -> list[int]:
    answers = [await trial.callers.insist(player, "lottery", f"{player}-{draw}") for draw in range(DRAWS_EACH)]
    return [answer.status for answer in answers if answer.status != 200]
