"""Every change is audited, or does not happen."""

from collections.abc import Callable
from typing import Any

import asyncpg

from fairground_common.testing import AsgiClient
from fairground_common.testing.audited import Change, changes_of, check_audited

ADMIN = 901

Config = Callable[..., dict[str, Any]]

LOOKS = {("POST", f"/api/admin/{game}/configs/{{version}}/simulate") for game in ("roulette", "dice", "lottery")}
"""Operations that only reckon."""

AWARD = {"user_id": 7, "ref": "1", "reward": {"type": "ITEM", "amount": 1, "sku": "mug", "label": "for Hanna"}}


def a_grant(campaign: str) -> Change:
    body = {"campaign": campaign, "grants": [AWARD]}
    return Change("POST", "/api/admin/games/grants", options={"body": body, "headers": {"idempotency-key": campaign}})


def versions_of(game: str, first: dict[str, Any], second: dict[str, Any]) -> list[Change]:
    path = f"/api/admin/{game}/configs"
    return [
        Change("POST", path, options={"body": first}),
        Change("POST", path + "/{version}/activate", {"version": 1}),
        Change("POST", path, options={"body": second}),
        Change("POST", path + "/{version}/retire", {"version": 2}),
    ]


async def test_every_change_is_audited_or_does_not_happen(
    admin: AsgiClient,
    owner: asyncpg.Connection,
    roulette_config: Config,
    dice_config: Config,
    lottery_config: Config,
) -> None:
    day, feature = {"date": "2026-12-24"}, {"title": "Wheel", "page_path": "/wheel", "is_enabled": False}
    changes = [
        *versions_of("roulette", roulette_config(), roulette_config(name="Second")),
        *versions_of("dice", dice_config(), dice_config(name="Second")),
        *versions_of("lottery", lottery_config(), lottery_config(name="Second", stock=None)),
        Change("POST", "/api/admin/lottery/prizes/{key}/restock", {"key": "gold"}, {"body": {"delta": 3}}),
        Change(
            "PUT",
            "/api/admin/feature-schedule/{date}",
            day,
            {"body": {"feature_type": "DICE", "is_active": True}},
        ),
        Change("DELETE", "/api/admin/feature-schedule/{date}", day),
        Change("PUT", "/api/admin/features/{feature_type}", {"feature_type": "ROULETTE"}, {"body": feature}),
        a_grant("spring"),
        Change("POST", "/api/admin/fulfilments/{fulfilment_id}/fulfil", {"fulfilment_id": 1}),
        a_grant("summer"),
        Change("POST", "/api/admin/games/grants/{campaign}/undo", {"campaign": "summer"}),
        Change("POST", "/api/admin/games/players/{user_id}/erase", {"user_id": 7}),
    ]
    assert {(change.method, change.path) for change in changes} == await changes_of(admin) - LOOKS
    await check_audited(changes, admin, owner, by=ADMIN)
