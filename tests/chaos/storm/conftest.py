"""The whole product for a storm alone: what it breaks is nobody else's."""

from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from fairground_common.testing.chaos import Callers, History
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.testing.storm import People, Stage, Tickets

PATIENCE_SECONDS = 300.0
"""A process that dies again and again is started again after ever longer pauses; and then its database is away."""


@pytest.fixture(scope="module")
async def stage(rabbitmq: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Yield the product. Ask for `rabbitmq` first: it decides whether there may be none."""
    assert rabbitmq
    async with Stage.set_up(tmp_path_factory.mktemp("storm")) as stage:
        yield stage


@pytest.fixture(scope="module")
async def people(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[People]:
    """Yield people who have signed up and have not begun yet."""
    tickets, path = Tickets(), tmp_path_factory.mktemp("history") / "history.jsonl"
    with closing(History(path)) as history:
        callers = Callers([stage.line.port], tickets, history, patience=PATIENCE_SECONDS)
        yield await People.arrive(callers, tickets, stage.product.gateway_url, sign_in_first_admin(stage.product))
