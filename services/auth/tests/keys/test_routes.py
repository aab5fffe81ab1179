"""The key set on the wire."""

from fairground_auth.app import create_app
from fairground_auth.testing import MakeSettings
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


async def test_the_key_set_is_public_and_only_public(client: AsgiClient) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.status == 200
    assert answer.body["keys"]
    for entry in answer.body["keys"]:
        assert entry.keys() == {"kid", "kty", "crv", "x", "y", "use", "alg"}
        assert not entry.keys() & PRIVATE
        assert (entry["kty"], entry["crv"], entry["use"], entry["alg"]) == ("EC", "P-256", "sig", "ES256")


async def test_the_key_set_may_be_kept_for_five_minutes(client: AsgiClient) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-type"] == "application/json"


async def test_a_shorter_lead_makes_the_key_set_be_kept_for_less(
    database: ServiceDatabase, make_settings: MakeSettings
) -> None:
    async with AsgiClient.running(create_app(make_settings(database, key_lead_seconds=9))) as client:
        answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=4"
