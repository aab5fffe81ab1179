"""Refresh tokens rotate, forgive a lost answer, and give a thief away."""

from typing import Any

import pytest

from fairground_auth.app import create_app
from fairground_auth.sessions.rules import hash_of
from fairground_auth.testing import MakeSettings, People, bearer
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient

USED_EARLIER = "UPDATE refresh_token SET used_at = used_at - interval '21 s' WHERE token_hash = :hash"
IDLE = "UPDATE refresh_token SET expires_at = expires_at - interval '7 d' WHERE token_hash = :hash"
OLD = """UPDATE refresh_family SET expires_at = expires_at - interval '30 d'
         WHERE id = (SELECT family_id FROM refresh_token WHERE token_hash = :hash)"""
WHY = """SELECT revoked_because FROM refresh_family
         WHERE id = (SELECT family_id FROM refresh_token WHERE token_hash = :hash)"""

SESSION = "SELECT family_id FROM refresh_token WHERE token_hash = :hash"


async def assert_dead(people: People, token: str) -> None:
    answer = await people.refresh(token)
    assert (answer.status, answer.code) == (401, "INVALID_REFRESH_TOKEN")


async def test_a_refresh_gives_a_new_pair(people: People) -> None:
    first = await people.session()
    second = await people.refresh(first["refresh_token"])
    assert second.status == 200
    assert second.body.keys() == first.keys()
    assert second.body["refresh_token"] != first["refresh_token"]
    assert second.headers["cache-control"] == "no-store"
    assert (await people.client.get("/api/auth/me", headers=bearer(second.body))).status == 200


async def test_refreshing_goes_on_and_on(people: People) -> None:
    token = (await people.session())["refresh_token"]
    seen = {token}
    for _ in range(10):
        token = (await people.refresh(token)).body["refresh_token"]
        seen.add(token)
    assert len(seen) == 11


async def test_a_lost_answer_is_given_again(people: People) -> None:
    first = (await people.session())["refresh_token"]
    second = (await people.refresh(first)).body["refresh_token"]
    again = await people.refresh(first)
    assert again.status == 200
    assert again.body["refresh_token"] == second
    assert (await people.refresh(second)).status == 200


async def test_a_token_that_comes_back_late_ends_the_session(people: People) -> None:
    first = (await people.session())["refresh_token"]
    second = (await people.refresh(first)).body["refresh_token"]
    await people.execute(USED_EARLIER, hash=hash_of(first))
    await assert_dead(people, first)
    await assert_dead(people, second)
    assert await people.value(WHY, hash=hash_of(first)) == "REPLAY"


async def test_a_token_whose_successor_is_in_use_ends_the_session(people: People) -> None:
    first = (await people.session())["refresh_token"]
    second = (await people.refresh(first)).body["refresh_token"]
    third = (await people.refresh(second)).body["refresh_token"]
    await assert_dead(people, first)
    await assert_dead(people, third)


async def test_a_replay_is_logged_as_the_players_event(people: People) -> None:
    person = await people.register()
    first = (await people.session(person["username"]))["refresh_token"]
    await people.refresh(first)
    await people.execute(USED_EARLIER, hash=hash_of(first))
    await assert_dead(people, first)
    await assert_dead(people, first)
    logged = "SELECT count(*) FROM user_event_log WHERE user_id = :id AND action = 'AUTH_REFRESH_REPLAYED'"
    assert await people.value(logged, id=person["user_id"]) == 1


async def test_a_replay_is_audited_once(people: People) -> None:
    person = await people.register()
    first = (await people.session(person["username"]))["refresh_token"]
    await people.refresh(first)
    await people.execute(USED_EARLIER, hash=hash_of(first))
    for _ in range(2):
        await assert_dead(people, first)
    _, admin = await people.with_roles("admin")
    acts = (await admin.get("/api/admin/auth/audit", query={"subject": f"user:{person['user_id']}"})).body["items"]
    assert [(act["action"], act["user_id"]) for act in acts] == [("SESSION_REPLAYED", person["user_id"])]
    assert acts[0]["after"] == {"session": str(await people.value(SESSION, hash=hash_of(first)))}


async def test_a_replay_ends_only_its_own_session(people: People) -> None:
    person = await people.register()
    stolen = (await people.session(person["username"]))["refresh_token"]
    other = (await people.session(person["username"]))["refresh_token"]
    await people.refresh(stolen)
    await people.execute(USED_EARLIER, hash=hash_of(stolen))
    await assert_dead(people, stolen)
    assert (await people.refresh(other)).status == 200


@pytest.mark.parametrize("passing", [IDLE, OLD])
async def test_a_session_ends_by_idleness_and_by_age(people: People, passing: str) -> None:
    token = (await people.session())["refresh_token"]
    await people.execute(passing, hash=hash_of(token))
    await assert_dead(people, token)


async def test_a_busy_session_is_not_idle(people: People) -> None:
    first = (await people.session())["refresh_token"]
    second = (await people.refresh(first)).body["refresh_token"]
    await people.execute(IDLE, hash=hash_of(first))
    assert (await people.refresh(second)).status == 200


@pytest.mark.parametrize("token", ["", "x", "\x00", "민아", "x" * 10_000])
async def test_unknown_tokens_are_refused_and_log_out_without_a_word(people: People, token: str) -> None:
    await assert_dead(people, token)
    assert (await people.log_out(token)).status == 204


async def test_an_access_token_does_not_refresh(people: People) -> None:
    await assert_dead(people, (await people.session())["access_token"])


async def test_a_refresh_token_opens_no_door(people: People) -> None:
    token = (await people.session())["refresh_token"]
    answer = await people.client.get("/api/auth/me", headers=bearer({"access_token": token}))
    assert answer.status == 401


@pytest.mark.parametrize("used_before", [False, True])
async def test_logging_out_ends_the_session_with_any_of_its_tokens(people: People, used_before: bool) -> None:
    first = (await people.session())["refresh_token"]
    second = (await people.refresh(first)).body["refresh_token"]
    answer = await people.log_out(first if used_before else second)
    assert (answer.status, answer.content) == (204, b"")
    await assert_dead(people, second)
    assert await people.value(WHY, hash=hash_of(second)) == "LOGOUT"
    assert (await people.log_out(second)).status == 204


async def test_a_refresh_carries_the_roles_of_the_moment(people: People) -> None:
    person = await people.register()
    tokens = await people.session(person["username"])
    await people.execute("UPDATE app_user SET roles = '{operator,player}' WHERE id = :id", id=person["user_id"])
    fresh = (await people.refresh(tokens["refresh_token"])).body
    assert (await people.client.get("/api/admin/auth/users", headers=bearer(tokens))).status == 403
    assert (await people.client.get("/api/admin/auth/users", headers=bearer(fresh))).status == 200


async def test_only_hashes_are_stored(people: People) -> None:
    token = (await people.session())["refresh_token"]
    await people.refresh(token)
    stored = "SELECT count(*) FROM refresh_token WHERE encode(token_hash, 'escape') LIKE '%' || :token || '%'"
    assert await people.value(stored, token=token) == 0
    assert await people.value("SELECT count(*) FROM refresh_token WHERE token_hash = :hash", hash=hash_of(token)) == 1


async def test_another_refresh_key_keeps_sessions(
    people: People, database: ServiceDatabase, make_settings: MakeSettings, owner: Db
) -> None:
    first: dict[str, Any] = await people.session()
    async with AsgiClient.running(create_app(make_settings(database, refresh_key="n" * 32))) as later:
        second = await People(later, owner).refresh(first["refresh_token"])
        assert second.status == 200
        assert (await People(later, owner).refresh(second.body["refresh_token"])).status == 200
