from datetime import UTC, datetime, timedelta

import pytest

from fairground_auth.settings import AuthSettings
from fairground_auth.throttle import rules
from fairground_auth.throttle.rules import Allowance, Count

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEN = (Allowance("scope", "key", 10, timedelta(minutes=15)),)


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_the_network_of_an_address(ip: str, network: str) -> None:
    assert rules.network_of(ip) == network


@pytest.mark.parametrize(
    ("ip", "address"),
    [
        ("203.0.113.77", "203.0.113.77"),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_what_counts_as_one_address(ip: str, address: str) -> None:
    assert rules.address_of(ip) == address


@pytest.mark.parametrize(
    ("times", "left", "spare", "wait"),
    [
        (9, 60, 1, None),
        (10, 60, 1, 60),
        (10, 0.5, 1, 1),
        (10, 0, 1, None),
        (10, 60, 0, None),
        (11, 59.2, 0, 60),
    ],
)
def test_when_an_allowance_is_used_up(times: int, left: float, spare: int, wait: int | None) -> None:
    counted = [Count("scope", "key", times, NOW + timedelta(seconds=left))]
    assert rules.seconds_until_free(TEN, counted, NOW, spare=spare) == wait


def test_nothing_counted_is_nothing_used() -> None:
    assert rules.seconds_until_free(TEN, [], NOW, spare=1) is None


@pytest.fixture
def settings() -> AuthSettings:
    return AuthSettings.model_validate(
        {
            "database_url": "postgresql://x",
            "refresh_key": "r" * 32,
            "key_encryption_key": "k" * 32,
            "gateway_key": "g" * 16,
        }
    )


def test_a_wrong_password_counts_against_network_account_and_address(settings: AuthSettings) -> None:
    counted = {each.scope: each for each in rules.failed_logins(settings, "mina", "203.0.113.77", home=None)}
    assert {scope: (each.most, each.window) for scope, each in counted.items()} == {
        "login-network": (10, timedelta(minutes=15)),
        "login-account": (100, timedelta(minutes=15)),
        "login-ip": (30, timedelta(minutes=1)),
    }
    assert not any("mina" in each.key for each in counted.values())


@pytest.mark.parametrize(
    ("ip", "home", "is_home"),
    [
        ("203.0.113.77", "203.0.113.1", True),
        ("203.0.113.77", "203.0.114.1", False),
        ("203.0.113.77", None, False),
        ("2001:db8:1:2::1", "2001:db8:1:2::2", True),
        ("", "", False),
    ],
)
def test_the_accounts_own_limit_does_not_hold_where_its_last_login_came_from(
    settings: AuthSettings, ip: str, home: str | None, is_home: bool
) -> None:
    scopes = {each.scope for each in rules.failed_logins(settings, "mina", ip, home=home)}
    assert scopes == {"login-network", "login-ip"} | (set() if is_home else {"login-account"})
