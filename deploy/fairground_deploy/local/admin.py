"""The first admin of a local run: given by the environment or made up, and the same ever after."""

import secrets
from dataclasses import dataclass

from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.settings import LocalSettings

DEFAULT_USERNAME = "admin"
_KEPT_USERNAME = "admin-username"


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """Who may do everything. `is_new`: made by this run, so the password is printed."""

    username: str
    password: str
    is_new: bool


def first_admin(settings: LocalSettings, data: DataDir) -> FirstAdmin:
    """Return the first admin. Kept data with another name or password is refused: it would not take effect."""
    password = data.kept_admin_password()
    if password is None:
        return _new_admin(settings, data)
    username = data.kept(_KEPT_USERNAME) or DEFAULT_USERNAME
    _refuse_change("ADMIN_USERNAME", settings.admin_username, username, data)
    given = settings.admin_password.get_secret_value() if settings.admin_password else None
    _refuse_change("ADMIN_PASSWORD", given, password, data)
    return FirstAdmin(username, password, is_new=False)


def _new_admin(settings: LocalSettings, data: DataDir) -> FirstAdmin:
    username = data.keep(_KEPT_USERNAME, settings.admin_username or DEFAULT_USERNAME)
    given = settings.admin_password
    password = given.get_secret_value() if given else secrets.token_urlsafe(15)
    data.keep_admin_password(password)
    return FirstAdmin(username, password, is_new=True)


def _refuse_change(setting: str, given: str | None, kept: str, data: DataDir) -> None:
    if given is not None and given != kept:
        raise LocalRunError(
            f"bad setting {setting}: {data.root} was made with another one and keeps it (see "
            f"{data.admin_password_file}); unset {setting}, choose another DATA_DIR, or remove {data.root} "
            "to start from nothing"
        )
