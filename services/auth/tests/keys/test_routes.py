"""The key set on the wire."""

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
