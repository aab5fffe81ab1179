"""Many logins at once on a process whose hashing is slow: it stays reachable, and says early what it cannot do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from fairground_auth.testing import Doors, new_name
from fairground_common.db import Db
from fairground_common.testing.chaos import running_members
from fairground_common.testing.processes import Program

LOGINS, QUEUE, PROBES = 20, 5, 20


@pytest.fixture
async def slow(program: Program, owner: Db) -> AsyncIterator[Doors]:
    """Yield one process: a hash at a time, each some tenths of a second of work, and a queue for all who come."""
    heavy = program.told(AUTH_ARGON2_MEMORY_KIB="65536", AUTH_ARGON2_PASSES="3", AUTH_HASH_QUEUE=str(LOGINS))
    async with running_members(heavy) as members:
        yield Doors(members, owner)


async def test_probes_are_answered_before_the_logins_that_came_earlier(slow: Doors) -> None:
    people = slow.people
    logins = [asyncio.create_task(people.log_in(new_name(), "wrong password")) for _ in range(LOGINS)]
    await asyncio.wait(logins, return_when=asyncio.FIRST_COMPLETED)
    probes = [await people.client.get("/livez") for _ in range(PROBES)]
    still_hashing = [login for login in logins if not login.done()]
    assert {probe.status for probe in probes} == {200}
    assert still_hashing, "probes do not queue behind passwords"
    assert {login.status for login in await asyncio.gather(*logins)} == {401}


async def test_beyond_the_queue_a_login_is_told_to_come_back_and_those_in_it_are_answered(slow: Doors) -> None:
    (member,) = slow.members
    await member.kill()
    await member.start(AUTH_HASH_QUEUE=str(QUEUE))
    people = slow.people
    person = await people.register()
    names = [person["username"] if number % 2 else new_name() for number in range(LOGINS)]
    answers = await asyncio.gather(*(people.log_in(name, "wrong password") for name in names))
    statuses = Counter(answer.status for answer in answers)
    assert statuses.keys() == {401, 503}
    assert statuses[401] >= QUEUE + 1
    refused = [answer for answer in answers if answer.status == 503]
    assert {answer.code for answer in refused} == {"SERVICE_UNAVAILABLE"}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert (await people.log_in(person["username"])).status == 200


async def test_a_hash_made_by_a_process_with_other_parameters_is_renewed_by_the_next_login(
    doors: Doors, slow: Doors
) -> None:
    person = await doors.people.register()
    stored = "SELECT password_hash FROM credential WHERE user_id = :id"
    assert (await doors.people.value(stored, id=person["user_id"])).startswith("$argon2id$v=19$m=1024,t=1,p=1$")
    assert (await slow.people.log_in(person["username"])).status == 200
    assert (await doors.people.value(stored, id=person["user_id"])).startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert (await slow.people.log_in(person["username"])).status == 200
