"""`fairground erase` and `fairground export`, as operators run them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typing_extensions import override

from fairground_common.progress import keep_quiet
from fairground_deploy.api import Api, RefusedError, Reply
from fairground_deploy.local.product import Product
from fairground_deploy.players.erasing import erase_player
from fairground_deploy.players.exporting import ROWS_AT_ONCE, export_player
from fairground_deploy.testing.player import Player, sign_up

Fairground = Callable[..., Awaitable["subprocess.CompletedProcess[str]"]]


@pytest.fixture
def fairground(product: Product) -> Fairground:
    """Return a function that runs `fairground`."""
    environ = {
        **os.environ,
        "FAIRGROUND_URL": product.gateway_url,
        "ADMIN_USERNAME": product.admin.username,
        "ADMIN_PASSWORD": product.admin.password,
        "DATA_DIR": str(product.data.root),
    }

    async def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "fairground_deploy", *words]
        return await asyncio.to_thread(
            subprocess.run, command, env=environ, capture_output=True, text=True, timeout=120, check=False
        )

    return run


@pytest.fixture
async def played(product: Product, fairground: Fairground) -> Player:
    """Return a player who has played every game, and whose plays have all become XP."""
    player = await sign_up(product.gateway_url)
    for game in ("roulette", "dice", "lottery"):
        await player.play(game)
    assert (await fairground("reconcile")).returncode == 0
    return player


async def test_an_export_is_everything_and_after_erasing_the_books_are_the_same(
    fairground: Fairground, played: Player, tmp_path: Path, product: Product
) -> None:
    name = (await played.get("/api/auth/me"))["username"]
    before = await exported(fairground, played, tmp_path)
    told = await fairground("erase", str(played.user_id), "--dry-run", "--json")
    done = await fairground("erase", str(played.user_id), "--json")
    assert (told.returncode, done.returncode) == (0, 0), done.stderr
    assert json.loads(told.stdout)["erased"] == json.loads(done.stdout)["erased"]
    after = await exported(fairground, played, tmp_path)
    assert name in json.dumps(before)
    assert name not in json.dumps(after)
    assert "127.0.0.1" in json.dumps(before["auth"])
    assert "127.0.0.1" not in json.dumps(after)
    assert len(before["games"]["plays"]) == 3
    assert before["seasonpass"]["xp"]
    for service, kind in (("games", "plays"), ("games", "ledger"), ("seasonpass", "xp"), ("seasonpass", "rewards")):
        assert after[service][kind] == before[service][kind]
    refused = Api(product.gateway_url).call("POST", "/api/auth/login", {"username": name, "password": "any password"})
    assert refused.code == "INVALID_CREDENTIALS"
    assert (await fairground("reconcile")).returncode == 0


LONG_AGO = """
INSERT INTO play (play_id, game, event_id, user_id, config_version, day, created_at, pair, nonce, outcome_key, outcome,
    reward, unit, receipt, used_today, max_daily, balance)
SELECT gen_random_uuid(), game, gen_random_uuid(), user_id, config_version, '2020-01-01',
    '2020-01-01T03:00:00Z'::timestamptz + n * interval '1 second', pair, nonce + 3 + n, outcome_key, outcome, reward,
    unit, receipt, used_today, max_daily, balance
FROM (SELECT * FROM play WHERE user_id = $1 LIMIT 1) AS one, generate_series(1, $2::int) AS n
"""
"""Copies of a play, on a day nobody compares with XP any more."""


async def test_an_export_of_many_pages_is_whole(
    fairground: Fairground, played: Player, tmp_path: Path, product: Product
) -> None:
    assert product.databases is not None
    copies = 4 * ROWS_AT_ONCE
    games = await asyncpg.connect(product.databases.services["games"].owner_url)
    await games.execute(LONG_AGO, played.user_id, copies)
    await games.close()
    plays = (await exported(fairground, played, tmp_path))["games"]["plays"]
    assert len({play["play_id"] for play in plays}) == len(plays) == copies + 3
    assert [play["created_at"] for play in plays] == sorted(play["created_at"] for play in plays)


async def exported(fairground: Fairground, player: Player, folder: Path) -> Any:
    file = folder / "player.json"
    ended = await fairground("export", str(player.user_id), "--out", str(file))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(folder) == [file.name]  # noqa: PTH208 - nothing beside it
    document = json.loads(file.read_text())
    assert document["missing"] == {}
    return document


async def test_an_unknown_player_is_neither_erased_nor_written(fairground: Fairground, tmp_path: Path) -> None:
    for words in (("erase", str(2**62)), ("export", str(2**62), "--out", str(tmp_path / "nobody.json"))):
        ended = await fairground(*words)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "USER_NOT_FOUND" in ended.stderr
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - not even a part


REFUSED = Reply(504, {"code": "UPSTREAM_TIMEOUT"})


class Away(Api):
    """The gateway, before a product of which one service is away."""

    def __init__(self, service: str, *, after_pages: int = 0) -> None:
        super().__init__("http://127.0.0.1:9")
        self.service, self.pages_left = service, after_pages

    @override
    def call(self, method: str, path: str, body: Any = None, headers: Any = None) -> Reply:
        is_away = f"/{self.service}/" in path
        if path.endswith("/erase"):
            return REFUSED if is_away else Reply(200, {"erased": {"things": 1}})
        if path.endswith("/export"):
            return REFUSED if is_away and not self.pages_left else Reply(200, {"kinds": ["things"]})
        if is_away and not self.pages_left:
            return REFUSED
        self.pages_left -= is_away
        return Reply(200, {"items": [{"n": 1}], "next_cursor": "more" if is_away else None})


def test_what_a_service_that_is_away_has_not_erased_is_said() -> None:
    erased = erase_player(Away("ranking"), 7, dry_run=False, progress=keep_quiet)
    assert erased.done == {"auth": {"things": 1}, "games": {"things": 1}}
    assert erased.failed.keys() == {"ranking"}
    assert "run the same command again" in erased.in_words()
    assert not erased.as_document()["complete"]


def test_when_auth_refuses_nothing_is_erased() -> None:
    with pytest.raises(RefusedError):
        erase_player(Away("auth"), 7, dry_run=False, progress=keep_quiet)


@pytest.mark.parametrize(("pages", "rows", "missing"), [(0, 0, "games"), (2, 2, "games/things")])
def test_what_is_missing_from_an_export_is_named_and_the_rest_is_whole(
    tmp_path: Path, pages: int, rows: int, missing: str
) -> None:
    with (tmp_path / "7.json").open("w") as file:
        told = export_player(Away("games", after_pages=pages), 7, file, lambda *_: None)
    document = json.loads((tmp_path / "7.json").read_text())
    assert document["missing"].keys() == told.missing.keys() == {missing}
    assert len(document["games"].get("things", [])) == rows
    assert document["auth"]["things"][0] == {"n": 1}
