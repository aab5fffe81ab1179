"""Faults of every kind, in an order a seed gives, under people of every kind: one story, and nothing has grown.

Ten minutes instead of three quarters of one: ``CHAOS_MINUTES=10 CHAOS_SEED=7 pytest tests/chaos/storm``.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

import pytest

from fairground_common.testing.chaos import GamesBooks, Numbers, SeasonBooks, chance, check, first_seed, summary
from fairground_common.testing.eventually import eventually
from fairground_deploy.api import Api
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.reconcile.books import read_today
from fairground_deploy.testing.deployment import wait_until_ready
from fairground_deploy.testing.storm import PRIZE, Faults, Gauges, People, Stage
from fairground_deploy.testing.zero import SETTLE_SECONDS, require_zero

MINUTES = float(os.environ.get("CHAOS_MINUTES", "0.75"))

pytestmark = pytest.mark.timeout(900 + 60 * MINUTES)


async def test_after_a_storm_the_books_are_one_story_and_nothing_has_grown(
    stage: Stage, people: People, tell: Callable[[str], None], record_property: Callable[[str, object], None]
) -> None:
    faults = Faults(stage, chance(first_seed()))
    async with people.busy(first_seed()):
        await people.get_answers()
        before = await Gauges.read(stage)
        await faults.rage(60 * MINUTES)
        await wait_until_ready(stage.product.gateway_url)
        await people.get_answers()
        after = await Gauges.read_settled(stage, since=before)
    numbers = await eventually(lambda: _is_one_story(stage, people), within=SETTLE_SECONDS, every=1)
    record_property(summary.NUMBERS, summary.as_property(people.callers.history.path, numbers))
    tell(f"{len(faults.struck)} faults; {numbers}; {people.done}; before: {before}; after: {after}")
    admin = await asyncio.to_thread(sign_in_first_admin, stage.product)
    await asyncio.to_thread(require_zero, admin)
    await _everything_else_is_as_told(stage, people, admin)
    assert after.grown_since(before) == [], faults.struck


async def test_a_look_waits_for_what_was_struck_last(stage: Stage) -> None:
    for struck in (stage.product.processes["seasonpass-worker"], stage.node):
        await asyncio.to_thread(struck.child.kill)
    seen = await Gauges.read(stage)
    assert seen.megabytes.keys() == stage.product.processes.keys()
    assert seen.megabytes["seasonpass-worker"] > 0


async def _is_one_story(stage: Stage, people: People) -> Numbers:
    async with stage.reading("games") as games, stage.reading("seasonpass") as seasonpass:
        books = await GamesBooks.read(games), await SeasonBooks.read(seasonpass)
    history = people.callers.history
    verdict = check(history.attempts(), *books, opening_stock={PRIZE: people.done.stock})
    verdict.require_clean(history.path)
    return verdict.numbers


async def _everything_else_is_as_told(stage: Stage, people: People, admin: Api) -> None:
    """Rewards that were claimed, rankings that were uploaded: each there once, and no other."""
    async with stage.reading("seasonpass") as connection:
        given = await connection.fetch("SELECT user_id, level FROM season_pass_reward_log WHERE NOT auto_claim")
    assert Counter(map(tuple, given)) == people.done.claims
    today = await asyncio.to_thread(read_today, admin)
    listed = await asyncio.to_thread(admin.expect, "GET", f"/api/admin/ranking/{today}/versions")
    of_the_demo = 1
    assert {each["version"] for each in listed["items"]} == {of_the_demo, *people.done.uploads}
    shown = await asyncio.to_thread(admin.call, "GET", "/api/ranking/today?top=1")
    assert shown.status == HTTPStatus.OK, shown
    assert shown.body["top"][0]["score"] == max(people.done.uploads.values())
