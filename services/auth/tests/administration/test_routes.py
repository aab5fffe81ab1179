"""Operators look, admins change, and every change leaves its trace."""

from typing import Any

import pytest

from fairground_auth.testing import People, bearer, new_name
from fairground_common.testing import AsgiClient

USERS = "/api/admin/auth/users"
PLAYERS = "/api/admin/auth/players"
AUDIT = "/api/admin/auth/audit"

OPERATIONS: list[tuple[str, str, object, str]] = [
    ("GET", USERS, None, "operator"),
    ("GET", USERS + "/{id}", None, "operator"),
    ("POST", USERS + "/{id}/block", None, "admin"),
    ("POST", USERS + "/{id}/unblock", None, "admin"),
    ("PUT", USERS + "/{id}/roles", {"roles": []}, "admin"),
    ("GET", PLAYERS + "/{id}", None, "operator"),
    ("POST", PLAYERS + "/{id}/erase", None, "admin"),
    ("GET", PLAYERS + "/{id}/export", None, "admin"),
    ("GET", PLAYERS + "/{id}/export/{kind}", None, "admin"),
    ("GET", AUDIT, None, "admin"),
]
MAY = {"operator": {"operator", "admin"}, "admin": {"admin"}}


def as_sent(body: object) -> dict[str, Any]:
    return {} if body is None else {"body": body}


@pytest.mark.parametrize("role", [None, "player", "operator", "admin"])
@pytest.mark.parametrize(("method", "path", "body", "needed"), OPERATIONS)
async def test_who_may_what(
    people: People, method: str, path: str, body: object, needed: str, role: str | None
) -> None:
    subject = (await people.register())["user_id"]
    client = people.client if role is None else (await people.with_roles(role))[1]
    answer = await client.request(method, path.format(id=subject, kind="user"), **as_sent(body))
    if role is None:
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
    elif role in MAY[needed]:
        assert answer.status == 200
    else:
        assert (answer.status, answer.code) == (403, "FORBIDDEN")


async def test_every_admin_operation_is_in_the_table_above(client: AsgiClient) -> None:
    document = (await client.get("/openapi.json")).body
    declared = {
        (method.upper(), path.replace("{user_id}", "{id}"))
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/api/admin/")
    }
    assert declared == {(method, path) for method, path, *_ in OPERATIONS}


async def test_a_block_ends_refreshing_at_once_and_logins_until_unblocked(people: People) -> None:
    _, admin = await people.with_roles("admin")
    person = await people.register()
    tokens = await people.session(person["username"])
    blocked = await admin.post(f"{USERS}/{person['user_id']}/block", body={"reason": "cheating"})
    assert (blocked.status, blocked.body["status"]) == (200, "BLOCKED")
    assert (await people.refresh(tokens["refresh_token"])).code == "INVALID_REFRESH_TOKEN"
    assert (await people.log_in(person["username"])).code == "USER_BLOCKED"
    unblocked = await admin.post(f"{USERS}/{person['user_id']}/unblock")
    assert (unblocked.status, unblocked.body["status"]) == (200, "ACTIVE")
    assert (await people.log_in(person["username"])).status == 200
    assert (await people.refresh(tokens["refresh_token"])).status == 401


async def test_roles_are_replaced_and_everybody_stays_a_player(people: People) -> None:
    _, admin = await people.with_roles("admin")
    person = await people.register()
    path = f"{USERS}/{person['user_id']}/roles"
    raised = await admin.put(path, body={"roles": ["operator"]})
    assert raised.body["roles"] == ["operator", "player"]
    token = bearer(await people.session(person["username"]))
    assert (await people.client.get(USERS, headers=token)).status == 200
    lowered = await admin.put(path, body={"roles": []})
    assert lowered.body["roles"] == ["player"]


@pytest.mark.parametrize("body", [{}, {"roles": ["king"]}, {"roles": "admin"}, {"roles": [], "more": 1}])
async def test_unknown_roles_are_refused(people: People, body: dict[str, object]) -> None:
    admin_id, admin = await people.with_roles("admin")
    answer = await admin.put(f"{USERS}/{admin_id}/roles", body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")


async def test_changes_leave_a_trace_with_who_and_what(people: People) -> None:
    admin_id, admin = await people.with_roles("admin")
    user_id = (await people.register())["user_id"]
    await admin.put(f"{USERS}/{user_id}/roles", body={"roles": ["operator"]}, headers={"x-request-id": "r-1"})
    await admin.post(f"{USERS}/{user_id}/block", body={"reason": "cheating"})
    await admin.post(f"{USERS}/{user_id}/unblock")
    acts = (await admin.get(AUDIT, query={"subject": f"user:{user_id}"})).body["items"]
    assert [(act["action"], act["user_id"]) for act in acts] == [
        ("USER_UNBLOCKED", admin_id),
        ("USER_BLOCKED", admin_id),
        ("ROLES_CHANGED", admin_id),
    ]
    assert acts[1]["after"] == {"status": "BLOCKED", "reason": "cheating"}
    assert acts[2]["before"] == {"roles": ["player"]}
    assert acts[2]["after"] == {"roles": ["operator", "player"]}
    assert acts[2]["request_id"] == "r-1"


async def test_doing_it_again_changes_nothing_and_leaves_no_trace(people: People) -> None:
    _, admin = await people.with_roles("admin")
    user_id = (await people.register())["user_id"]
    for _ in range(2):
        assert (await admin.post(f"{USERS}/{user_id}/block")).body["status"] == "BLOCKED"
        assert (await admin.put(f"{USERS}/{user_id}/roles", body={"roles": []})).status == 200
    acts = (await admin.get(AUDIT, query={"subject": f"user:{user_id}"})).body["items"]
    assert [act["action"] for act in acts] == ["USER_BLOCKED"]


@pytest.mark.parametrize("fall", ["roles = '{player}'", "status = 'BLOCKED'"])
async def test_a_fallen_admin_cannot_rise_by_an_old_token(people: People, fall: str) -> None:
    await people.with_roles("admin")
    fallen_id, fallen = await people.with_roles("admin")
    await people.execute(f"UPDATE app_user SET {fall} WHERE id = {fallen_id}")
    for answer in (
        await fallen.put(f"{USERS}/{fallen_id}/roles", body={"roles": ["admin"]}),
        await fallen.post(f"{USERS}/{fallen_id}/unblock"),
        await fallen.post(f"{USERS}/{(await people.register())['user_id']}/block"),
    ):
        assert (answer.status, answer.code) == (403, "FORBIDDEN")


@pytest.mark.parametrize("user_id", [0, -1, 2**63, "x", "1.5"])
async def test_impossible_ids_are_refused(people: People, user_id: object) -> None:
    _, admin = await people.with_roles("admin")
    assert (await admin.get(f"{USERS}/{user_id}")).code == "VALIDATION_FAILED"


async def test_unknown_users_are_not_found(people: People) -> None:
    _, admin = await people.with_roles("admin")
    unknown = f"{USERS}/{2**63 - 1}"
    assert (await admin.get(unknown)).code == "USER_NOT_FOUND"
    assert (await admin.post(f"{unknown}/block")).code == "USER_NOT_FOUND"
    assert (await admin.post(f"{unknown}/unblock")).code == "USER_NOT_FOUND"
    assert (await admin.put(f"{unknown}/roles", body={"roles": []})).code == "USER_NOT_FOUND"


async def test_users_are_found_by_the_start_of_their_name_and_by_id(people: People) -> None:
    _, operator = await people.with_roles("operator")
    start = new_name()
    ids = [(await people.register(f"{start}{end}"))["user_id"] for end in ("_a", "-b", "xc")]

    async def found(query: object) -> list[int]:
        items = (await operator.get(USERS, query={"query": query})).body["items"]
        return [item["user_id"] for item in items]

    assert await found(start.upper()) == ids[::-1]
    assert await found(f"{start}_") == [ids[0]]
    assert await found(f"{start}%") == []
    assert ids[1] in await found(ids[1])
    assert await found("nobody\x00") == []
    assert await found("9" * 30) == []


async def test_lists_show_no_secrets(people: People) -> None:
    _, operator = await people.with_roles("operator")
    item = (await operator.get(USERS)).body["items"][0]
    assert item.keys() == {
        "user_id",
        "username",
        "nickname",
        "roles",
        "status",
        "created_at",
        "last_login_at",
        "last_login_ip",
    }


async def test_pages_follow_one_another_without_gap_or_repeat(people: People) -> None:
    _, operator = await people.with_roles("operator")
    start = new_name()
    ids = [(await people.register(f"{start}.{index}"))["user_id"] for index in range(5)]
    seen: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        answer = (await operator.get(USERS, query={"query": start, "limit": 2, **cursor})).body
        seen += [item["user_id"] for item in answer["items"]]
        cursor = {"cursor": answer["next_cursor"]}
    assert seen == ids[::-1]
    assert cursor == {"cursor": None}


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 101},
        {"cursor": "x"},
        {"cursor": "WzBd"},
        {"cursor": "WzkyMjMzNzIwMzY4NTQ3NzU4MDhd"},
        {"query": "x" * 65},
    ],
)
async def test_wrong_queries_are_refused(people: People, query: dict[str, object]) -> None:
    _, operator = await people.with_roles("operator")
    answer = await operator.get(USERS, query=query)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
