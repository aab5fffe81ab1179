"""All that auth keeps of a player, told to an admin."""

from typing import Any

from fairground_auth.personal.records import RECORDS
from fairground_auth.schema import metadata
from fairground_auth.testing import People
from fairground_common.testing.asgi import AsgiClient
from fairground_common.testing.personal import untold

ELSEWHERE = {"refresh_token": "hashes of a session's tokens"}


def test_every_column_about_a_player_is_told_or_withheld() -> None:
    told_as_user = {"app_user.id", "credential.password_hash"}
    assert untold(metadata, RECORDS, elsewhere=ELSEWHERE) - told_as_user == set()


async def export(admin: AsgiClient, user_id: int, kind: str, **query: Any) -> Any:
    answer = await admin.get(f"/api/admin/auth/players/{user_id}/export/{kind}", query=query)
    assert answer.status == 200, answer
    return answer.body


async def test_an_export_tells_user_sessions_logins_and_changes(people: People) -> None:
    admin_id, admin = await people.with_roles("admin")
    person = await people.register(nickname="민아")
    for ip in ("203.0.113.1", "203.0.113.2"):
        await people.log_in(person["username"], ip=ip)
    await admin.post(f"/api/admin/auth/users/{person['user_id']}/block", body={"reason": "why"})
    user_id = person["user_id"]
    kinds = (await admin.get(f"/api/admin/auth/players/{user_id}/export")).body["kinds"]
    told = {kind: (await export(admin, user_id, kind))["items"] for kind in kinds}
    [user] = told["user"]
    assert (user["username"], user["nickname"], user["last_login_ip"]) == (person["username"], "민아", "203.0.113.2")
    assert "password_hash" not in user
    assert [session["revoked_because"] for session in told["sessions"]] == ["BLOCKED", "BLOCKED"]
    assert [event["result"]["ip"] for event in told["events"]] == ["203.0.113.1", "203.0.113.2"]
    assert told["changes"][0]["after"] == {"status": "BLOCKED", "reason": "why"}
    assert told["changes"][0]["changed_by"] == admin_id
    assert told["acts"] == []


async def test_pages_neither_repeat_nor_skip(people: People) -> None:
    _, admin = await people.with_roles("admin")
    person = await people.register()
    for _ in range(5):
        await people.session(person["username"])
    for kind in ("sessions", "events"):
        whole = (await export(admin, person["user_id"], kind))["items"]
        paged: list[Any] = []
        body = await export(admin, person["user_id"], kind, limit=2)
        while True:
            paged += body["items"]
            if body["next_cursor"] is None:
                break
            body = await export(admin, person["user_id"], kind, limit=2, cursor=body["next_cursor"])
        assert paged == whole
        assert len(whole) == 5


async def test_beginning_to_read_is_audited(people: People) -> None:
    admin_id, admin = await people.with_roles("admin")
    person = await people.register()
    await export(admin, person["user_id"], "events")
    acts = (await admin.get("/api/admin/auth/audit", query={"subject": f"user:{person['user_id']}"})).body["items"]
    assert [(act["action"], act["after"], act["user_id"]) for act in acts] == [
        ("PLAYER_EXPORTED", {"kind": "events"}, admin_id)
    ]


async def test_only_admins_export(people: People) -> None:
    _, operator = await people.with_roles("operator")
    for path in ("", "/user"):
        assert (await people.client.get(f"/api/admin/auth/players/1/export{path}")).code == "UNAUTHENTICATED"
        assert (await operator.get(f"/api/admin/auth/players/1/export{path}")).code == "FORBIDDEN"


async def test_what_is_no_kind_or_no_cursor_is_refused(people: People) -> None:
    _, admin = await people.with_roles("admin")
    for path in ("/secrets", "/user?cursor=x", "/user?limit=1001"):
        assert (await admin.get(f"/api/admin/auth/players/1/export{path}")).code == "VALIDATION_FAILED"
