"""Settings of the games processes."""

from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, WithJsonSchema
from pydantic_settings import SettingsConfigDict

from fairground_common.settings import BusSettings, DatabaseUrl, ProbeSettings, ServerSettings

Points = Annotated[Decimal, WithJsonSchema({"type": "number", "minimum": 0})]
"""A number of points that need not be whole, kept exactly as it is written."""


class GamesSettings(ServerSettings):
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
    point_budget_per_play: Points | None = Field(None, ge=0, max_digits=16, decimal_places=6)
    """Most points a play may pay in the mean. Activating a version that pays more is refused; unset, there is no
    bound. It is compared exactly, over all outcomes of the version, as while nothing has run out."""

    @property
    def point_budget(self) -> Fraction | None:
        return None if self.point_budget_per_play is None else Fraction(self.point_budget_per_play)


class WorkerSettings(GamesSettings, BusSettings, ProbeSettings):
    """Settings of `python -m fairground_games.worker`."""

    model_config = SettingsConfigDict(env_prefix="GAMES_")

    amqp_url: SecretStr | None = Field(None, validation_alias=AliasChoices("GAMES_AMQP_URL", "AMQP_URL"))
    """RabbitMQ; the service's own broker user wins over the shared setting."""
    event_log_months: int = Field(13, ge=0, le=1200)
    """Months of user_event_log that are kept beside the current one; 0 keeps all. From 1 to 3 it is 3: the database
    itself drops nothing younger."""
