from datetime import timedelta

import pytest

from fairground_auth.settings import AuthSettings
from fairground_common.settings import load_settings

COMPLETE = {
    "GATEWAY_KEY": "g" * 16,
    "AUTH_DATABASE_URL": "postgresql://auth_app:pw@127.0.0.1/auth",
    "AUTH_REFRESH_KEY": "r" * 32,
    "AUTH_KEY_ENCRYPTION_KEY": "k" * 32,
}


@pytest.fixture(autouse=True)
def complete(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def test_what_has_a_default_follows_the_security_page() -> None:
    settings = load_settings(AuthSettings)
    assert (settings.port, settings.access_token_seconds, settings.refresh_grace_seconds) == (8081, 600, 20)
    assert (settings.key_lead, settings.key_overlap) == (timedelta(minutes=10), timedelta(minutes=20))
    assert (settings.refresh_idle_seconds, settings.refresh_absolute_seconds) == (7 * 86_400, 30 * 86_400)
    assert (settings.login_failures_per_network, settings.login_failures_per_account) == (10, 100)
    assert (settings.login_window_seconds, settings.login_failures_per_ip, settings.ip_window_seconds) == (900, 30, 60)
    assert (settings.hash_threads, settings.hash_queue) == (1, 50)
    assert (settings.argon2_memory_kib, settings.argon2_passes, settings.argon2_lanes) == (19_456, 2, 1)


def test_a_former_key_outlives_access_tokens_however_long_they_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_ACCESS_TOKEN_SECONDS", "3600")
    settings = load_settings(AuthSettings)
    key_set_cache, leeway = settings.key_lead / 2, timedelta(seconds=10)
    assert settings.key_overlap >= settings.access_lifetime + key_set_cache + leeway


@pytest.mark.parametrize("missing", COMPLETE)
def test_secrets_and_the_database_have_no_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(SystemExit, match="2"):
        load_settings(AuthSettings)
    assert missing in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [("AUTH_REFRESH_KEY", "r" * 31), ("AUTH_PORT", "http"), ("AUTH_ARGON2_PASSES", "0"), ("AUTH_HASH_THREADS", "0")],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match="2"):
        load_settings(AuthSettings)
    complaint = capsys.readouterr().err
    assert name in complaint
    assert "rrr" not in complaint


def test_printed_settings_show_no_secret() -> None:
    printed = repr(load_settings(AuthSettings))
    assert not any(secret in printed for secret in COMPLETE.values())
