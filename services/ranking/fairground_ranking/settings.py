"""Settings of the two ranking processes; names carry the prefix RANKING_."""

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from fairground_common.settings import BusSettings, DatabaseUrl, ProbeSettings, ServerSettings, SharedSettings


class DatabaseSettings(SharedSettings):
    """What API and worker both need."""

    model_config = SettingsConfigDict(env_prefix="RANKING_")

    database_url: DatabaseUrl
    """`postgresql://ranking_app:password@host:port/fairground_ranking`, the role without DDL rights."""


class ApiSettings(DatabaseSettings, ServerSettings):
    """Settings of `python -m fairground_ranking`."""

    model_config = SettingsConfigDict(env_prefix="RANKING_")

    host: str = "127.0.0.1"
    """Address the API listens on."""
    port: int = Field(default=8084, ge=1, le=65535)
    """TCP port the API listens on."""
    pool_size: int = Field(default=8, ge=1, le=100)
    """Database connections kept; up to 4 more in a rush."""


class WorkerSettings(DatabaseSettings, BusSettings, ProbeSettings):
    """Settings of `python -m fairground_ranking.worker`."""

    model_config = SettingsConfigDict(env_prefix="RANKING_")

    amqp_url: SecretStr | None = Field(default=None, validation_alias=AliasChoices("RANKING_AMQP_URL", "AMQP_URL"))
    """RabbitMQ; the service's own broker user wins over the shared setting."""
