"""What the auth process is told by its environment."""

from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from fairground_common.settings import DatabaseUrl, ServerSettings

SHORTEST_KEY = 32
"""Characters a secret must have at least; `openssl rand -hex 32` gives twice as many."""


class AuthSettings(ServerSettings):
    """Settings of the auth API and its command line, prefix ``AUTH_``."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    host: str = "127.0.0.1"
    """Address the API listens on."""
    port: int = Field(8081, ge=1, le=65535)
    """TCP port the API listens on."""
    database_url: DatabaseUrl
    """The app role's database, `postgresql://user:password@host:port/name`."""
    refresh_key: SecretStr = Field(min_length=SHORTEST_KEY)
    """Derives the successor of a refresh token. After a change, a token repeated for a lost answer ends its session."""
    key_encryption_key: SecretStr = Field(min_length=SHORTEST_KEY)
    """Opens the signing keys kept in the database."""

    access_token_seconds: int = Field(600, ge=60, le=3600)
    """Seconds an access token is valid."""
    key_lead_seconds: int = Field(600, ge=4, le=86_400)
    """Seconds a new signing key is published before it signs. Whoever verifies tokens may keep the key set for half of
    them; a former key stays published for an access token's life and these seconds after its successor began.
    """
    refresh_idle_seconds: int = Field(7 * 86_400, ge=60)
    """A session nobody refreshes ends after this many seconds."""
    refresh_absolute_seconds: int = Field(30 * 86_400, ge=60)
    """A session ends after this many seconds, however busy it is."""
    refresh_grace_seconds: int = Field(20, ge=0, le=300)
    """Seconds in which a used refresh token may come again (a lost answer, two tabs) while its successor is unused."""

    login_window_seconds: int = Field(900, ge=1)
    """Seconds a login window lasts; it begins with the first wrong password for an account."""
    login_failures_per_network: int = Field(10, ge=1)
    """Wrong passwords for one account from one network (/24, /64) in a login window."""
    login_failures_per_account: int = Field(100, ge=1)
    """Wrong passwords for one account from anywhere but the network of its last login: high, and without power there,
    so that strangers cannot lock the owner out.
    """
    ip_window_seconds: int = Field(60, ge=1)
    """Seconds an address window lasts; it begins with an address's first wrong password or registration."""
    login_failures_per_ip: int = Field(30, ge=1)
    """Wrong passwords from one address (/64 in IPv6) for any account in an address window."""
    registrations_per_ip: int = Field(30, ge=1)
    """Registrations from one address in an address window."""

    argon2_memory_kib: int = Field(19_456, ge=1024)
    """KiB of memory per hash. 19 MiB and 2 passes: OWASP's first choice. 46 MiB and 1 pass is as strong but costs 28 MB
    more at the peak.
    """
    argon2_passes: int = Field(2, ge=1)
    """Passes over the memory per hash (Argon2's time cost)."""
    argon2_lanes: int = Field(1, ge=1)
    """Lanes per hash (Argon2's parallelism); each is a thread."""
    hash_threads: int = Field(1, ge=1, le=32)
    """Passwords hashed at once: half the cores, so that hashing never starves the event loop."""
    hash_queue: int = Field(50, ge=0)
    """Passwords that may wait for a thread; one more is answered 503."""

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(seconds=self.access_token_seconds)

    @property
    def key_lead(self) -> timedelta:
        """From publishing a key to its first signature: twice the time a verifier keeps the key set."""
        return timedelta(seconds=self.key_lead_seconds)

    @property
    def key_overlap(self) -> timedelta:
        """From the successor's first signature to the end of publishing."""
        return self.access_lifetime + self.key_lead
