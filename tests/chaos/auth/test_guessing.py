"""Passwords guessed at two processes at once. There is no Redis here: what is counted, PostgreSQL counts."""

import asyncio
from collections import Counter
from http import HTTPStatus

import pytest

from fairground_auth.testing import Doors, People, new_name

GUESSES = 40
AT_HOME, NEXT_DOOR, GUESSER = "203.0.113.7", "203.0.113.99", "198.51.100.1"


@pytest.mark.parametrize("is_known", [True, False])
async def test_ten_guesses_are_answered_over_all_processes_and_then_not_even_the_right_one(
    doors: Doors, is_known: bool
) -> None:
    people = doors.people
    name = (await people.register())["username"] if is_known else new_name()
    guesses = (people.log_in(name, f"guess {number}", ip=GUESSER) for number in range(GUESSES))
    answers = await asyncio.gather(*guesses)
    assert Counter((answer.status, answer.code) for answer in answers) == {
        (401, "INVALID_CREDENTIALS"): 10,
        (429, "TOO_MANY_ATTEMPTS"): GUESSES - 10,
    }
    for each in doors.each:
        right = await each.log_in(name, ip=GUESSER)
        assert right.code == "TOO_MANY_ATTEMPTS"
        assert 1 <= int(right.headers["retry-after"]) <= 900


async def test_the_owner_is_not_locked_out_by_who_guesses_elsewhere(doors: Doors) -> None:
    people = doors.people
    name = (await people.register())["username"]
    await asyncio.gather(*(people.log_in(name, "guess", ip=GUESSER) for _ in range(GUESSES)))
    for each in doors.each:
        assert (await each.log_in(name, ip=AT_HOME)).status == 200


async def test_a_crowd_of_networks_does_not_lock_the_owner_out_at_home(doors: Doors) -> None:
    people = doors.people
    name = (await people.register())["username"]
    assert (await people.log_in(name, ip=AT_HOME)).status == 200
    crowd = [guess(people, name, f"198.18.{network}.1") for network in range(30) for _ in range(4)]
    assert Counter(await asyncio.gather(*crowd)) == {401: 100, 429: 20}
    assert (await people.log_in(name, ip=GUESSER)).code == "TOO_MANY_ATTEMPTS"
    for each in doors.each:
        assert (await each.log_in(name, ip=NEXT_DOOR)).status == 200


async def test_what_was_counted_outlives_the_processes(doors: Doors) -> None:
    people = doors.people
    name = (await people.register())["username"]
    await asyncio.gather(*(people.log_in(name, "guess", ip=GUESSER) for _ in range(GUESSES)))
    for member in doors.members:
        await member.kill()
        await member.start()
    assert (await people.log_in(name, ip=GUESSER)).code == "TOO_MANY_ATTEMPTS"


async def guess(people: People, name: str, ip: str) -> int:
    """Return the status a guess ends with; one that finds the queue full comes again, and has not been counted."""
    while (answer := await people.log_in(name, "guess", ip=ip)).status == HTTPStatus.SERVICE_UNAVAILABLE:
        pass
    return answer.status
