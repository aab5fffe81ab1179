"""Settings of `make run`, and the addresses the environment may give instead of embedded parts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """Read from the environment; every other variable passes through to the processes as it is."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, use_attribute_docstrings=True)

    env: Literal["local", "test"] = Field("local", validation_alias="ENV")
    """`production` is refused: secrets made here and kept in a folder are not fit for it."""
    port: int = Field(8080, validation_alias="PORT", ge=1, le=65535)
    """The gateway's port on 127.0.0.1."""
    data_dir: Path = Field(Path(".local"), validation_alias="DATA_DIR")
    """Everything that is kept: databases, queues, secrets, logs."""
    test_mode: bool = Field(default=True, validation_alias="TEST_MODE")
    """Every game may be played on any day."""
    clock_offset_seconds: float = Field(0, validation_alias="CLOCK_OFFSET_SECONDS", ge=-(10**10), le=10**10)
    """Seconds added to the time of the whole product."""
    admin_username: str | None = Field(None, validation_alias="ADMIN_USERNAME", pattern=r"^[a-z0-9._-]{3,32}$")
    """The first admin; `admin` when unset."""
    admin_password: SecretStr | None = Field(None, validation_alias="ADMIN_PASSWORD", min_length=8, max_length=128)
    """Unset: a random one, printed once and kept in DATA_DIR/admin-password."""

    amqp_url: SecretStr | None = Field(None, validation_alias="AMQP_URL")
    """A RabbitMQ that runs already. Its user must be allowed to declare the topology."""
    bus_database_url: SecretStr | None = Field(None, validation_alias="BUS_DATABASE_URL")
    """A database for the embedded broker, used when AMQP_URL is not set. Its role must be allowed to make tables."""
    redis_url: str | None = Field(None, validation_alias="REDIS_URL")
    """A Redis or Valkey that runs already, `redis://host:port`; unset, one is started."""
    broker: Literal["auto", "rabbitmq", "embedded"] = Field("auto", validation_alias="BROKER")
    """`auto`: RabbitMQ where it is installed, else the embedded broker."""

    auth_database_url: SecretStr | None = Field(None, validation_alias="AUTH_DATABASE_URL")
    """Auth's database as its app role, `postgresql://…`; unset, one is made in DATA_DIR."""
    games_database_url: SecretStr | None = Field(None, validation_alias="GAMES_DATABASE_URL")
    """The games database as its app role, `postgresql://…`; unset, one is made in DATA_DIR."""
    seasonpass_database_url: SecretStr | None = Field(None, validation_alias="SEASONPASS_DATABASE_URL")
    """The season pass's database as its app role, `postgresql://…`; unset, one is made in DATA_DIR."""
    ranking_database_url: SecretStr | None = Field(None, validation_alias="RANKING_DATABASE_URL")
    """The ranking database as its app role, `postgresql://…`; unset, one is made in DATA_DIR."""
    auth_owner_database_url: SecretStr | None = Field(None, validation_alias="AUTH_OWNER_DATABASE_URL")
    """Auth's database as the role that migrates it; unset, AUTH_DATABASE_URL."""
    games_owner_database_url: SecretStr | None = Field(None, validation_alias="GAMES_OWNER_DATABASE_URL")
    """The games database as the role that migrates it; unset, GAMES_DATABASE_URL."""
    seasonpass_owner_database_url: SecretStr | None = Field(None, validation_alias="SEASONPASS_OWNER_DATABASE_URL")
    """The season pass's database as the role that migrates it; unset, SEASONPASS_DATABASE_URL."""
    ranking_owner_database_url: SecretStr | None = Field(None, validation_alias="RANKING_OWNER_DATABASE_URL")
    """The ranking database as the role that migrates it; unset, RANKING_DATABASE_URL."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, given: Path) -> Path:
        return given.expanduser().absolute()

    def given_database(self, service: str) -> str | None:
        """Return the app role's address when the environment gives one."""
        return self._secret(f"{service}_database_url")

    def given_owner_database(self, service: str) -> str | None:
        """Return the owner's address when the environment gives one; the app role's does for a simple set-up."""
        return self._secret(f"{service}_owner_database_url") or self.given_database(service)

    def _secret(self, name: str) -> str | None:
        value: SecretStr | None = getattr(self, name)
        return value.get_secret_value() if value is not None else None

    def defaults(self) -> Mapping[str, str]:
        """Return settings that suit one machine, which the environment may change.

        All players share one address here, and a frontend may come from any: limits run, but are not in the way.
        """
        generous = {"RATE_LIMIT_IP": "100000", "RATE_LIMIT_USER": "100000", "AUTH_REGISTRATIONS_PER_IP": "100000"}
        generous["AUTH_LOGIN_FAILURES_PER_IP"] = "100000"
        return {**generous, "CORS_ORIGINS": "*"} if self.env == "local" else generous

    def shared_environment(self) -> Mapping[str, str]:
        """Return what every process is told."""
        return {
            "ENV": self.env,
            "TEST_MODE": str(self.test_mode).lower(),
            "CLOCK_OFFSET_SECONDS": str(self.clock_offset_seconds),
        }
