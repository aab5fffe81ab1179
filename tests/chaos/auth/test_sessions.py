"""Refresh families over two processes: one successor, nothing alive after an end, and no token at rest."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from fairground_auth.sessions.rules import hash_of
from fairground_auth.testing import Doors
from fairground_common.db import Db
from fairground_common.testing import Answer, eventually, insist
from fairground_common.testing.chaos import running_members
from fairground_common.testing.processes import Program

PARALLEL = 50
USERS = "/api/admin/auth/users"
AT_REST = "SELECT string_agg(each::text, ' ') FROM {} AS each"
TABLES = ("refresh_token", "refresh_family", "user_event_log", "audit_log", "credential", "throttle")
FAMILY = "SELECT count(*) FROM refresh_token JOIN refresh_token AS mine USING (family_id) WHERE mine.token_hash = :hash"
REPLAYS = "SELECT count(*) FROM audit_log WHERE action = 'SESSION_REPLAYED' AND subject = 'user:' || :id"


@pytest.fixture
async def short_memory(program: Program, owner: Db) -> AsyncIterator[Doors]:
    """Yield two processes that forgive a used token for a second."""
    forgiving = program.told(AUTH_REFRESH_GRACE_SECONDS="1")
    async with running_members(forgiving, forgiving) as members:
        yield Doors(members, owner)


async def test_fifty_refreshes_at_once_over_two_processes_agree_on_one_successor(doors: Doors) -> None:
    token = (await doors.people.session())["refresh_token"]
    answers = await asyncio.gather(*(_refresh(doors, number, token) for number in range(PARALLEL)))
    assert Counter(answer.status for answer in answers) == {200: PARALLEL}
    (successor,) = {answer.body["refresh_token"] for answer in answers}
    assert await doors.people.value(FAMILY, hash=hash_of(token)) == 2
    assert (await doors.people.refresh(successor)).status == 200


async def test_no_token_and_no_password_is_in_the_database(doors: Doors) -> None:
    people = doors.people
    person = await people.register(password="no such thing at rest")
    held = [dict((await people.log_in(person["username"], "no such thing at rest")).body)]
    for _ in range(3):
        held.append(dict((await people.refresh(held[-1]["refresh_token"])).body))
    at_rest = " ".join([await people.value(AT_REST.format(table)) or "" for table in TABLES])
    assert hash_of(held[0]["refresh_token"]).hex() in at_rest, "the look at the tables sees what is there"
    for secret in (
        "no such thing at rest",
        *(pair[name] for pair in held for name in ("access_token", "refresh_token")),
    ):
        assert secret not in at_rest


async def test_after_the_grace_a_used_token_ends_the_session_on_every_process_with_one_trace(
    short_memory: Doors,
) -> None:
    here, there = short_memory.each
    person = await here.register()
    first = (await here.session(person["username"]))["refresh_token"]
    second = (await here.refresh(first)).body["refresh_token"]

    async def is_over() -> bool:
        answer = await there.refresh(first)
        assert answer.status == 401 or answer.body["refresh_token"] == second
        return answer.status == 401

    await eventually(is_over)
    told = await asyncio.gather(
        *(insist(each.refresh, token) for each in (here, there) for token in (first, second) * 5)
    )
    assert {(answer.status, answer.code) for answer in told} == {(401, "INVALID_REFRESH_TOKEN")}
    assert await here.value(REPLAYS, id=str(person["user_id"])) == 1


async def test_thieves_who_come_all_at_once_end_one_session_once(short_memory: Doors) -> None:
    people = short_memory.people
    person = await people.register()
    stolen, other = [(await people.session(person["username"]))["refresh_token"] for _ in range(2)]
    second = (await people.refresh(stolen)).body["refresh_token"]
    third = (await people.refresh(second)).body["refresh_token"]
    told = await asyncio.gather(*(insist(people.refresh, stolen) for _ in range(20)))
    assert Counter(answer.status for answer in told) == {401: 20}
    assert (await people.refresh(third)).status == 401
    assert await people.value(REPLAYS, id=str(person["user_id"])) == 1
    assert (await people.refresh(other)).status == 200


async def test_who_lost_an_answer_with_its_process_gets_it_from_the_other(doors: Doors) -> None:
    doomed, other = doors.each
    tokens = [(await other.session())["refresh_token"] for _ in range(20)]
    asked = [asyncio.create_task(doomed.refresh(token)) for token in tokens]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    await doors.members[0].kill()
    answered = await asyncio.gather(*asked, return_exceptions=True)
    again = [await other.refresh(token) for token in tokens]
    await doors.members[0].start()
    assert {answer.status for answer in again} == {200}
    for before, after in zip(answered, again, strict=True):
        assert not isinstance(before, Answer) or before.body["refresh_token"] == after.body["refresh_token"]
    for answer in again:
        assert (await doors.people.refresh(answer.body["refresh_token"])).status == 200


async def test_a_logout_at_one_process_is_the_end_at_the_other(doors: Doors) -> None:
    here, there = doors.each
    first = (await here.session())["refresh_token"]
    second = (await there.refresh(first)).body["refresh_token"]
    assert (await here.log_out(first)).status == 204
    for each in (there, here):
        assert (await each.refresh(second)).code == "INVALID_REFRESH_TOKEN"


async def test_a_block_among_refreshes_and_logins_leaves_nothing_alive_anywhere(doors: Doors) -> None:
    people = doors.people
    person = await people.register()
    _, admin = await people.with_roles("admin")
    tokens = [(await people.session(person["username"]))["refresh_token"] for _ in range(8)]
    block = admin.post(f"{USERS}/{person['user_id']}/block", body={"reason": "cheating"})
    *answers, blocked = await asyncio.gather(
        *(people.refresh(token) for token in tokens), *(people.log_in(person["username"]) for _ in range(8)), block
    )
    assert blocked.status == 200
    assert {answer.status for answer in answers} <= {200, 401, 403}
    handed_out = [answer.body["refresh_token"] for answer in answers if answer.status == 200]
    for each in doors.each:
        assert {(await each.refresh(token)).status for token in (*tokens, *handed_out)} == {401}
        assert (await each.log_in(person["username"])).code == "USER_BLOCKED"


async def _refresh(doors: Doors, number: int, token: str) -> Answer:
    return await insist(doors.each[number % len(doors.members)].refresh, token)
