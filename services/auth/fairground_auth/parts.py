"""What the process holds while it runs, built once by ``create_app`` and handed to use cases."""

from dataclasses import dataclass, field
from typing import Self

from fairground_auth.keys.ring import KeyRing
from fairground_auth.keys.sealing import KeySealer
from fairground_auth.passwords import Passwords
from fairground_auth.settings import AuthSettings
from fairground_common.clock import Clock
from fairground_common.db import Db


@dataclass(frozen=True, slots=True)
class Parts:
    """The service's database, password hashing, signing keys, and the clock of everything that expires."""

    settings: AuthSettings
    db: Db
    passwords: Passwords
    keys: KeyRing
    clock: Clock = field(default_factory=Clock)
    """The machine's own time, without the offset: sessions, keys and lockouts are about security, and must not
    end, or last for years, because somebody tries another business day."""

    @classmethod
    def build(cls, settings: AuthSettings) -> Self:
        """Build the parts; nothing is connected before it is first used."""
        db = Db.connect(
            settings.database_url.get_secret_value(), application="auth", clock_offset=settings.clock_offset
        )
        sealer = KeySealer(settings.key_encryption_key.get_secret_value())
        keys = KeyRing(db, sealer, lead=settings.key_lead, overlap=settings.key_overlap)
        return cls(settings=settings, db=db, passwords=Passwords(settings), keys=keys)

    async def close(self) -> None:
        self.passwords.close()
        await self.db.close()
