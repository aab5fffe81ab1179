import asyncio
from collections import Counter

from fairground_auth.testing import PASSWORD, People, new_name


async def test_one_of_many_at_once_gets_the_name(people: People) -> None:
    body = {"username": new_name(), "password": PASSWORD}
    answers = await asyncio.gather(*(people.client.post("/api/auth/register", body=body) for _ in range(20)))
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 19}
    assert await people.value("SELECT count(*) FROM app_user WHERE username = :name", name=body["username"]) == 1
