"""Programs are restarted one after the other, as an update does it, while players go on."""

import pytest

from fairground_deploy.services import PROGRAMS
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.crowd import Crowd
from fairground_deploy.testing.reconcile import reconcile

pytestmark = pytest.mark.timeout(600)


async def test_players_lose_nothing_while_every_program_is_restarted_in_turn(
    deployment: Deployment, crowd: Crowd
) -> None:
    async with crowd.playing():
        for program in PROGRAMS:
            await crowd.is_served()
            await deployment.restart(program.name)
            await deployment.wait_ready()
        await crowd.is_served()
    for player, answers in crowd.answers.items():
        await reconcile(player, answers)
