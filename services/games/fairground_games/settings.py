"""Settings of the games processes."""

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from fairground_common.settings import BusSettings, DatabaseUrl, ProbeSettings, SharedSettings


class GamesSettings(SharedSettings):
    """Environment variables with the prefix GAMES_, and the shared ones."""

    model_config = SettingsConfigDict(env_prefix="GAMES_")

    host: str = "127.0.0.1"
    """Address the API listens on."""
    port: int = Field(8082, ge=1, le=65535)
    """TCP port the API listens on."""
    database_url: DatabaseUrl
    """The app role's URL, ``postgresql://user:password@host:port/database``."""
    seed_key: SecretStr = Field(min_length=32)
    """Server seeds are derived from it; losing it makes open commitments unprovable."""
    retired_seed_keys: tuple[SecretStr, ...] = ()
    """Former seed keys (a JSON list), needed as long as seed pairs derived from them are open or unverified."""


class WorkerSettings(GamesSettings, BusSettings, ProbeSettings):
    """Settings of `python -m fairground_games.worker`."""

    model_config = SettingsConfigDict(env_prefix="GAMES_")

    amqp_url: SecretStr | None = Field(None, validation_alias=AliasChoices("GAMES_AMQP_URL", "AMQP_URL"))
    """RabbitMQ; the service's own broker user wins over the shared setting."""
