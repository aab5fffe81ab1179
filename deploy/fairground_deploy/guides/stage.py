"""What a reader of the pages has around them: the product, its settings, its commands."""

import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fairground_deploy.catalogue import ROOT
from fairground_deploy.guides.terminal import Terminal
from fairground_deploy.local.product import Product


@asynccontextmanager
async def opened_terminal(folder: Path, product: Product) -> AsyncIterator[Terminal]:
    """Open a shell for a page. `folder` is empty, and the page's own."""
    async with Terminal.opened(folder, product.gateway_url, _environ(product)) as terminal:
        yield terminal


def _environ(product: Product) -> Mapping[str, str]:
    """As whoever looks after the product would have it: each service's settings, and how to sign in."""
    settings = {name: value for each in product.processes.values() for name, value in each.environ.items()}
    return {
        **settings,
        **_owners(product),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "REPOSITORY": str(ROOT),
        "DATA_DIR": str(product.data.root),
        "ADMIN_USERNAME": product.admin.username,
        "ADMIN_PASSWORD": product.admin.password,
    }


def _owners(product: Product) -> Mapping[str, str]:
    assert product.databases is not None, "a product that runs has its databases"
    superuser = product.parts.postgres
    return {"SUPERUSER_DATABASE_URL": superuser.url if superuser else ""} | {
        f"{name.upper()}_OWNER_DATABASE_URL": database.owner_url
        for name, database in product.databases.services.items()
    }
