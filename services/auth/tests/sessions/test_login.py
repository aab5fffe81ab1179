"""From a password to tokens."""

import asyncio
from datetime import datetime

import jwt
import pytest

from fairground_auth.app import create_app
from fairground_auth.testing import PASSWORD, MakeSettings, People, bearer, new_name
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient

BLOCK = "UPDATE app_user SET status = 'BLOCKED' WHERE id = :id"
HASH = "SELECT password_hash FROM credential WHERE user_id = :id"


async def test_a_password_is_exchanged_for_tokens(people: People) -> None:
    name = new_name()
    await people.register(name)
    answer = await people.log_in(name.upper())
    assert answer.status == 200
    assert answer.body.keys() == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (answer.body["token_type"], answer.body["expires_in"]) == ("Bearer", 600)
    assert answer.headers["cache-control"] == "no-store"


async def test_the_access_token_has_the_shape_of_rfc_9068(people: People) -> None:
    person = await people.register()
    token = (await people.session(person["username"]))["access_token"]
    key_set = (await people.client.get("/.well-known/jwks.json")).body
    header = jwt.get_unverified_header(token)
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    key = next(jwt.PyJWK(entry) for entry in key_set["keys"] if entry["kid"] == header["kid"])
    claims = jwt.decode(token, key, algorithms=["ES256"], audience="fairground", issuer="fairground")
    assert claims["sub"] == str(person["user_id"])
    assert claims["roles"] == ["player"]
    assert claims["exp"] - claims["iat"] == 600
    assert claims["jti"]


async def test_unknown_user_and_wrong_password_are_told_alike(people: People) -> None:
    person = await people.register()
    wrong = await people.log_in(person["username"], "wrong password")
    for name in (new_name(), "no such name!", "\x00", "x" * 500, ""):
        unknown = await people.log_in(name, "wrong password")
        assert (unknown.status, unknown.code) == (401, "INVALID_CREDENTIALS")
        named = {"request_id", "x-request-id"}
        assert {k: v for k, v in unknown.body.items() if k not in named} == {
            k: v for k, v in wrong.body.items() if k not in named
        }
        assert unknown.headers.keys() == wrong.headers.keys()


async def test_a_password_no_user_can_have_is_simply_wrong(people: People) -> None:
    person = await people.register()
    for password in ("", "short", "x" * 1000, "nul\x00nul\x00"):
        assert (await people.log_in(person["username"], password)).code == "INVALID_CREDENTIALS"


async def test_the_last_login_and_where_it_came_from_are_kept(people: People) -> None:
    person = await people.register()
    tokens = (await people.log_in(person["username"], ip="203.0.113.9")).body
    seen = await people.value("SELECT last_login_ip FROM app_user WHERE id = :id", id=person["user_id"])
    assert seen == "203.0.113.9"
    me = await people.client.get("/api/auth/me", headers=bearer(tokens))
    assert datetime.fromisoformat(me.body["last_login_at"]).tzinfo is not None


async def test_an_address_is_not_believed_without_the_gateway_key(people: People) -> None:
    person = await people.register()
    body = {"username": person["username"], "password": PASSWORD}
    told = {"x-fairground-client-ip": "203.0.113.9", "x-forwarded-for": "203.0.113.9"}
    assert (await people.client.post("/api/auth/login", body=body, headers=told)).status == 200
    seen = await people.value("SELECT last_login_ip FROM app_user WHERE id = :id", id=person["user_id"])
    assert seen == "127.0.0.1"


async def test_a_login_is_logged_as_the_players_event(people: People) -> None:
    person = await people.register()
    await people.session(person["username"])
    await people.log_in(person["username"], "wrong password")
    logged = "SELECT count(*) FROM user_event_log WHERE user_id = :id AND action = 'AUTH_LOGIN'"
    assert await people.value(logged, id=person["user_id"]) == 1


async def test_a_blocked_user_is_told_so_only_with_the_right_password(people: People) -> None:
    person = await people.register()
    await people.execute(BLOCK, id=person["user_id"])
    right = await people.log_in(person["username"])
    wrong = await people.log_in(person["username"], "wrong password")
    assert (right.status, right.code) == (403, "USER_BLOCKED")
    assert (wrong.status, wrong.code) == (401, "INVALID_CREDENTIALS")
    assert await people.value("SELECT last_login_at FROM app_user WHERE id = :id", id=person["user_id"]) is None


async def test_hashes_are_argon2id_with_the_configured_parameters(people: People) -> None:
    person = await people.register()
    stored = await people.value(HASH, id=person["user_id"])
    assert stored.startswith("$argon2id$v=19$m=1024,t=1,p=1$")


async def test_a_login_renews_a_hash_of_former_parameters(
    people: People, database: ServiceDatabase, make_settings: MakeSettings, owner: Db
) -> None:
    person = await people.register()
    async with AsgiClient.running(create_app(make_settings(database, argon2_passes=2))) as later:
        assert (await People(later, owner).log_in(person["username"])).status == 200
    stored = await people.value(HASH, id=person["user_id"])
    assert stored.startswith("$argon2id$v=19$m=1024,t=2,p=1$")
    assert (await people.log_in(person["username"])).status == 200


async def test_a_full_queue_is_told_alike_to_known_and_unknown(
    database: ServiceDatabase, make_settings: MakeSettings, owner: Db
) -> None:
    busy = make_settings(database, hash_threads=1, hash_queue=0, argon2_memory_kib=65_536, argon2_passes=4)
    async with AsgiClient.running(create_app(busy)) as client:
        people = People(client, owner)
        person = await people.register()
        names = [person["username"] if index % 2 else new_name() for index in range(10)]
        answers = await asyncio.gather(*(people.log_in(name, "wrong password") for name in names))
        refused = [answer for answer in answers if answer.status == 503]
        assert len(refused) == 9
        assert {answer.code for answer in refused} == {"SERVICE_UNAVAILABLE"}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert (await people.log_in(person["username"])).status == 200


async def test_hashing_does_not_hold_up_the_event_loop(
    database: ServiceDatabase, make_settings: MakeSettings, owner: Db
) -> None:
    slow = make_settings(database, argon2_memory_kib=65_536, argon2_passes=20)
    async with AsgiClient.running(create_app(slow)) as client:
        login = asyncio.create_task(People(client, owner).log_in(new_name()))
        for _ in range(20):
            assert (await client.get("/livez")).status == 200
            await asyncio.sleep(0.001)
        assert not login.done()
        assert (await login).status == 401


async def test_many_logins_of_one_player_do_not_disturb_one_another(people: People) -> None:
    person = await people.register()
    answers = await asyncio.gather(*(people.log_in(person["username"]) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["refresh_token"] for answer in answers}) == 20


@pytest.mark.parametrize("body", [{}, {"username": "x"}, {"username": "x", "password": "y" * 1025}, {"password": 1}])
async def test_a_login_needs_both_fields(client: AsgiClient, body: dict[str, object]) -> None:
    answer = await client.post("/api/auth/login", body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
