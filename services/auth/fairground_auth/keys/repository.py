"""SQL of the signing keys."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, or_, select, text, update

from fairground_auth.keys.models import signing_key
from fairground_auth.keys.rules import StoredKey
from fairground_common.db import ReadTx, Tx

_EXCLUSIVE = text("LOCK TABLE signing_key IN SHARE ROW EXCLUSIVE MODE")


class KeyReader:
    """Reads keys; works in a read-only transaction."""

    def __init__(self, tx: ReadTx) -> None:
        self._tx = tx

    async def list_published(self, now: datetime) -> list[StoredKey]:
        """Return the keys that are published at a moment, oldest first."""
        forever = signing_key.c.published_until.is_(None)
        return await self._list(select(signing_key).where(or_(forever, signing_key.c.published_until > now)))

    async def list_all(self) -> list[StoredKey]:
        return await self._list(select(signing_key))

    async def _list(self, statement: Select[Any]) -> list[StoredKey]:
        found = await self._tx.execute(statement.order_by(signing_key.c.signs_from, signing_key.c.kid))
        return [StoredKey(**row) for row in found.mappings()]


class KeyRepository(KeyReader):
    """Changes keys."""

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx)
        self._tx: Tx = tx

    async def lock(self) -> None:
        """Let one transaction at a time change keys; reading goes on."""
        await self._tx.execute(_EXCLUSIVE)

    async def add(self, key: StoredKey) -> None:
        await self._tx.execute(insert(signing_key).values(asdict(key)))

    async def publish_until(self, kid: str, until: datetime | None) -> None:
        await self._tx.execute(update(signing_key).where(signing_key.c.kid == kid).values(published_until=until))
