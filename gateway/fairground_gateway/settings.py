"""What the gateway is told by its environment."""

import re
from ipaddress import ip_network
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from fairground_common.settings import ServerSettings
from fairground_gateway.addresses import Network, TrustedProxies
from fairground_gateway.upstream import Address

ANY_ORIGIN = "*"
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")


def _service_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ValueError("a service's address looks like http://host:port")
    return url


def _not_the_world(network: str) -> str:
    if ip_network(network).prefixlen == 0:
        raise ValueError("a network of everybody would let everybody name any address")
    return network


def _host_name(host: str) -> str:
    if not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is no host name such as play.example.com")
    return host


ServiceUrl = Annotated[str, AfterValidator(_service_address)]
ProxyNetwork = Annotated[str, AfterValidator(_not_the_world)]
HostName = Annotated[str, AfterValidator(_host_name)]


class GatewaySettings(ServerSettings):
    """Frozen; built once in the entry point."""

    model_config = SettingsConfigDict(env_prefix="GATEWAY_")

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8080, ge=1, le=65535)
    """TCP port to listen on."""
    metrics_host: str = "127.0.0.1"
    """Address the gateway tells its metrics on."""
    metrics_port: int | None = Field(None, ge=1, le=65535)
    """TCP port of `GET /metrics`, another one than `GATEWAY_PORT`; unset, there is none."""
    auth_url: ServiceUrl = "http://127.0.0.1:8081"
    """Where the auth service listens, `http://host:port`."""
    games_url: ServiceUrl = "http://127.0.0.1:8082"
    """Where the games API listens, `http://host:port`."""
    seasonpass_url: ServiceUrl = "http://127.0.0.1:8083"
    """Where the season-pass API listens, `http://host:port`."""
    ranking_url: ServiceUrl = "http://127.0.0.1:8084"
    """Where the ranking API listens, `http://host:port`."""
    upstream_connections: int = Field(64, ge=1, le=1024)
    """Most connections to one service at a time; further requests wait their turn."""
    connections_per_ip: int = Field(10_000, ge=0, le=1_000_000)
    """Most connections open at a time from one address (one /64 for IPv6), trusted proxies aside; 0 is no limit."""
    trusted_proxies: Annotated[tuple[ProxyNetwork, ...], NoDecode] = Field((), validation_alias="TRUSTED_PROXIES")
    """Networks of proxies in front, such as `10.0.0.0/24`, separated by commas: a client's address is read from the
    X-Forwarded-For they write. Of anybody else's nothing is believed."""
    allowed_hosts: Annotated[tuple[HostName, ...], NoDecode] = Field((), validation_alias="ALLOWED_HOSTS")
    """Host names clients use, without a port, separated by commas; requests for another are refused. Empty: any."""
    redis_url: SecretStr | None = Field(None, validation_alias="REDIS_URL")
    """Redis or Valkey, `redis://host:port`; rate limits are counted there over all gateways, else by each alone."""
    rate_limit_ip: int = Field(0, validation_alias="RATE_LIMIT_IP", ge=0, le=1_000_000)
    """Requests per second from one address (one /64 for IPv6); 0 is no limit."""
    rate_limit_user: int = Field(0, validation_alias="RATE_LIMIT_USER", ge=0, le=1_000_000)
    """Requests per second of one user, over all their addresses; 0 is no limit."""
    rate_limit_play: int = Field(0, validation_alias="RATE_LIMIT_PLAY", ge=0, le=1_000_000)
    """Plays per second of one user, over all games; 0 is no limit."""
    rate_limit_login: int = Field(0, validation_alias="RATE_LIMIT_LOGIN", ge=0, le=1_000_000)
    """Registrations, logins and refreshes per second from one address (one /64 for IPv6); 0 is no limit."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field((), validation_alias="CORS_ORIGINS")
    """Origins of frontends, separated by commas; `*` only with ENV=local."""
    access_log: bool = Field(default=True, validation_alias="ACCESS_LOG")
    """Write one JSON line per request, whatever LOG_LEVEL is."""

    @field_validator("cors_origins", "trusted_proxies", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if origin != ANY_ORIGIN and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is no origin such as https://play.example.com")
        return origins

    @model_validator(mode="after")
    def _wildcard_stays_at_home(self) -> Self:
        if ANY_ORIGIN in self.cors_origins and self.env != "local":
            raise ValueError("CORS_ORIGINS=* is refused unless ENV=local")
        return self

    def proxies(self) -> TrustedProxies:
        networks: list[Network] = [ip_network(each) for each in self.trusted_proxies]
        return TrustedProxies(networks)

    def services(self) -> dict[str, Address]:
        """Return where each service listens, by its name."""
        urls = {
            "auth": self.auth_url,
            "games": self.games_url,
            "seasonpass": self.seasonpass_url,
            "ranking": self.ranking_url,
        }
        return {name: _address(url) for name, url in urls.items()}


def _address(url: str) -> Address:
    parts = urlsplit(url)
    assert parts.hostname is not None
    return Address(parts.hostname, parts.port or 80)
