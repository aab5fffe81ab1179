"""The whole product for tests: real processes through the code of `make run`, on free ports, in a folder of its own.

from fairground_deploy.testing import product  # noqa: F401 - in a conftest.py
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fairground_common.embedded import free_port
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import seed
from fairground_deploy.local.settings import LocalSettings

_PASSES = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "RATE_LIMIT_IP", "RATE_LIMIT_USER")


@asynccontextmanager
async def running_product(folder: Path, **settings: str) -> AsyncIterator[Product]:
    """Run the seeded product with DATA_DIR in `folder`. Further settings by environment name: TEST_MODE="false".

    `product.processes["games-worker"]` has pid, log, kill(), start(); nothing starts again by itself here.
    """
    own = {"DATA_DIR": str(folder), "PORT": str(free_port()), **settings}
    inherited = {name: os.environ[name] for name in _PASSES if name in os.environ}
    known = LocalSettings.model_validate(own)
    async with Product.running(known, {**inherited, **own}, _tell) as running:
        await seed(running, _tell)
        yield running


@pytest.fixture(scope="session")
async def product(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[Product]:
    """Return the session's product, on RabbitMQ: a private node where it is installed, else the tests' own."""
    from fairground_common.embedded import rabbitmq_install

    settings = {} if rabbitmq_install.find() else {"AMQP_URL": str(request.getfixturevalue("rabbitmq"))}
    async with running_product(tmp_path_factory.mktemp("product"), **settings) as running:
        yield running


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
