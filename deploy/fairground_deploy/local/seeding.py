"""The first admin and the demo of a local run."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

from fairground_common.clock import Clock
from fairground_common.embedded import Order
from fairground_common.embedded.children import run_to_end
from fairground_deploy.api import Api, RefusedError
from fairground_deploy.demo import in_words, plant
from fairground_deploy.local.failures import LocalRunError
from fairground_deploy.local.product import Product

Say = Callable[[str], None]

_UNKNOWN = "INVALID_CREDENTIALS"


async def seed(product: Product, say: Say) -> None:
    """Make sure the first admin exists and there is something to play today; again changes nothing."""
    try:
        admin = await asyncio.to_thread(sign_in_first_admin, product)
        today = Clock(timedelta(seconds=product.settings.clock_offset_seconds)).today()
        for line in in_words(await asyncio.to_thread(plant, admin, today)):
            say(line)
    except (RefusedError, OSError) as error:
        raise LocalRunError(f"the demo cannot be set up: {error}") from error


def sign_in_first_admin(product: Product) -> Api:
    """Sign in as the first admin, who is made when there is none yet."""
    admin = product.admin
    try:
        return Api.signed_in(product.gateway_url, admin.username, admin.password)
    except RefusedError as refused:
        if refused.reply.code != _UNKNOWN:
            raise
    create_first_admin(product)
    return Api.signed_in(product.gateway_url, admin.username, admin.password)


def create_first_admin(product: Product) -> None:
    """As anybody with a shell would: with auth's own command, in auth's own environment."""
    environ = {**os.environ, **product.processes["auth"].environ, "ADMIN_PASSWORD": product.admin.password}
    command = [sys.executable, "-m", "fairground_auth.cli", "create-admin", "--username", product.admin.username]
    try:
        run_to_end(Order(command, environ))
    except subprocess.CalledProcessError as failed:
        raise LocalRunError(f"the first admin cannot be made: {failed.output.strip()}") from None
