"""What a local run keeps."""

import stat
from pathlib import Path

import pytest

from fairground_deploy.local.admin import first_admin
from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.settings import LocalSettings


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(tmp_path / "data")
    with data.owned():
        return data


def _settings(**given: str) -> LocalSettings:
    return LocalSettings.model_validate(given)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_kept_and_nobody_else_may_read_them(data: DataDir) -> None:
    assert data.secret("GAMES_SEED_KEY") == data.secret("GAMES_SEED_KEY")
    assert _mode(data.root / "secrets") == 0o700
    assert _mode(data.root / "secrets" / "GAMES_SEED_KEY") == 0o600


def test_two_secrets_differ(data: DataDir) -> None:
    assert data.secret("AUTH_REFRESH_KEY") != data.secret("AUTH_KEY_ENCRYPTION_KEY")


def test_a_second_run_in_the_same_folder_is_refused(data: DataDir) -> None:
    with data.owned(), pytest.raises(LocalRunError, match="DATA_DIR"), DataDir(data.root).owned():
        pass


def test_the_folder_is_free_again_after_a_run(data: DataDir) -> None:
    with data.owned():
        pass
    with DataDir(data.root).owned():
        pass


def test_a_random_admin_password_is_new_once_and_kept_private(data: DataDir) -> None:
    first, second = first_admin(_settings(), data), first_admin(_settings(), data)
    assert (first.username, first.is_new, second.is_new) == ("admin", True, False)
    assert first.password == second.password == data.admin_password_file.read_text().strip()
    assert _mode(data.admin_password_file) == 0o600


def test_two_folders_have_two_admin_passwords(tmp_path: Path) -> None:
    folders = DataDir(tmp_path / "one"), DataDir(tmp_path / "two")
    passwords = set()
    for folder in folders:
        with folder.owned():
            passwords.add(first_admin(_settings(), folder).password)
    assert len(passwords) == 2


def test_a_given_admin_may_be_given_again_or_left_out(data: DataDir) -> None:
    given = {"ADMIN_USERNAME": "chief", "ADMIN_PASSWORD": "a good password"}
    first_admin(_settings(**given), data)
    for later in (_settings(**given), _settings()):
        admin = first_admin(later, data)
        assert (admin.username, admin.password) == ("chief", "a good password")


@pytest.mark.parametrize("setting", ["ADMIN_USERNAME", "ADMIN_PASSWORD"])
def test_a_changed_admin_with_kept_data_is_refused_with_a_hint(data: DataDir, setting: str) -> None:
    first_admin(_settings(ADMIN_USERNAME="chief", ADMIN_PASSWORD="a good password"), data)
    with pytest.raises(LocalRunError, match=f"bad setting {setting}.*unset {setting}"):
        first_admin(_settings(**{setting: "another-one"}), data)
