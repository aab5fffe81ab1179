"""There is always somebody who can administer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from fairground_auth.app import create_app
from fairground_auth.testing import MakeSettings, People
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient

USERS = "/api/admin/auth/users"
DISMISSALS = [
    ("POST", USERS + "/{id}/block", {}),
    ("PUT", USERS + "/{id}/roles", {"body": {"roles": ["operator"]}}),
]


@pytest_asyncio.fixture
async def few(fresh_database: Callable[[str], ServiceDatabase], make_settings: MakeSettings) -> AsyncIterator[People]:
    """People of a database in which there are no admins but the test's own."""
    database = fresh_database("auth")
    owner = Db.connect(database.owner_url, application="auth-tests")
    async with AsgiClient.running(create_app(make_settings(database))) as client:
        yield People(client, owner)
    await owner.close()


@pytest.mark.parametrize(("method", "path", "sent"), DISMISSALS)
async def test_the_last_admin_cannot_be_dismissed(few: People, method: str, path: str, sent: dict[str, Any]) -> None:
    admin_id, admin = await few.with_roles("admin")
    answer = await admin.request(method, path.format(id=admin_id), **sent)
    assert (answer.status, answer.code) == (409, "LAST_ADMIN")
    await few.with_roles("admin")
    assert (await admin.request(method, path.format(id=admin_id), **sent)).status == 200


@pytest.mark.parametrize(("method", "path", "sent"), DISMISSALS)
async def test_two_admins_who_dismiss_each_other_leave_one(
    few: People, method: str, path: str, sent: dict[str, Any]
) -> None:
    (first_id, first), (second_id, second) = await few.with_roles("admin"), await few.with_roles("admin")
    answers = await asyncio.gather(
        first.request(method, path.format(id=second_id), **sent),
        second.request(method, path.format(id=first_id), **sent),
    )
    assert sorted(answer.status for answer in answers) == [200, 403]
