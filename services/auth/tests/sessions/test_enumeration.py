"""Whether a username exists is not told by what a failed login costs: work is counted, not time."""

import argon2
import pytest

from fairground_auth.testing import People, new_name

Counted = list[str]


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Collect the parameters of every hash a password is compared with, and of every hash made."""
    counted: Counted = []
    verify, make = argon2.PasswordHasher.verify, argon2.PasswordHasher.hash

    def count_verify(self: argon2.PasswordHasher, stored: str, password: str) -> bool:
        counted.append("verify " + "$".join(stored.split("$")[:4]))
        return verify(self, stored, password)

    def count_hash(self: argon2.PasswordHasher, password: str) -> str:
        counted.append("hash")
        return make(self, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", count_verify)
    monkeypatch.setattr(argon2.PasswordHasher, "hash", count_hash)
    return counted


ONE = ["verify $argon2id$v=19$m=1024,t=1,p=1"]


@pytest.mark.parametrize("name", ["", "x", "no such name!", "\x00", "x" * 500, "somebody-else"])
async def test_a_name_nobody_has_costs_one_verification_as_everybody_elses(
    people: People, verified: Counted, name: str
) -> None:
    assert (await people.log_in(name, "wrong password")).status == 401
    assert verified == ONE


@pytest.mark.parametrize("change", ["status = 'BLOCKED'", "roles = '{admin,player}'", "last_login_ip = '127.0.0.1'"])
async def test_a_known_name_costs_the_same_whoever_it_is(people: People, verified: Counted, change: str) -> None:
    person = await people.register()
    await people.execute(f"UPDATE app_user SET {change} WHERE id = :id", id=person["user_id"])
    verified.clear()
    assert (await people.log_in(person["username"], "wrong password")).status == 401
    assert verified == ONE


async def test_a_right_password_of_a_blocked_user_costs_the_same(people: People, verified: Counted) -> None:
    person = await people.register()
    await people.execute("UPDATE app_user SET status = 'BLOCKED' WHERE id = :id", id=person["user_id"])
    verified.clear()
    assert (await people.log_in(person["username"])).status == 403
    assert verified == ONE


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_used_up_allowance_costs_nothing_whether_the_name_exists_or_not(
    people: People, verified: Counted, is_known: bool
) -> None:
    name = (await people.register())["username"] if is_known else new_name()
    for _ in range(10):
        await people.log_in(name, "wrong password", ip="192.0.2.77")
    verified.clear()
    assert (await people.log_in(name, "wrong password", ip="192.0.2.77")).code == "TOO_MANY_ATTEMPTS"
    assert verified == []
