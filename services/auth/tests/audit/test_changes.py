"""Every change is audited, or does not happen."""

from collections.abc import Callable

import asyncpg

from fairground_auth.app import create_app
from fairground_auth.testing import MakeSettings, People
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient
from fairground_common.testing.audited import Change, changes_of, check_audited


def changes(user_id: int) -> list[Change]:
    of_user = {"user_id": user_id}
    return [
        Change("PUT", "/api/admin/auth/users/{user_id}/roles", of_user, {"body": {"roles": ["operator"]}}),
        Change("POST", "/api/admin/auth/users/{user_id}/block", of_user, {"body": {"reason": "why"}}),
        Change("POST", "/api/admin/auth/users/{user_id}/unblock", of_user),
        Change("POST", "/api/admin/auth/players/{user_id}/erase", of_user),
    ]


async def test_every_change_is_audited_or_does_not_happen(
    fresh_database: Callable[[str], ServiceDatabase], make_settings: MakeSettings
) -> None:
    database = fresh_database("auth")
    owner, db = await asyncpg.connect(database.owner_url), Db.connect(database.owner_url, application="auth-tests")
    async with AsgiClient.running(create_app(make_settings(database))) as client:
        people = People(client, db)
        admin_id, admin = await people.with_roles("admin")
        person = await people.register()
        await people.session(person["username"])
        tried = changes(person["user_id"])
        assert {(change.method, change.path) for change in tried} == await changes_of(client)
        await check_audited(tried, admin, owner, by=admin_id)
    await db.close()
    await owner.close()
