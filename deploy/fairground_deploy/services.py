"""What the product consists of: its services and the processes they run as."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """When a process starts: workers need the broker, the gateway is the last to start and the first to stop."""

    API = "api"
    WORKER = "worker"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Program:
    """One process of the product."""

    name: str
    module: str
    kind: Kind

    @property
    def owner(self) -> str:
        """The service it belongs to."""
        return self.name.removesuffix("-worker")


DATABASE_SERVICES = ("auth", "games", "seasonpass", "ranking")
"""Services with a database and a migration chain of their own."""

PROGRAMS = (
    Program("auth", "fairground_auth", Kind.API),
    Program("games", "fairground_games", Kind.API),
    Program("seasonpass", "fairground_seasonpass", Kind.API),
    Program("ranking", "fairground_ranking", Kind.API),
    Program("games-worker", "fairground_games.worker", Kind.WORKER),
    Program("seasonpass-worker", "fairground_seasonpass.worker", Kind.WORKER),
    Program("ranking-worker", "fairground_ranking.worker", Kind.WORKER),
    Program("gateway", "fairground_gateway", Kind.GATEWAY),
)

SECRET_SETTINGS: Mapping[str, str] = {
    "GATEWAY_KEY": "",
    "GAMES_SEED_KEY": "games",
    "AUTH_KEY_ENCRYPTION_KEY": "auth",
    "AUTH_REFRESH_KEY": "auth",
}
"""Secrets the processes need, and the one service that may see each (empty: all of them)."""
