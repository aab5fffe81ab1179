"""A person is erased: what is left is a number that has played."""

from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from fairground_auth.testing import PASSWORD, People, bearer, new_name
from fairground_auth.throttle.rules import account_of
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing.contents import contents

PATH = "/api/admin/auth/players"
NOTHING = {"sessions": 0, "login_failures": 0, "addresses": 0, "audited": 0, "user": 0, "password": 0}
IP = "203.0.113.77"
NICKNAME = "Hanna Muster"
LOGIN_ADDRESS, GUESSING_NETWORK = "2001:db8:7:7::7", "2001:db8:9:9::/64"


async def a_known_person(people: People) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return somebody with a nickname, sessions, addresses, wrong passwords and a reason in the audit log."""
    _, admin = await people.with_roles("admin")
    person = await people.register(nickname=NICKNAME)
    await people.log_in(person["username"], ip=LOGIN_ADDRESS)
    tokens = await people.session(person["username"])
    await people.log_in(person["username"], "wrong password", ip="2001:db8:9:9::1")
    for act in ("block", "unblock"):
        reason = f"{NICKNAME} asked for it"
        await admin.post(f"/api/admin/auth/users/{person['user_id']}/{act}", body={"reason": reason})
    return person, tokens


async def erase(people: People, user_id: int, **query: Any) -> Any:
    _, admin = await people.with_roles("admin")
    answer = await admin.post(f"{PATH}/{user_id}/erase", query=query)
    assert answer.status == 200, answer
    return answer.body


@pytest_asyncio.fixture(autouse=True)
async def nobody_known_before(people: People) -> None:
    """Let no earlier test's person be taken for this one's."""
    await people.execute("UPDATE app_user SET nickname = 'other', last_login_ip = NULL")
    await people.execute("UPDATE user_event_log SET result = result - 'ip'")
    await people.execute("UPDATE audit_log SET after = after - 'reason'")


async def test_nothing_of_a_person_is_left_in_any_table(people: People, owner_connection: asyncpg.Connection) -> None:
    person, _ = await a_known_person(people)
    account = account_of(person["username"])
    words = [person["username"], account, f"{account} {GUESSING_NETWORK}"]
    before = await whole_text(owner_connection)
    assert [word for word in words if word not in before] == []
    assert [before.count(word) for word in (NICKNAME, LOGIN_ADDRESS)] == [3, 2]
    done = await erase(people, person["user_id"])
    assert done["erased"] == {
        "sessions": 2,
        "login_failures": 2,
        "addresses": 2,
        "audited": 2,
        "user": 1,
        "password": 1,
    }
    after = await whole_text(owner_connection)
    assert [word for word in (*words, NICKNAME, LOGIN_ADDRESS) if word in after] == []


async def whole_text(owner: asyncpg.Connection) -> str:
    """Return all rows of the database as text."""
    tables = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    every = [await owner.fetchval(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" AS t') for (name,) in tables]
    return "\n".join(text or "" for text in every)


async def test_an_erased_player_comes_in_no_more(people: People) -> None:
    person, tokens = await a_known_person(people)
    await erase(people, person["user_id"])
    assert (await people.refresh(tokens["refresh_token"])).code == "INVALID_REFRESH_TOKEN"
    assert (await people.log_in(person["username"])).code == "INVALID_CREDENTIALS"
    assert (await people.log_in(f"erased:{person['user_id']}")).code == "INVALID_CREDENTIALS"
    me = (await people.client.signed(bearer(tokens)).get("/api/auth/me")).body
    assert (me["username"], me["nickname"], me["status"]) == (*[f"erased:{person['user_id']}"] * 2, "ERASED")


async def test_the_name_is_free_again_and_belongs_to_somebody_else(people: People) -> None:
    name = new_name()
    person = await people.register(name)
    await erase(people, person["user_id"])
    other = await people.register(name)
    assert other["user_id"] != person["user_id"]
    assert (await people.log_in(name)).status == 200


async def test_again_changes_nothing(people: People, owner_connection: asyncpg.Connection) -> None:
    person, _ = await a_known_person(people)
    _, admin = await people.with_roles("admin")
    await admin.post(f"{PATH}/{person['user_id']}/erase")
    before = await contents(owner_connection)
    again = await admin.post(f"{PATH}/{person['user_id']}/erase")
    assert again.body["erased"] == NOTHING
    assert await contents(owner_connection) == before


async def test_a_dry_run_tells_and_changes_nothing(people: People, owner_connection: asyncpg.Connection) -> None:
    person, _ = await a_known_person(people)
    _, admin = await people.with_roles("admin")
    before = await contents(owner_connection)
    told = await admin.post(f"{PATH}/{person['user_id']}/erase", query={"dry_run": "true"})
    assert await contents(owner_connection) == before
    done = await admin.post(f"{PATH}/{person['user_id']}/erase")
    assert (told.body["dry_run"], done.body["dry_run"]) == (True, False)
    assert told.body["erased"] == done.body["erased"] != NOTHING


async def test_who_erased_whom_is_audited_without_the_name(people: People) -> None:
    person, _ = await a_known_person(people)
    admin_id, admin = await people.with_roles("admin")
    await admin.post(f"{PATH}/{person['user_id']}/erase", headers={"x-request-id": "r-erase"})
    acts = (await admin.get("/api/admin/auth/audit", query={"subject": f"user:{person['user_id']}"})).body["items"]
    assert [act["action"] for act in acts] == ["PLAYER_ERASED", "USER_UNBLOCKED", "USER_BLOCKED"]
    assert (acts[0]["user_id"], acts[0]["request_id"], acts[0]["after"]["user"]) == (admin_id, "r-erase", 1)
    assert [(act["before"], act["after"]) for act in acts[1:]] == [
        ({"status": "BLOCKED"}, {"status": "ACTIVE"}),
        ({"status": "ACTIVE"}, {"status": "BLOCKED"}),
    ]


async def test_nothing_brings_an_erased_user_back(people: People) -> None:
    person = await people.register()
    await erase(people, person["user_id"])
    _, admin = await people.with_roles("admin")
    user = f"/api/admin/auth/users/{person['user_id']}"
    refusals = [
        await admin.post(f"{user}/unblock"),
        await admin.post(f"{user}/block"),
        await admin.put(f"{user}/roles", body={"roles": ["admin"]}),
    ]
    assert [answer.code for answer in refusals] == ["USER_ERASED"] * 3


async def test_the_last_admin_is_not_erased(people: People) -> None:
    admin_id, admin = await people.with_roles("admin")
    await people.execute("UPDATE app_user SET roles = '{player}' WHERE id <> :id", id=admin_id)
    assert (await admin.post(f"{PATH}/{admin_id}/erase")).code == "LAST_ADMIN"


async def test_another_admin_is_erased_with_the_role(people: People) -> None:
    fallen_id, fallen = await people.with_roles("admin")
    await erase(people, fallen_id)
    assert await people.value("SELECT roles FROM app_user WHERE id = :id", id=fallen_id) == ["player"]
    person = await people.register()
    assert (await fallen.post(f"{PATH}/{person['user_id']}/erase")).code == "FORBIDDEN"


async def test_an_unknown_player_is_not_found(people: People) -> None:
    _, admin = await people.with_roles("admin")
    assert (await admin.post(f"{PATH}/{2**63 - 1}/erase")).code == "USER_NOT_FOUND"


@pytest.mark.parametrize("role", [None, "operator"])
async def test_only_admins_erase(people: People, role: str | None) -> None:
    person = await people.register()
    client = people.client if role is None else (await people.with_roles(role))[1]
    code = "UNAUTHENTICATED" if role is None else "FORBIDDEN"
    assert (await client.post(f"{PATH}/{person['user_id']}/erase")).code == code
    assert (await people.log_in(person["username"], PASSWORD)).status == 200


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE user_event_log SET result = '{}'",
        "DELETE FROM user_event_log",
        "UPDATE audit_log SET after = NULL",
        "DELETE FROM audit_log",
    ],
)
async def test_the_service_may_change_its_logs_in_no_other_way(database: ServiceDatabase, statement: str) -> None:
    app = await asyncpg.connect(database.app_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)
    finally:
        await app.close()


async def test_forgetting_changes_nothing_but_what_is_personal(
    people: People, database: ServiceDatabase, owner_connection: asyncpg.Connection
) -> None:
    person, other = await people.register(), await people.register()
    for who in (person, other):
        await people.log_in(who["username"], ip=IP)
    log = "SELECT to_jsonb(l) - 'result', result FROM user_event_log AS l WHERE user_id = ANY ($1) ORDER BY id"
    ids = [person["user_id"], other["user_id"]]
    before = await owner_connection.fetch(log, ids)
    app = await asyncpg.connect(database.app_url)
    try:
        assert await app.fetchval("SELECT forget_addresses($1)", person["user_id"]) == 1
    finally:
        await app.close()
    after = await owner_connection.fetch(log, ids)
    assert [row[0] for row in after] == [row[0] for row in before]
    assert (after[0]["result"], after[1]["result"]) == ("{}", before[1]["result"])
