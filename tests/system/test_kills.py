"""Kill -9 of each member in the middle of plays: nothing a player was told is lost, nothing happens twice."""

from functools import partial
from http import HTTPStatus

import pytest

from fairground_common.testing.eventually import eventually
from fairground_deploy.api import Api
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.crowd import Crowd
from fairground_deploy.testing.player import PATIENCE_SECONDS
from fairground_deploy.testing.reconcile import reconcile

KILLS = 2
"""The second one meets a member that has come back and a backlog that has not drained."""
KILLS_OF_A_WORKER = 4
"""No client notices; only some of them fall between an effect and its acknowledgement."""

pytestmark = pytest.mark.timeout(600)
"""Where members are containers, a restart policy takes its time."""


async def test_a_member_killed_while_players_play_loses_nothing_and_doubles_nothing(
    deployment: Deployment, crowd: Crowd, admin: Api, member: str
) -> None:
    async with crowd.playing():
        for _ in range(KILLS_OF_A_WORKER if member.endswith("-worker") else KILLS):
            await crowd.is_served()
            await deployment.kill(member)
            await deployment.ensure_running(member)
            await deployment.wait_ready()
        await crowd.is_served()
    for player, answers in crowd.answers.items():
        await reconcile(player, answers)
    await _the_ranking_listens(admin)


async def test_a_consumer_killed_before_it_has_come_up_is_no_worse(deployment: Deployment, crowd: Crowd) -> None:
    async with crowd.playing():
        await crowd.is_served()
        for _ in range(4):
            await deployment.kill("seasonpass-worker")
            await deployment.ensure_running("seasonpass-worker")
        await crowd.is_served()
    for player, answers in crowd.answers.items():
        await reconcile(player, answers)


async def _the_ranking_listens(admin: Api) -> None:
    """No play passes the ranking; that it has come back as well is seen when it hears of a kill switch."""
    for is_enabled, status in ((False, HTTPStatus.NOT_FOUND), (True, HTTPStatus.OK)):
        feature = {"title": "Daily ranking", "page_path": "/ranking", "is_enabled": is_enabled}
        admin.expect("PUT", "/api/admin/features/RANKING", feature)
        await eventually(partial(_ranking_answers, admin, status), within=PATIENCE_SECONDS, every=0.1)


def _ranking_answers(admin: Api, status: HTTPStatus) -> bool:
    return admin.call("GET", "/api/ranking/today").status == status
