"""Refreshes, logouts and blocks that meet. Two services on one database stand for two processes."""

import asyncio
from collections import Counter

import pytest

from fairground_auth.app import create_app
from fairground_auth.sessions.rules import hash_of
from fairground_auth.testing import MakeSettings, People
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient

TOKENS = "SELECT count(*) FROM refresh_token JOIN refresh_token AS mine USING (family_id) WHERE mine.token_hash = :hash"


async def test_fifty_refreshes_at_once_agree_on_one_successor(
    people: People, database: ServiceDatabase, make_settings: MakeSettings, owner: Db
) -> None:
    token = (await people.session())["refresh_token"]
    async with AsgiClient.running(create_app(make_settings(database))) as second:
        processes = (people, People(second, owner))
        answers = await asyncio.gather(*(processes[index % 2].refresh(token) for index in range(50)))
    assert {answer.status for answer in answers} == {200}
    successors = {answer.body["refresh_token"] for answer in answers}
    assert len(successors) == 1
    assert await people.value(TOKENS, hash=hash_of(token)) == 2
    assert (await people.refresh(successors.pop())).status == 200


@pytest.mark.parametrize("attempt", range(5))
async def test_a_logout_among_refreshes_leaves_nothing_alive(people: People, attempt: int) -> None:
    token = (await people.session())["refresh_token"]
    *answers, out = await asyncio.gather(*(people.refresh(token) for _ in range(8)), people.log_out(token))
    assert out.status == 204
    assert {answer.status for answer in answers} <= {200, 401}
    for successor in {answer.body["refresh_token"] for answer in answers if answer.status == 200}:
        assert (await people.refresh(successor)).status == 401


@pytest.mark.parametrize("attempt", range(5))
async def test_a_block_among_logins_leaves_no_session_alive(people: People, attempt: int) -> None:
    person = await people.register()
    _, admin = await people.with_roles("admin")
    block = admin.post(f"/api/admin/auth/users/{person['user_id']}/block")
    *answers, blocked = await asyncio.gather(*(people.log_in(person["username"]) for _ in range(8)), block)
    assert blocked.status == 200
    assert Counter(answer.status for answer in answers).keys() <= {200, 403}
    for answer in answers:
        if answer.status == 200:
            assert (await people.refresh(answer.body["refresh_token"])).status == 401
