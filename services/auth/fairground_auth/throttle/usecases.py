"""Slowing down who guesses.

``refuse_exhausted`` is asked before a password is hashed and again before a right one is believed; ``count`` writes
a wrong one down. So no more wrong guesses than allowed are ever answered as such, however many run in parallel, and
many right logins at once never refuse one another.
"""

from collections.abc import Sequence
from datetime import datetime

from fairground_auth.throttle import repository, rules
from fairground_auth.throttle.errors import TooManyAttempts
from fairground_auth.throttle.rules import Allowance
from fairground_common.db import ReadTx, Tx


async def refuse_exhausted(tx: ReadTx, allowances: Sequence[Allowance], *, now: datetime) -> None:
    """Raise TooManyAttempts when an allowance is used up."""
    counts = await repository.list_counts(tx, allowances)
    _refuse(rules.seconds_until_free(allowances, counts, now, spare=1))


async def count(tx: Tx, allowances: Sequence[Allowance], *, now: datetime) -> None:
    """Count once against each allowance. Raises TooManyAttempts when one was used up already.

    The refusal rolls the count back: what one network tries after its limit does not eat up the account's.
    """
    counts = await repository.add_one(tx, allowances, now)
    _refuse(rules.seconds_until_free(allowances, counts, now, spare=0))


async def forget_account(tx: Tx, username: str) -> int:
    """Delete what was counted against a folded username; return how many counts it were."""
    return await repository.forget_account(tx, rules.account_of(username))


async def forget_ended(tx: Tx, *, now: datetime) -> None:
    """Delete what no longer counts."""
    await repository.forget_ended(tx, now)


def _refuse(wait: int | None) -> None:
    if wait is not None:
        raise TooManyAttempts(retry_after=wait)
