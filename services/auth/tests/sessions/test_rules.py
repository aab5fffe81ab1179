import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from fairground_auth.sessions import rules
from fairground_auth.sessions.rules import Family, RefreshToken, Worth

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GRACE = timedelta(seconds=20)


def a_family(*, ends_in: timedelta = timedelta(days=30), revoked: bool = False) -> Family:
    return Family(UUID(int=1), 7, NOW + ends_in, NOW if revoked else None)


def a_token(*, used_ago: float | None = None, idle_left: timedelta = timedelta(days=7)) -> RefreshToken:
    used_at = None if used_ago is None else NOW - timedelta(seconds=used_ago)
    return RefreshToken(b"hash", NOW + idle_left, used_at)


@pytest.mark.parametrize(
    ("token", "successor", "family", "worth"),
    [
        (a_token(), None, a_family(), Worth.ROTATE),
        (a_token(used_ago=0), a_token(), a_family(), Worth.REPEAT),
        (a_token(used_ago=20), a_token(), a_family(), Worth.REPEAT),
        (a_token(used_ago=20.001), a_token(), a_family(), Worth.ALARM),
        (a_token(used_ago=1), a_token(used_ago=0), a_family(), Worth.ALARM),
        (a_token(used_ago=1), None, a_family(), Worth.ALARM),
        (a_token(), None, a_family(revoked=True), Worth.NOTHING),
        (a_token(used_ago=99), a_token(), a_family(revoked=True), Worth.NOTHING),
        (a_token(), None, a_family(ends_in=timedelta(0)), Worth.NOTHING),
        (a_token(idle_left=timedelta(0)), None, a_family(), Worth.NOTHING),
    ],
)
def test_what_a_refresh_token_is_worth(
    token: RefreshToken, successor: RefreshToken | None, family: Family, worth: Worth
) -> None:
    assert rules.worth_of(token, successor, family, now=NOW, grace=GRACE) is worth


def test_the_successor_is_the_hmac_of_the_token() -> None:
    expected = urlsafe_b64encode(hmac.new(b"key", b"token", hashlib.sha256).digest()).decode().rstrip("=")
    assert rules.successor_of("token", "key") == expected
    assert len(expected) == 43


def test_first_tokens_never_repeat() -> None:
    assert len({rules.new_token() for _ in range(1000)}) == 1000
