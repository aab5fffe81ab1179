"""Settings refuse to be wrong, naming themselves."""

import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from fairground_common.settings import load_settings
from fairground_gateway.settings import GatewaySettings
from fairground_gateway.upstream import Address

KEY = "k" * 16


def test_services_listen_where_their_settings_say() -> None:
    settings = GatewaySettings(gateway_key=KEY, games_url="http://games:9000", auth_url="http://[::1]:81/")
    assert settings.services()["games"] == Address("games", 9000)
    assert str(settings.services()["auth"]) == "[::1]:81"


@pytest.mark.parametrize("url", ["games:9000", "https://games", "http://games/api", "http://", "ftp://games"])
def test_a_services_address_is_a_plain_http_address(url: str) -> None:
    with pytest.raises(ValidationError, match="games_url"):
        GatewaySettings(gateway_key=KEY, games_url=url)


@pytest.mark.parametrize("origin", ["example.com", "https://example.com/", "null", "https://*.example.com"])
def test_an_origin_is_scheme_host_and_port(origin: str) -> None:
    with pytest.raises(ValidationError, match="no origin"):
        GatewaySettings(gateway_key=KEY, cors_origins=(origin,))


@pytest.mark.parametrize("env", ["test", "production"])
def test_the_cors_wildcard_is_for_local_use_only(env: str) -> None:
    with pytest.raises(ValidationError, match="CORS_ORIGINS"):
        GatewaySettings(gateway_key=KEY, env=env, cors_origins=("*",))
    assert GatewaySettings(gateway_key=KEY, env="local", cors_origins=("*",)).cors_origins == ("*",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GATEWAY_PORT", "eighty"),
        ("GATEWAY_GAMES_URL", "nowhere"),
        ("RATE_LIMIT_IP", "-1"),
        ("CORS_ORIGINS", "example.com"),
        ("GATEWAY_KEY", "short"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "everybody"),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "10.0.0.1, ::/0"),
        ("ALLOWED_HOSTS", "https://play.example.com"),
        ("DRAIN_SECONDS", "60"),
    ],
)
def test_a_bad_setting_ends_the_start_with_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        load_settings(GatewaySettings)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"bad setting {name}: ")


def test_production_refuses_the_cors_wildcard_without_a_traceback() -> None:
    given = {"PATH": os.environ["PATH"], "GATEWAY_KEY": KEY}
    given |= {"ENV": "production", "CORS_ORIGINS": "https://play.example.com, *"}
    command = [sys.executable, "-m", "fairground_gateway"]
    ended = subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "CORS_ORIGINS=* is refused" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_the_gateway_loads_neither_the_web_framework_nor_a_database() -> None:
    """They are half of what it would hold in memory."""
    asked = "import sys, fairground_gateway.__main__; print(*{'fastapi', 'sqlalchemy', 'asyncpg'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=60)
    assert ran.stdout.split() == []
