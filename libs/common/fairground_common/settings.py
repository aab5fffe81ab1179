"""Settings come from the environment, are read once at start, and refuse to be wrong.

Each process builds one frozen settings object in its entry point. A bad or missing setting ends the process with
one line naming the environment variable and exit code 2; secrets are never printed.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, NoReturn, Self, TypeVar

from pydantic import AfterValidator, AliasChoices, AliasPath, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from fairground_common.exits import EXIT_BAD_SETTING, refuse


def _postgresql(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith("postgresql://"):
        raise ValueError("a database URL looks like postgresql://user:password@host:port/database")
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_postgresql)]
"""``postgresql://user:password@host:port/database``; kept out of every output."""


class SharedSettings(BaseSettings):
    """Settings that mean the same in every process; their names carry no service prefix."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, use_attribute_docstrings=True)

    env: Literal["local", "test", "production"] = Field("local", validation_alias="ENV")
    """Where this runs. `production` refuses TEST_MODE and a clock offset."""
    test_mode: bool = Field(default=False, validation_alias="TEST_MODE")
    """Every game may be played on any day; the kill switch still holds."""
    clock_offset_seconds: float = Field(0, validation_alias="CLOCK_OFFSET_SECONDS", ge=-(10**10), le=10**10)
    """Seconds added to the time everywhere, exact to the microsecond, for tests at the edge of a day."""
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", validation_alias="LOG_LEVEL")
    """Log lines less severe than this are not written."""
    state_dir: Path = Field(Path(".local/state"), validation_alias="STATE_DIR")
    """Folder for small things worth keeping over a restart, such as the last good key set."""
    jwks_url: str = Field("http://127.0.0.1:8081/.well-known/jwks.json", validation_alias="JWKS_URL")
    """Where access-token keys are fetched; only this address is ever asked."""
    token_issuer: str = Field("fairground", validation_alias="TOKEN_ISSUER", min_length=1)
    """`iss` of access tokens: auth writes it, and a token with another one is refused."""
    token_audience: str = Field("fairground", validation_alias="TOKEN_AUDIENCE", min_length=1)
    """`aud` of access tokens: auth writes it, and a token with another one is refused."""
    gateway_key: SecretStr = Field(validation_alias="GATEWAY_KEY", min_length=16)
    """Shared by gateway and services: a client address is believed only beside this key."""

    @property
    def clock_offset(self) -> timedelta:
        return timedelta(seconds=self.clock_offset_seconds)

    @model_validator(mode="after")
    def _production_is_real(self) -> Self:
        if self.env == "production" and self.test_mode:
            raise ValueError("TEST_MODE is refused with ENV=production")
        if self.env == "production" and self.clock_offset_seconds:
            raise ValueError("CLOCK_OFFSET_SECONDS is refused with ENV=production")
        return self


class ServerSettings(SharedSettings):
    """How a process with an HTTP API listens and ends."""

    drain_seconds: float = Field(0, validation_alias="DRAIN_SECONDS", ge=0, le=15)
    """After a signal to end, seconds in which requests are still taken while /readyz says 503, so that whoever chooses
    between several instances chooses another one."""


class BusSettings(SharedSettings):
    """Settings of a process that publishes or consumes events: one of the two must be given."""

    amqp_url: SecretStr | None = Field(None, validation_alias="AMQP_URL")
    """RabbitMQ, `amqp://user:password@host:port/vhost`. Wins over BUS_DATABASE_URL."""
    bus_database_url: DatabaseUrl | None = Field(None, validation_alias="BUS_DATABASE_URL")
    """The embedded broker's database, used when AMQP_URL is not set."""
    broker_silence_seconds: float = Field(60, validation_alias="BROKER_SILENCE_SECONDS", ge=0.1)
    """A connection to the broker that says nothing for so long is asked, and made anew when it does not answer. After
    three new ones in vain the worker ends with code 6."""

    @model_validator(mode="after")
    def _some_broker(self) -> Self:
        if self.amqp_url is None and self.bus_database_url is None:
            raise ValueError("set AMQP_URL (RabbitMQ) or BUS_DATABASE_URL (embedded broker)")
        return self


class ProbeSettings(SharedSettings):
    """Where a worker answers its probes. Unlike the other shared names these carry the service's prefix."""

    worker_host: str = "127.0.0.1"
    """Address the worker answers /livez and /readyz on."""
    worker_port: int | None = Field(None, ge=1, le=65535)
    """TCP port of the worker's /livez and /readyz; unset, it has none."""


S = TypeVar("S", bound=BaseSettings)


def load_settings(settings: type[S]) -> S:
    """Build settings from the environment, or end the process with one line per wrong setting."""
    try:
        return settings()
    except ValidationError as wrong:
        _refuse(settings, wrong)
    except SettingsError as unreadable:
        _refuse_unreadable(settings, unreadable)


def _refuse(settings: type[BaseSettings], wrong: ValidationError) -> NoReturn:
    for error in wrong.errors(include_url=False, include_input=False):
        name = _name_in_environment(settings, str(error["loc"][0]) if error["loc"] else "")
        sys.stderr.write(f"bad setting {name}: {error['msg']}\n" if name else f"bad setting: {error['msg']}\n")
    sys.exit(EXIT_BAD_SETTING)


def _refuse_unreadable(settings: type[BaseSettings], error: SettingsError) -> NoReturn:
    """A list that is no JSON; which one, only the text of the error says."""
    fields = [field for field in settings.model_fields if f'"{field}"' in str(error)]
    names = ", ".join(environment_names(settings, field)[0] for field in fields)
    refuse(EXIT_BAD_SETTING, f"bad setting {names}: it must be JSON, such as a list")


def _name_in_environment(settings: type[BaseSettings], located: str) -> str:
    """A fault is located by the name of a field or, where it has one, by its alias."""
    return environment_names(settings, located)[0] if located in settings.model_fields else located


def environment_names(settings: type[BaseSettings], field: str) -> tuple[str, ...]:
    """Return every environment variable a field is read from; the first that is set wins."""
    aliases = _aliases(settings.model_fields[field].validation_alias)
    prefixed = (settings.model_config.get("env_prefix", "") + field).upper()
    by_name = not aliases or settings.model_config.get("populate_by_name", False)
    return tuple(dict.fromkeys((*aliases, prefixed) if by_name else aliases))


def _aliases(alias: str | AliasPath | AliasChoices | None) -> tuple[str, ...]:
    assert not isinstance(alias, AliasPath), "a setting is a whole variable, not a part of one"
    if isinstance(alias, AliasChoices):
        return tuple(map(str, alias.choices))
    return () if alias is None else (alias,)
