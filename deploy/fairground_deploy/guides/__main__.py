"""`python -m fairground_deploy.guides [PAGE...]`: run pages on a product of their own, and write what has changed."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from fairground_common.embedded import free_port
from fairground_deploy.guides.page import Page, guides
from fairground_deploy.guides.recorder import recorded
from fairground_deploy.guides.stage import opened_terminal
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import seed
from fairground_deploy.local.settings import LocalSettings


async def write(pages: Sequence[Page]) -> None:
    """Bring pages up to date."""
    with TemporaryDirectory(prefix="fg-") as folder:
        own = {"DATA_DIR": folder, "PORT": str(free_port())}
        async with Product.running(LocalSettings.model_validate(own), {**os.environ, **own}, _say) as product:
            await seed(product, _say)
            for page in pages:
                await _write(page, product)


async def _write(page: Page, product: Product) -> None:
    with TemporaryDirectory(prefix="fg-") as folder:
        async with opened_terminal(Path(folder), product) as terminal:
            text = await recorded(page, terminal)
    changed = text != page.path.read_text()
    page.path.write_text(text)
    _say(f"{page.name}: {'written' if changed else 'as it was'}")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    wanted = {Path(name).absolute() for name in sys.argv[1:]}
    asyncio.run(write([page for page in guides() if not wanted or page.path in wanted]))
