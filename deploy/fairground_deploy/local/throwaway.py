"""A product of one's own, in a folder that is thrown away: for whoever breaks things, tests and drills alike."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fairground_common.embedded import free_port
from fairground_deploy.local.product import Product, Say
from fairground_deploy.local.seeding import seed
from fairground_deploy.local.settings import LocalSettings

_PASSES = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "RATE_LIMIT_IP", "RATE_LIMIT_USER")


@asynccontextmanager
async def throwaway_product(folder: Path, say: Say, **settings: str) -> AsyncIterator[Product]:
    """Run the seeded product with DATA_DIR in `folder`. Further settings by environment name: TEST_MODE="false".

    `product.processes["games-worker"]` has pid, log, kill(), start(); nothing starts again by itself here.
    """
    own = {"DATA_DIR": str(folder), "PORT": str(free_port()), **settings}
    inherited = {name: os.environ[name] for name in _PASSES if name in os.environ}
    known = LocalSettings.model_validate(own)
    async with Product.running(known, {**inherited, **own}, say) as running:
        await seed(running, say)
        yield running
