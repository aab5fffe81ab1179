"""A player as operators look one up."""

import pytest

from fairground_auth.sessions.rules import hash_of
from fairground_auth.testing import People, new_name

PATH = "/api/admin/auth/players"
USED_EARLIER = "UPDATE refresh_token SET used_at = used_at - interval '21 s' WHERE token_hash = :hash"


async def test_somebody_who_never_logged_in_has_no_logins_and_no_sessions(people: People) -> None:
    _, operator = await people.with_roles("operator")
    name = new_name()
    person = await people.register(name, nickname="민아")
    view = (await operator.get(f"{PATH}/{person['user_id']}")).body
    assert (view["user_id"], view["username"], view["nickname"]) == (person["user_id"], name, "민아")
    assert (view["roles"], view["status"], view["last_login_at"]) == (["player"], "ACTIVE", None)
    assert (view["last_logins"], view["last_sessions"]) == ([], [])


async def test_logins_are_told_with_where_they_came_from_newest_first(people: People) -> None:
    _, operator = await people.with_roles("operator")
    person, other = await people.register(), await people.register()
    for ip in ("203.0.113.1", "203.0.113.2"):
        await people.log_in(person["username"], ip=ip)
        await people.log_in(other["username"], ip="198.51.100.1")
    await people.log_in(person["username"], "wrong password", ip="203.0.113.3")
    view = (await operator.get(f"{PATH}/{person['user_id']}")).body
    assert [login["ip"] for login in view["last_logins"]] == ["203.0.113.2", "203.0.113.1"]
    assert (view["last_login_ip"], view["last_login_at"]) == ("203.0.113.2", view["last_logins"][0]["created_at"])


async def test_sessions_tell_when_and_why_they_ended(people: People) -> None:
    _, operator = await people.with_roles("operator")
    person = await people.register()
    left, stolen, _open = [(await people.session(person["username"]))["refresh_token"] for _ in range(3)]
    await people.log_out(left)
    await people.refresh(stolen)
    await people.execute(USED_EARLIER, hash=hash_of(stolen))
    await people.refresh(stolen)
    sessions = (await operator.get(f"{PATH}/{person['user_id']}")).body["last_sessions"]
    assert [session["ended_because"] for session in sessions] == [None, "REPLAY", "LOGOUT"]
    assert [session["ended_at"] is None for session in sessions] == [True, False, False]
    assert left not in str(sessions)


async def test_twenty_of_each_are_shown(people: People) -> None:
    _, operator = await people.with_roles("operator")
    person = await people.register()
    for _ in range(21):
        await people.session(person["username"])
    view = (await operator.get(f"{PATH}/{person['user_id']}")).body
    assert (len(view["last_logins"]), len(view["last_sessions"])) == (20, 20)


async def test_an_unknown_player_is_not_found(people: People) -> None:
    _, operator = await people.with_roles("operator")
    assert (await operator.get(f"{PATH}/{2**63 - 1}")).code == "USER_NOT_FOUND"


@pytest.mark.parametrize("user_id", ["0", "-1", str(2**63), "someone"])
async def test_an_id_that_cannot_be_is_refused(people: People, user_id: str) -> None:
    _, operator = await people.with_roles("operator")
    assert (await operator.get(f"{PATH}/{user_id}")).code == "VALIDATION_FAILED"
