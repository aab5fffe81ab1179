"""`make run`: bring the product up, say how to play, keep it up, take it down."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping

from fairground_common.settings import load_settings
from fairground_deploy.local.banner import banner
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.product import Product
from fairground_deploy.local.ready import refuse_ended
from fairground_deploy.local.seeding import seed
from fairground_deploy.local.settings import LocalSettings
from fairground_deploy.local.supervisor import Supervisor

EXIT_FAILED = 1
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(started: float) -> int:
    """Run until a signal; return the exit code. A failure is told in one message, without a traceback.

    `started` is the monotonic time the command was given at.
    """
    settings = load_settings(LocalSettings)
    try:
        asyncio.run(_until_signalled(settings, os.environ, started))
    except LocalRunError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    return 0


async def _until_signalled(settings: LocalSettings, environ: Mapping[str, str], started: float) -> None:
    running = asyncio.create_task(_run(settings, environ, started))
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        say("stopped")


async def _run(settings: LocalSettings, environ: Mapping[str, str], started: float) -> None:
    async with Product.running(settings, environ, say) as product:
        await seed(product, say)
        refuse_ended(product.processes.values())
        print(banner(product, seconds=time.monotonic() - started), flush=True)
        try:
            await Supervisor({**product.parts.running, **product.processes}, say=say).run()
        finally:
            say("stopping")


def say(line: str) -> None:
    """Tell the person at the terminal what just happened."""
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)
