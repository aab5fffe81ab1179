from fairground_auth.housekeeping import tidy
from fairground_auth.parts import Parts
from fairground_auth.sessions.rules import hash_of
from fairground_auth.testing import MakeSettings, People
from fairground_common.db.provision import ServiceDatabase

AGE = """WITH token AS (
    UPDATE refresh_token SET expires_at = expires_at - interval '40 d' WHERE token_hash = :hash RETURNING family_id)
  UPDATE refresh_family SET expires_at = expires_at - interval '40 d' WHERE id = (SELECT family_id FROM token)"""
SESSIONS = "SELECT count(*) FROM refresh_family WHERE user_id = :id"


async def test_only_what_has_ended_is_forgotten(
    people: People, database: ServiceDatabase, make_settings: MakeSettings
) -> None:
    person = await people.register()
    ended, alive = [(await people.session(person["username"]))["refresh_token"] for _ in range(2)]
    await people.log_in(person["username"], "wrong password", ip="192.0.2.1")
    await people.execute("UPDATE throttle SET window_ends_at = window_ends_at - interval '1 h'")
    await people.execute(AGE, hash=hash_of(ended))
    parts = Parts.build(make_settings(database))
    await tidy(parts)
    await parts.close()
    assert await people.value(SESSIONS, id=person["user_id"]) == 1
    assert await people.value("SELECT count(*) FROM throttle") == 0
    assert (await people.refresh(alive)).status == 200
