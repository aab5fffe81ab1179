"""`fairground season`, as operators run it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from fairground_common.testing import eventually
from fairground_deploy.local.product import Product
from fairground_deploy.testing.player import Player, sign_up

Rebuild = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
async def books(product: Product) -> AsyncIterator[asyncpg.Connection]:
    """Yield a look into the season pass's database."""
    assert product.databases is not None
    connection = await asyncpg.connect(product.databases.services["seasonpass"].owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def played(product: Product) -> Player:
    """Return a player whose play has become XP."""
    player = await sign_up(product.gateway_url)
    await player.play("roulette")

    async def has_xp() -> bool:
        return bool((await player.get("/api/season-pass/status"))["progress"]["current_xp"])

    await eventually(has_xp, within=30)
    return player


@pytest.fixture
def rebuild(product: Product) -> Rebuild:
    """Return a function that runs `fairground season rebuild`."""
    environ = {
        **os.environ,
        "FAIRGROUND_URL": product.gateway_url,
        "ADMIN_USERNAME": product.admin.username,
        "ADMIN_PASSWORD": product.admin.password,
    }

    async def run(*options: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "fairground_deploy", "season", "rebuild", *options]
        return await asyncio.to_thread(
            subprocess.run, command, env=environ | settings, capture_output=True, text=True, timeout=60, check=False
        )

    return run


async def test_a_row_broken_by_hand_is_found_mended_and_then_gone(
    rebuild: Rebuild, played: Player, books: asyncpg.Connection
) -> None:
    untouched = await rebuild()
    assert (untouched.returncode, untouched.stderr) == (0, "")
    assert untouched.stdout.endswith("no difference\n")

    await books.execute("UPDATE season_pass_progress SET current_xp = 99999 WHERE user_id = $1", played.user_id)
    found = await rebuild()
    assert found.returncode == 1
    assert f"player {played.user_id} is wrong: current_xp 99999, by the logs " in found.stdout

    mended = await rebuild("--apply")
    assert mended.returncode == 0
    assert "1 mended, no difference" in mended.stdout
    assert f"player {played.user_id} was wrong: current_xp 99999" in mended.stdout
    assert (await rebuild()).stdout == untouched.stdout


async def test_json_has_the_differences_as_rows(rebuild: Rebuild, played: Player, books: asyncpg.Connection) -> None:
    [season] = json.loads((await rebuild("--json")).stdout)["seasons"]
    assert (season["differences"], season["mended"]) == ([], [])
    assert season["checked"] >= 1

    await books.execute("DELETE FROM season_pass_progress WHERE user_id = $1", played.user_id)
    only = ("--season", str(season["season_id"]), "--json")
    [differing] = json.loads((await rebuild(*only)).stdout)["seasons"]
    [row] = differing["differences"]
    assert (row["user_id"], row["stored"], row["is_mendable"]) == (played.user_id, None, True)
    [applied] = json.loads((await rebuild(*only, "--apply")).stdout)["seasons"]
    assert (applied["mended"], applied["differences"]) == ([row], [])


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        (["--season", "4711"], {}, "SEASON_NOT_FOUND"),
        ([], {"ADMIN_PASSWORD": "another password"}, "INVALID_CREDENTIALS"),
        ([], {"FAIRGROUND_URL": "http://127.0.0.1:9"}, "Connection refused"),
    ],
)
async def test_what_stands_in_the_way_is_one_line(
    rebuild: Rebuild, options: list[str], settings: dict[str, Any], told: str
) -> None:
    refused = await rebuild(*options, **settings)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert told in refused.stderr
    assert refused.stderr.count("\n") == 1


async def test_a_missing_password_is_a_bad_setting(rebuild: Rebuild) -> None:
    refused = await rebuild(ADMIN_PASSWORD="")
    assert (refused.returncode, refused.stderr) == (2, "bad setting ADMIN_PASSWORD: it is not set\n")
