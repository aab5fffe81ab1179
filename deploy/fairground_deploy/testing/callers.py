"""Somebody of every kind: who the product tells apart."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from fairground_common.web.tokens import ADMIN, OPERATOR, PLAYER
from fairground_deploy.api import Api
from fairground_deploy.testing.player import PASSWORD

NOBODY, IMPOSTOR = "nobody", "impostor"


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller; `role` is the highest they have, None without a good token."""

    name: str
    role: str | None
    user_id: int | None
    headers: Mapping[str, str]


def everybody(gateway_url: str, admin: Api) -> dict[str, Caller]:
    """Return a caller of every kind by name; the players and the operator are new."""
    player, other = (_somebody(gateway_url, admin, name, PLAYER) for name in ("player", "other player"))
    forged = {"Authorization": f"{player.headers['Authorization'][:-6]}AAAAAA"}
    operator = _somebody(gateway_url, admin, "operator", OPERATOR)
    callers = (
        Caller(NOBODY, None, None, {}),
        Caller(IMPOSTOR, None, player.user_id, forged),
        player,
        other,
        operator,
        Caller("admin", ADMIN, None, {"Authorization": f"Bearer {admin.token}"}),
    )
    return {caller.name: caller for caller in callers}


def _somebody(gateway_url: str, admin: Api, name: str, role: str) -> Caller:
    credentials = {"username": f"{role}-{secrets.token_hex(6)}", "password": PASSWORD}
    user_id: int = Api(gateway_url).expect("POST", "/api/auth/register", credentials)["user_id"]
    if role != PLAYER:
        admin.expect("PUT", f"/api/admin/auth/users/{user_id}/roles", {"roles": [PLAYER, role]})
    signed_in = Api.signed_in(gateway_url, **credentials)
    return Caller(name, role, user_id, {"Authorization": f"Bearer {signed_in.token}"})
