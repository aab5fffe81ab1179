"""What happens to signing keys."""

from datetime import datetime, timedelta

from fairground_auth.keys import rules
from fairground_auth.keys.errors import LastSigningKey, SigningKeyNotFound
from fairground_auth.keys.material import make_key
from fairground_auth.keys.repository import KeyReader, KeyRepository
from fairground_auth.keys.rules import StoredKey
from fairground_auth.keys.sealing import KeySealer
from fairground_common.clock import Clock
from fairground_common.db import ReadTx, Tx


async def list_published_keys(tx: ReadTx, *, now: datetime) -> list[StoredKey]:
    return await KeyReader(tx).list_published(now)


async def list_keys(tx: ReadTx) -> list[StoredKey]:
    """Return all keys ever made, oldest first."""
    return await KeyReader(tx).list_all()


async def ensure_signing_key(tx: Tx, sealer: KeySealer, clock: Clock) -> None:
    """Make the first key, unless another process was faster."""
    keys = KeyRepository(tx)
    await keys.lock()
    now = clock.now()  # after the lock: a key made while we waited for it has begun to sign by then
    if rules.signing_at(await keys.list_published(now), now) is None:
        await keys.add(make_key(sealer, now=now, signs_from=now))


async def rotate_keys(
    tx: Tx, sealer: KeySealer, *, now: datetime, lead: timedelta = rules.LEAD, overlap: timedelta = rules.OVERLAP
) -> StoredKey:
    """Publish a new key that signs after ``lead``; the others leave the key set ``overlap`` after that."""
    keys = KeyRepository(tx)
    await keys.lock()
    fresh = make_key(sealer, now=now, signs_from=now + lead)
    for former in await keys.list_published(now):
        if former.published_until is None:
            await keys.end_publishing(former.kid, fresh.signs_from + overlap)
    await keys.add(fresh)
    return fresh


async def retire_key(tx: Tx, *, kid: str, now: datetime) -> None:
    """Take a key out of the key set at once: its tokens are refused as soon as verifiers notice (5 minutes)."""
    keys = KeyRepository(tx)
    await keys.lock()
    published = await keys.list_published(now)
    if kid not in {key.kid for key in published}:
        raise SigningKeyNotFound
    if not rules.can_sign_without(kid, published, now):
        raise LastSigningKey
    await keys.end_publishing(kid, now)
