"""Commands that act through the running product: where it is, and as whom."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from fairground_common.exits import EXIT_BAD_SETTING, refuse

if TYPE_CHECKING:
    from fairground_deploy.api import Api

GatewayUrl = Annotated[str, typer.Option("--url", envvar="FAIRGROUND_URL", help="the gateway")]
DEFAULT_URL = "http://127.0.0.1:8080"


def signed_in_admin(url: str) -> "Api":
    """Sign in as ADMIN_USERNAME with ADMIN_PASSWORD. Raises RefusedError; ends the command without a password."""
    from fairground_deploy.api import Api

    return Api.signed_in(url, os.environ.get("ADMIN_USERNAME", "admin"), required_setting("ADMIN_PASSWORD"))


def required_setting(name: str) -> str:
    """Return a setting of the environment; without it the command ends with one line."""
    value = os.environ.get(name)
    if not value:
        refuse(EXIT_BAD_SETTING, f"bad setting {name}: it is not set")
    return value
