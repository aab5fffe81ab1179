"""Guessing is slowed down; owners are not locked out by strangers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest_asyncio

from fairground_auth.app import create_app
from fairground_auth.testing import PASSWORD, MakeSettings, People, new_name
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient

HERE, NEARBY, ELSEWHERE = "203.0.113.7", "203.0.113.99", "198.51.100.1"
LATER = "UPDATE throttle SET window_ends_at = window_ends_at - interval '15 min'"


@pytest_asyncio.fixture
async def guarded(database: ServiceDatabase, make_settings: MakeSettings, owner: Db) -> AsyncIterator[People]:
    """People in front of a service with small limits: 5 a network, 8 an account, 12 an address, 3 registrations."""
    limits = {
        "login_failures_per_network": 5,
        "login_failures_per_account": 8,
        "login_failures_per_ip": 12,
        "registrations_per_ip": 3,
    }
    async with AsgiClient.running(create_app(make_settings(database, **limits))) as client:
        people = People(client, owner)
        await people.execute("DELETE FROM throttle")
        yield people


async def fail(people: People, name: str, times: int, ip: str = HERE) -> list[int]:
    return [(await people.log_in(name, "wrong password", ip=ip)).status for _ in range(times)]


async def test_after_the_last_allowed_failure_even_the_right_password_waits(people: People, guarded: People) -> None:
    name = (await people.register())["username"]
    assert await fail(guarded, name, 6) == [401] * 5 + [429]
    refused = await guarded.log_in(name, ip=HERE)
    assert (refused.status, refused.code) == (429, "TOO_MANY_ATTEMPTS")
    assert 880 <= int(refused.headers["retry-after"]) <= 900


async def test_the_whole_network_waits_and_the_owner_elsewhere_does_not(people: People, guarded: People) -> None:
    name = (await people.register())["username"]
    await fail(guarded, name, 5)
    assert (await guarded.log_in(name, ip=NEARBY)).status == 429
    assert (await guarded.log_in(name, ip=ELSEWHERE)).status == 200


async def test_another_account_from_the_same_network_does_not_wait(people: People, guarded: People) -> None:
    first, second = (await people.register())["username"], (await people.register())["username"]
    await fail(guarded, first, 5)
    assert (await guarded.log_in(second, ip=HERE)).status == 200


async def test_one_network_cannot_lock_an_account_for_all(people: People, guarded: People) -> None:
    name = (await people.register())["username"]
    await fail(guarded, name, 30)
    assert (await guarded.log_in(name, ip=ELSEWHERE)).status == 200


async def test_many_networks_together_run_into_the_accounts_limit(people: People, guarded: People) -> None:
    name = (await people.register())["username"]
    statuses = [(await fail(guarded, name, 1, ip=f"198.51.{index}.1"))[0] for index in range(10)]
    assert statuses == [401] * 8 + [429] * 2


async def test_many_networks_together_cannot_lock_the_owner_out_of_where_they_were_last(
    people: People, guarded: People
) -> None:
    name = (await people.register())["username"]
    assert (await guarded.log_in(name, ip=HERE)).status == 200
    for index in range(10):
        await fail(guarded, name, 1, ip=f"198.51.{index}.1")
    assert (await guarded.log_in(name, ip=ELSEWHERE)).status == 429
    assert await fail(guarded, name, 6, ip=NEARBY) == [401] * 5 + [429], "guesses from there are counted as ever"
    await people.execute("DELETE FROM throttle WHERE scope = 'login-network'")
    assert (await guarded.log_in(name, ip=NEARBY)).status == 200


async def test_an_address_that_tries_many_names_waits(guarded: People) -> None:
    statuses = [(await fail(guarded, new_name(), 1))[0] for _ in range(14)]
    assert statuses == [401] * 12 + [429] * 2


async def test_unknown_names_wait_alike(guarded: People) -> None:
    assert await fail(guarded, new_name(), 6) == [401] * 5 + [429]
    assert await fail(guarded, "no such name!", 6, ip=ELSEWHERE) == [401] * 5 + [429]


async def test_case_and_width_make_no_new_account(guarded: People) -> None:
    name = new_name()
    await fail(guarded, name, 5)
    assert await fail(guarded, name.upper(), 1) == [429]


async def test_the_window_ends(people: People, guarded: People) -> None:
    name = (await people.register())["username"]
    await fail(guarded, name, 6)
    await people.execute(LATER)
    assert await fail(guarded, name, 6) == [401] * 5 + [429]


async def test_right_passwords_are_not_counted(people: People, guarded: People) -> None:
    name = (await people.register())["username"]
    assert {(await guarded.log_in(name, ip=HERE)).status for _ in range(20)} == {200}


async def test_failures_at_once_are_not_answered_more_often_than_allowed(people: People, guarded: People) -> None:
    name = (await people.register())["username"]
    answers = await asyncio.gather(*(guarded.log_in(name, "wrong password", ip=HERE) for _ in range(30)))
    assert Counter(answer.status for answer in answers) == {401: 5, 429: 25}
    counted = "SELECT times FROM throttle WHERE scope = 'login-ip'"
    assert await people.value(counted) == 5


async def test_registrations_from_one_address_are_limited(guarded: People) -> None:
    async def register() -> int:
        body = {"username": new_name(), "password": PASSWORD}
        return (await guarded.client.post("/api/auth/register", body=body)).status

    assert [await register() for _ in range(4)] == [201, 201, 201, 429]


async def test_names_that_are_taken_cannot_be_tried_out_without_end(people: People, guarded: People) -> None:
    body = {"username": (await people.register())["username"], "password": PASSWORD}
    await people.execute("DELETE FROM throttle")
    statuses = [(await guarded.client.post("/api/auth/register", body=body)).status for _ in range(4)]
    assert statuses == [409, 409, 409, 429]
