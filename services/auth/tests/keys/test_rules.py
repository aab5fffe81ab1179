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


def test_who_signs_now_or_later_is_still_to_sign() -> None:
    assert rules.to_sign(ALL, NOW) == [NEXT, CURRENT]
    assert rules.to_sign([FORMER, NEXT], NOW) == [FORMER, NEXT]


@pytest.mark.parametrize(
    ("keys", "ends"),
    [
        ([], {}),
        ([CURRENT], {"current": None}),
        ([NEXT, CURRENT], {"current": 25, "next": None}),
        ([CURRENT, a_key("after next", signs_in=10), NEXT], {"current": 25, "next": 30, "after next": None}),
    ],
)
def test_a_key_is_published_until_its_successor_has_signed_for_the_overlap(
    keys: list[StoredKey], ends: dict[str, int | None]
) -> None:
    moments = {kid: None if minutes is None else NOW + timedelta(minutes=minutes) for kid, minutes in ends.items()}
    assert rules.ends_of(keys, overlap=timedelta(minutes=20)) == moments
