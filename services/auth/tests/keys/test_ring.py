"""The key ring: first key, rotation, retirement, and what is kept at rest."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import jwt
import pytest
import pytest_asyncio

from fairground_auth.app import create_app
from fairground_auth.keys import usecases
from fairground_auth.keys.errors import LastSigningKey, SigningKeyNotFound
from fairground_auth.keys.material import make_key
from fairground_auth.keys.ring import KeyRing
from fairground_auth.keys.rules import StoredKey
from fairground_auth.keys.sealing import KeySealer, SealBroken
from fairground_auth.sessions.access_tokens import sign_access_token
from fairground_auth.testing import MakeSettings, People
from fairground_common.clock import Clock
from fairground_common.db import Db
from fairground_common.db.provision import ServiceDatabase
from fairground_common.errors import AuthKeysUnavailable, NotAuthenticated
from fairground_common.testing import AsgiClient
from fairground_common.web.tokens import TokenVerifier

SEALER = KeySealer("k" * 32)
LEAD, OVERLAP, AT_ONCE = timedelta(minutes=10), timedelta(minutes=20), timedelta(0)
NOWHERE = "postgresql://auth_app:x@127.0.0.1:1/auth"


@pytest.fixture
def own_database(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a database in which there is no key yet."""
    return fresh_database("auth")


@pytest_asyncio.fixture
async def db(own_database: ServiceDatabase) -> AsyncIterator[Db]:
    db = Db.connect(own_database.app_url, application="auth-tests")
    yield db
    await db.close()


def a_ring(db: Db) -> KeyRing:
    return KeyRing(db, SEALER, lead=LEAD, overlap=OVERLAP)


async def rotate(db: Db, *, lead: timedelta = LEAD) -> StoredKey:
    async with db.begin() as tx:
        return await usecases.rotate_keys(tx, SEALER, now=Clock().now(), lead=lead, overlap=OVERLAP)


async def retire(db: Db, kid: str) -> None:
    async with db.begin() as tx:
        await usecases.retire_key(tx, kid=kid, now=Clock().now(), overlap=OVERLAP)


async def ends(db: Db) -> dict[str, datetime | None]:
    """Return until when each key is published."""
    async with db.read() as tx:
        return {key.kid: key.published_until for key in await usecases.list_keys(tx)}


async def kids(ring: KeyRing) -> set[str]:
    return {entry["kid"] for entry in (await ring.key_set())["keys"]}


async def test_many_processes_that_start_at_once_make_one_first_key(db: Db) -> None:
    rings = [a_ring(db) for _ in range(8)]
    signers = await asyncio.gather(*(ring.signer() for ring in rings))
    assert len({signer.kid for signer in signers}) == 1
    async with db.read() as tx:
        assert len(await usecases.list_keys(tx)) == 1


async def test_a_new_key_is_published_before_it_signs(db: Db) -> None:
    ring = a_ring(db)
    former = await ring.signer()
    fresh = await rotate(db)
    await ring.refresh()
    assert await kids(ring) == {former.kid, fresh.kid}
    assert (await ring.signer()).kid == former.kid


async def test_after_rotating_old_tokens_are_still_good(db: Db, make_settings: MakeSettings) -> None:
    ring = a_ring(db)
    settings = make_settings(ServiceDatabase("postgresql://x", "postgresql://x", "x"))
    verifier = TokenVerifier(ring, issuer=settings.token_issuer, audience=settings.token_audience)
    tokens = []
    for _ in range(3):
        signer = await ring.signer()
        tokens.append(sign_access_token(signer, settings, user_id=7, roles=["player"], now=Clock().now()))
        await rotate(db, lead=AT_ONCE)
        await ring.refresh()
    assert [(await verifier.verify(token)).user_id for token in tokens] == [7, 7, 7]
    assert len({jwt.get_unverified_header(token)["kid"] for token in tokens}) == 3


async def test_a_retired_keys_tokens_are_refused_although_seen_before(db: Db, make_settings: MakeSettings) -> None:
    ring = a_ring(db)
    settings = make_settings(ServiceDatabase("postgresql://x", "postgresql://x", "x"))
    verifier = TokenVerifier(ring, issuer=settings.token_issuer, audience=settings.token_audience)
    stolen = await ring.signer()
    token = sign_access_token(stolen, settings, user_id=7, roles=["admin"], now=Clock().now())
    await verifier.verify(token)
    await rotate(db, lead=AT_ONCE)
    await retire(db, stolen.kid)
    await ring.refresh()
    with pytest.raises(NotAuthenticated):
        await verifier.verify(token)
    assert stolen.kid not in await kids(ring)


async def test_the_only_signing_key_and_unknown_ones_are_not_retired(db: Db) -> None:
    kid = (await a_ring(db).signer()).kid
    await rotate(db)
    with pytest.raises(LastSigningKey):
        await retire(db, kid)
    with pytest.raises(SigningKeyNotFound):
        await retire(db, "unknown")


async def test_a_new_key_ends_the_one_before_it_and_its_retirement_takes_that_back(db: Db) -> None:
    signing = (await a_ring(db).signer()).kid
    waiting = await rotate(db)
    assert await ends(db) == {signing: waiting.signs_from + OVERLAP, waiting.kid: None}
    await retire(db, waiting.kid)
    assert (await ends(db))[signing] is None, "nobody is there to sign after it"


async def test_retiring_one_of_two_waiting_keys_lets_the_signing_one_stay_until_the_other_has_signed(db: Db) -> None:
    signing = (await a_ring(db).signer()).kid
    first, second = await rotate(db), await rotate(db, lead=2 * LEAD)
    await retire(db, first.kid)
    after = await ends(db)
    assert (after[signing], after[second.kid]) == (second.signs_from + OVERLAP, None)


async def test_a_key_that_signs_at_once_ends_the_one_that_signed_until_now(db: Db) -> None:
    former = (await a_ring(db).signer()).kid
    fresh = await rotate(db, lead=AT_ONCE)
    assert await ends(db) == {former: fresh.signs_from + OVERLAP, fresh.kid: None}


async def test_a_key_that_signs_again_in_place_of_a_stolen_one_has_no_end(db: Db) -> None:
    former = (await a_ring(db).signer()).kid
    stolen = await rotate(db, lead=AT_ONCE)
    await retire(db, stolen.kid)
    assert (await ends(db))[former] is None
    assert (await a_ring(db).signer()).kid == former


async def test_a_key_made_in_a_hurry_signs_until_the_waiting_one_and_does_not_end_it(db: Db) -> None:
    signing = (await a_ring(db).signer()).kid
    waiting = await rotate(db)
    hurried = await rotate(db, lead=AT_ONCE)
    assert await ends(db) == {
        signing: hurried.signs_from + OVERLAP,
        hurried.kid: waiting.signs_from + OVERLAP,
        waiting.kid: None,
    }


async def test_the_first_key_ends_when_one_made_before_it_signs(db: Db) -> None:
    waiting = await rotate(db)
    first = (await a_ring(db).signer()).kid
    assert await ends(db) == {first: waiting.signs_from + OVERLAP, waiting.kid: None}


async def test_an_id_is_never_taken_for_an_option_of_the_command_line() -> None:
    made = make_key(SEALER, now=Clock().now(), signs_from=Clock().now())
    assert re.fullmatch(r"[0-9a-f]{24}", made.kid)


async def test_another_process_key_is_found_when_a_token_names_it(db: Db) -> None:
    here, there = a_ring(db), a_ring(db)
    await here.signer()
    await rotate(db, lead=AT_ONCE)
    kid = (await there.signer()).kid
    here._tried_at = here._read_at = 0.0  # a read may follow the last one only after a second
    assert await here.key(kid) is not None


async def test_private_keys_are_not_readable_at_rest(db: Db) -> None:
    ring = a_ring(db)
    private = (await ring.signer()).private_key.private_numbers().private_value.to_bytes(32, "big")
    async with db.read() as tx:
        (stored,) = await usecases.list_keys(tx)
    assert private not in stored.sealed_private_key
    assert private in SEALER.open(stored.kid, stored.sealed_private_key)


async def test_a_seal_opens_only_with_its_key_and_its_id() -> None:
    sealed = SEALER.seal("kid", b"private")
    assert SEALER.open("kid", sealed) == b"private"
    with pytest.raises(SealBroken):
        KeySealer("n" * 32).open("kid", sealed)
    with pytest.raises(SealBroken):
        SEALER.open("other", sealed)
    with pytest.raises(SealBroken):
        SEALER.open("kid", sealed[:-1] + bytes([sealed[-1] ^ 1]))


async def test_a_wrong_encryption_key_makes_the_service_unready_and_nothing_else(
    own_database: ServiceDatabase, make_settings: MakeSettings, people: People
) -> None:
    async with AsgiClient.running(create_app(make_settings(own_database))) as client:
        own = People(client, people.owner)
        name = (await own.register())["username"]
    wrong = make_settings(own_database, key_encryption_key="n" * 32)
    async with AsgiClient.running(create_app(wrong)) as client:
        ready = await client.get("/readyz")
        assert (ready.status, ready.body["checks"]["signing_key"]) == (503, "away")
        login = await People(client, people.owner).log_in(name)
        assert (login.status, login.code) == (503, "AUTH_KEYS_UNAVAILABLE")
        assert (await client.get("/.well-known/jwks.json")).status == 200


async def test_without_a_database_there_is_no_key_and_the_process_starts_anyway(make_settings: MakeSettings) -> None:
    away = ServiceDatabase("x", NOWHERE, "auth_app")
    async with AsgiClient.running(create_app(make_settings(away))) as client:
        assert (await client.get("/livez")).status == 200
        assert (await client.get("/readyz")).body["status"] == "unready"
        answer = await client.get("/.well-known/jwks.json")
        assert (answer.status, answer.code) == (503, "AUTH_KEYS_UNAVAILABLE")


async def test_known_keys_outlast_the_database(db: Db) -> None:
    ring = a_ring(db)
    kid = (await ring.signer()).kid
    ring._db = Db.connect(NOWHERE, application="auth-tests")
    ring._tried_at = ring._read_at = 0.0
    assert await kids(ring) == {kid}
    await ring._db.close()


async def test_no_ring_hands_out_an_empty_key_set() -> None:
    db = Db.connect(NOWHERE, application="auth-tests")
    with pytest.raises(AuthKeysUnavailable):
        await a_ring(db).key_set()
    await db.close()
