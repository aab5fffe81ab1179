"""Registering and looking at oneself."""

import pytest

from fairground_auth.testing import PASSWORD, People, bearer, new_name
from fairground_common.testing import AsgiClient, TokenMint

REGISTER = "/api/auth/register"


async def test_a_new_player_gets_an_id_and_is_called_as_they_wish(people: People) -> None:
    name = new_name()
    answer = await people.register(name, nickname=" 민아 ")
    assert answer == {"user_id": answer["user_id"], "username": name, "nickname": "민아"}
    assert answer["user_id"] > 0


async def test_the_nickname_is_the_username_unless_given(people: People) -> None:
    name = new_name()
    assert (await people.register(name))["nickname"] == name


async def test_a_name_is_taken_in_any_case_and_width(people: People) -> None:
    name = new_name()
    await people.register(name)
    wide = name.replace("p", "\N{FULLWIDTH LATIN CAPITAL LETTER P}")
    answer = await people.client.post(REGISTER, body={"username": wide.upper(), "password": PASSWORD})
    assert (answer.status, answer.code) == (409, "USERNAME_TAKEN")


@pytest.mark.parametrize(
    ("wrong", "loc"),
    [
        ({"username": "a b"}, ["username"]),
        ({"username": "x" * 33}, ["username"]),
        ({"username": "nul\x00"}, ["username"]),
        ({"username": 7}, ["username"]),
        ({"password": "short"}, ["password"]),
        ({"password": "x" * 129}, ["password"]),
        ({"password": None}, ["password"]),
        ({"nickname": ""}, ["nickname"]),
        ({"nickname": "a\x00"}, ["nickname"]),
        ({"roles": ["admin"]}, ["roles"]),
        ({"user_id": 1}, ["user_id"]),
    ],
)
async def test_a_wrong_field_is_named(client: AsgiClient, wrong: dict[str, object], loc: list[str]) -> None:
    body = {"username": new_name(), "password": PASSWORD, **wrong}
    answer = await client.post(REGISTER, body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")
    assert [error["loc"] for error in answer.body["errors"]] == [loc]


async def test_a_refused_password_is_not_repeated_in_the_answer(client: AsgiClient) -> None:
    answer = await client.post(REGISTER, body={"username": new_name(), "password": "secret7"})
    assert answer.status == 422
    assert b"secret7" not in answer.content


@pytest.mark.parametrize("content", [b"{", b"", b"[]", b'"text"', b'{"username": "\\ud800", "password": "12345678"}'])
async def test_an_unreadable_body_is_refused(client: AsgiClient, content: bytes) -> None:
    answer = await client.post(REGISTER, content=content, headers={"content-type": "application/json"})
    assert (answer.status, answer.code) in {(400, "MALFORMED_JSON"), (422, "VALIDATION_FAILED")}


async def test_me_tells_who_i_am(people: People) -> None:
    person = await people.register(nickname="민아")
    tokens = await people.session(person["username"])
    answer = await people.client.get("/api/auth/me", headers=bearer(tokens))
    assert answer.status == 200
    assert answer.body.pop("last_login_at") is not None
    assert {**answer.body, "last_login_at": None} == {
        **person,
        "roles": ["player"],
        "status": "ACTIVE",
        "last_login_at": None,
    }


async def test_nobody_is_told_without_a_token_of_ours(client: AsgiClient, token_mint: TokenMint) -> None:
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic x"}, token_mint.headers(1)):
        answer = await client.get("/api/auth/me", headers=headers)
        assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_spoofed_identity_headers_gain_nothing(client: AsgiClient) -> None:
    answer = await client.get("/api/auth/me", headers={"x-user-id": "1", "x-user-role": "admin"})
    assert answer.status == 401


async def test_unknown_routes_and_methods_are_problems(client: AsgiClient) -> None:
    assert (await client.get("/api/auth/nothing")).code == "NOT_FOUND"
    assert (await client.get("/api/auth/login")).code == "METHOD_NOT_ALLOWED"
