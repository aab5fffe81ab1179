"""A budget of points: no version that pays more in the mean is put in force."""

from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from pydantic import ValidationError

from fairground_common.testing import AsgiClient, TokenMint
from fairground_games.app import create_app
from fairground_games.settings import GamesSettings

Config = Callable[..., dict[str, Any]]


@pytest_asyncio.fixture
async def frugal(settings: GamesSettings, token_mint: TokenMint) -> AsyncIterator[AsgiClient]:
    """Yield an admin of an API whose wheel, of 90 points on six segments, pays exactly its budget."""
    budget = settings.model_copy(update={"point_budget_per_play": Decimal(15)})
    async with AsgiClient.running(create_app(budget)) as client:
        yield client.signed(token_mint.headers(901, "admin"))


async def posted(admin: AsgiClient, config: dict[str, Any]) -> str:
    answer = await admin.post("/api/admin/roulette/configs", body=config)
    return f"/api/admin/roulette/configs/{answer.body['version']}/activate"


async def test_a_version_that_pays_exactly_the_budget_may_be_activated(
    frugal: AsgiClient, roulette_config: Config
) -> None:
    assert (await frugal.post(await posted(frugal, roulette_config()))).body["state"] == "ACTIVE"


async def test_the_smallest_excess_is_refused_with_both_figures_and_changes_nothing(
    frugal: AsgiClient, owner: asyncpg.Connection, roulette_config: Config
) -> None:
    config = roulette_config()
    config["segments"][0]["reward"] = {"type": "POINT", "amount": 1}
    refused = await frugal.post(await posted(frugal, config))
    assert (refused.status, refused.code) == (409, "BUDGET_EXCEEDED")
    assert "91/6" in refused.body["detail"]
    assert "15.166667" in refused.body["detail"]
    assert refused.body["detail"].endswith("the budget is 15.")
    assert await owner.fetchval("SELECT state FROM game_config") == "DRAFT"
    assert await owner.fetchval("SELECT count(*) FROM audit_log WHERE action = 'CONFIG_ACTIVATED'") == 0


async def test_only_points_count(frugal: AsgiClient, roulette_config: Config) -> None:
    config = roulette_config()
    for segment, kind in zip(config["segments"][::2], ("XP", "ITEM", "COUPON"), strict=True):
        segment["reward"] = {"type": kind, "amount": 10**6, "sku": "s"}
    assert (await frugal.post(await posted(frugal, config))).status == 200


async def test_without_the_setting_any_version_may_be_activated(admin: AsgiClient, roulette_config: Config) -> None:
    config = roulette_config()
    config["segments"][0]["reward"] = {"type": "POINT", "amount": 2**31 - 1}
    assert (await admin.post(await posted(admin, config))).status == 200


@pytest.mark.parametrize("wrong", ["-1", "0.0000001", "much", "NaN", "Infinity"])
def test_a_budget_that_is_none_is_refused_at_the_start(settings: GamesSettings, wrong: str) -> None:
    with pytest.raises(ValidationError):
        GamesSettings.model_validate(settings.model_dump() | {"point_budget_per_play": wrong})
