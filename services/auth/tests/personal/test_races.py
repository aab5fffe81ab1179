"""A login beside an erasing: either the login's session is erased with the rest, or there is none."""

import asyncio

from fairground_auth.testing import People


async def test_no_session_survives_an_erasing(people: People) -> None:
    _, admin = await people.with_roles("admin")
    for _ in range(5):
        person = await people.register()
        await people.session(person["username"])
        logins = [people.log_in(person["username"]) for _ in range(4)]
        erased, *answers = await asyncio.gather(
            admin.post(f"/api/admin/auth/players/{person['user_id']}/erase"), *logins
        )
        assert erased.status == 200, erased
        for answer in answers:
            if answer.status == 200:
                refused = await people.refresh(answer.body["refresh_token"])
                assert refused.code == "INVALID_REFRESH_TOKEN"
            else:
                assert answer.code in {"INVALID_CREDENTIALS", "USER_BLOCKED"}, answer
        left = "SELECT count(*) FROM refresh_family WHERE user_id = :id"
        assert await people.value(left, id=person["user_id"]) == 0
