from datetime import UTC, datetime, timedelta

import pytest

from fairground_auth.keys import rules
from fairground_auth.keys.rules import Phase, StoredKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_key(kid: str, *, signs_in: int, leaves_in: int | None = None) -> StoredKey:
    """A key whose moments are minutes from now."""
    until = None if leaves_in is None else NOW + timedelta(minutes=leaves_in)
    return StoredKey(kid, b"", b"", NOW, NOW + timedelta(minutes=signs_in), until)


FORMER = a_key("former", signs_in=-60, leaves_in=5)
CURRENT = a_key("current", signs_in=-10)
NEXT = a_key("next", signs_in=5)
GONE = a_key("gone", signs_in=-1, leaves_in=0)
ALL = [NEXT, GONE, FORMER, CURRENT]


def test_the_youngest_key_that_has_begun_signs() -> None:
    assert rules.signing_at(ALL, NOW) is CURRENT
    assert rules.signing_at(ALL, NOW + timedelta(minutes=5)) is NEXT


@pytest.mark.parametrize("keys", [[], [NEXT], [GONE]])
def test_there_may_be_none(keys: list[StoredKey]) -> None:
    assert rules.signing_at(keys, NOW) is None


@pytest.mark.parametrize(
    ("key", "phase"),
    [(FORMER, Phase.VERIFYING), (CURRENT, Phase.SIGNING), (NEXT, Phase.WAITING), (GONE, Phase.RETIRED)],
)
def test_the_phases_of_a_key(key: StoredKey, phase: Phase) -> None:
    assert rules.phase_of(key, ALL, NOW) is phase


def test_the_only_signing_key_cannot_go() -> None:
    assert rules.can_sign_without("current", [CURRENT, FORMER], NOW)
    assert not rules.can_sign_without("current", [CURRENT, NEXT, GONE], NOW)


def test_a_key_outlives_the_last_token_it_signed() -> None:
    access_token, key_set_cache, leeway = timedelta(minutes=10), timedelta(minutes=5), timedelta(seconds=10)
    assert access_token + key_set_cache + leeway < rules.OVERLAP
    assert 2 * key_set_cache <= rules.LEAD
