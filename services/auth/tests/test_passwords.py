import asyncio
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from fairground_auth.passwords import Passwords
from fairground_auth.settings import AuthSettings
from fairground_common.errors import ServiceUnavailable
from fairground_common.testing import eventually

MakePasswords = Callable[..., Passwords]


@pytest_asyncio.fixture
async def make_passwords() -> AsyncIterator[MakePasswords]:
    """Return a function: deviating settings → cheap password hashing."""
    made: list[Passwords] = []

    def make(**deviations: int) -> Passwords:
        values = {
            "database_url": "postgresql://x",
            "refresh_key": "r" * 32,
            "key_encryption_key": "k" * 32,
            "gateway_key": "g" * 16,
        }
        cheap = {"argon2_memory_kib": 1024, "argon2_passes": 1}
        made.append(Passwords(AuthSettings.model_validate({**values, **cheap, **deviations})))
        return made[-1]

    yield make
    for each in made:
        each.close()


async def test_a_password_is_recognised_and_no_other(make_passwords: MakePasswords) -> None:
    passwords = make_passwords()
    stored = await passwords.hash("correct horse")
    assert (await passwords.check("correct horse", stored)).matches
    assert not (await passwords.check("Correct horse", stored)).matches
    assert await passwords.hash("correct horse") != stored


async def test_the_decoy_matches_nothing(make_passwords: MakePasswords) -> None:
    assert not (await make_passwords().check("correct horse", None)).matches


async def test_only_a_right_password_renews_an_outdated_hash(make_passwords: MakePasswords) -> None:
    former, later = make_passwords(), make_passwords(argon2_passes=2)
    stored = await former.hash("correct horse")
    assert (await former.check("correct horse", stored)).renewed_hash is None
    assert (await later.check("wrong horse!", stored)).renewed_hash is None
    renewed = (await later.check("correct horse", stored)).renewed_hash
    assert renewed is not None
    assert (await later.check("correct horse", renewed)).renewed_hash is None


async def test_the_queue_is_bounded_and_empties(make_passwords: MakePasswords) -> None:
    passwords = make_passwords(hash_threads=1, hash_queue=2, argon2_memory_kib=65_536)
    first = await asyncio.gather(*(passwords.hash("correct horse") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in first) == 3
    assert sum(isinstance(each, ServiceUnavailable) for each in first) == 2
    assert isinstance(await passwords.hash("correct horse"), str)


async def test_who_leaves_the_queue_gives_the_place_back(make_passwords: MakePasswords) -> None:
    passwords = make_passwords(hash_threads=1, hash_queue=1)
    impatient = [asyncio.create_task(passwords.hash("correct horse")) for _ in range(2)]
    await asyncio.sleep(0)
    for each in impatient:
        each.cancel()
    await asyncio.wait(impatient)

    async def has_room() -> bool:
        try:
            return bool(await passwords.hash("correct horse"))
        except ServiceUnavailable:
            return False

    assert await eventually(has_room)
