"""What happens to signing keys."""

from collections.abc import Sequence
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


async def ensure_signing_key(tx: Tx, sealer: KeySealer, clock: Clock, *, overlap: timedelta) -> None:
    """Make the first key, unless another process was faster."""
    keys = KeyRepository(tx)
    await keys.lock()
    now = clock.now()  # after the lock: a key made while we waited for it has begun to sign by then
    if rules.signing_at(await keys.list_published(now), now) is None:
        await _add(keys, make_key(sealer, now=now, signs_from=now), overlap)


async def rotate_keys(tx: Tx, sealer: KeySealer, *, now: datetime, lead: timedelta, overlap: timedelta) -> StoredKey:
    """Publish a new key that signs after ``lead``; the one before it leaves the key set ``overlap`` after that."""
    keys = KeyRepository(tx)
    await keys.lock()
    fresh = make_key(sealer, now=now, signs_from=now + lead)
    await _add(keys, fresh, overlap)
    return fresh


async def retire_key(tx: Tx, *, kid: str, now: datetime, overlap: timedelta) -> None:
    """Take a key out of the key set at once: its tokens are refused as soon as verifiers notice.

    The keys that are left take turns as if it had never been. Raises SigningKeyNotFound, LastSigningKey.
    """
    keys = KeyRepository(tx)
    await keys.lock()
    published = await keys.list_published(now)
    if kid not in {key.kid for key in published}:
        raise SigningKeyNotFound
    if not rules.can_sign_without(kid, published, now):
        raise LastSigningKey
    await keys.publish_until(kid, now)
    left = [key for key in published if key.kid != kid]
    await _set_ends(keys, rules.to_sign(left, now), overlap)


async def _add(keys: KeyRepository, fresh: StoredKey, overlap: timedelta) -> None:
    """Let a new key take its turn. One that signs at once still has to end the one that signed until now."""
    taking_turns = rules.to_sign(await keys.list_published(fresh.created_at), fresh.created_at)
    await keys.add(fresh)
    await _set_ends(keys, [*taking_turns, fresh], overlap)


async def _set_ends(keys: KeyRepository, taking_turns: Sequence[StoredKey], overlap: timedelta) -> None:
    ends = rules.ends_of(taking_turns, overlap=overlap)
    for key in taking_turns:
        if key.published_until != ends[key.kid]:
            await keys.publish_until(key.kid, ends[key.kid])
