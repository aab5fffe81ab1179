"""`fairground`: run the product here, migrate, declare the topology, make the first admin, plant the demo, seasons.

Each command imports what it needs when it runs: starting one must not pay for the others.
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from fairground_common.exits import EXIT_BAD_SETTING, EXIT_FAILED, refuse
from fairground_deploy.acting import DEFAULT_URL, GatewayUrl, required_setting, signed_in_admin
from fairground_deploy.bus.cli import bus
from fairground_deploy.keys import keys
from fairground_deploy.reconcile.cli import reconcile
from fairground_deploy.season.cli import season

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # the others break lines where the docstrings do
    help=__doc__,
)
app.add_typer(bus)
app.add_typer(season)
app.add_typer(keys)
app.command()(reconcile)

STARTED = time.monotonic()
"""Before anything heavy is imported: what the banner counts from."""


@app.command()
def run() -> None:
    """Run the whole product on this machine until Ctrl-C; settings as described in the README."""
    from fairground_deploy.local.run import main as run_until_signalled

    sys.exit(run_until_signalled(STARTED))


@app.command()
def migrate(
    services: Annotated[list[str] | None, typer.Argument(help="all of them when none is named")] = None,
) -> None:
    """Bring databases to their newest schema: `<SERVICE>_OWNER_DATABASE_URL` and `<SERVICE>_DATABASE_URL`.

    With `<SERVICE>_SUPERUSER_DATABASE_URL` roles and database are made first.
    """
    from fairground_common.db.migrate import DatabaseRefused, SettingMissing
    from fairground_common.db.migrate import migrate as migrate_one
    from fairground_deploy.services import DATABASE_SERVICES

    for service in services or DATABASE_SERVICES:
        if service not in DATABASE_SERVICES:
            refuse(EXIT_BAD_SETTING, f"there is no service {service!r}; there are {', '.join(DATABASE_SERVICES)}")
        try:
            typer.echo(f"{service} {migrate_one(service, os.environ)}")
        except SettingMissing as missing:
            refuse(EXIT_BAD_SETTING, str(missing))
        except DatabaseRefused as refused:
            refuse(EXIT_FAILED, str(refused))


@app.command("check-migrations")
def check_migrations() -> None:
    """Compare every service's models with its migrations, on a PostgreSQL of our own."""
    from fairground_deploy.migration_check import main as check_all

    sys.exit(check_all())


@app.command()
def topology() -> None:
    """Declare exchanges, queues and bindings on AMQP_URL (else tables on BUS_DATABASE_URL); again changes nothing."""
    from fairground_common.messaging import BrokerAway
    from fairground_deploy.local.topology import declare_topology

    try:
        asyncio.run(declare_topology(os.environ))
    except ValueError as error:
        refuse(EXIT_BAD_SETTING, f"bad setting: {error}")
    except (BrokerAway, OSError) as error:
        refuse(EXIT_FAILED, f"the broker does not answer: {error}")
    typer.echo("the topology is declared")


@app.command("broker-definitions")
def broker_definitions(
    file: Annotated[Path, typer.Argument(help="written with mode 0644, for the broker alone")],
) -> None:
    """Write RabbitMQ's users and their rights as it imports them at boot, from `<SERVICE>_BROKER_PASSWORD`."""
    from fairground_deploy.broker_users import ADMINISTRATOR, SERVICES, administrator, definitions, service_user

    names = {service: f"{service.upper()}_BROKER_PASSWORD" for service in SERVICES}
    users = [service_user(service, required_setting(name)) for service, name in names.items()]
    users.append(administrator(required_setting(f"{ADMINISTRATOR.upper()}_BROKER_PASSWORD")))
    file.write_text(definitions(users))
    typer.echo(f"{len(users)} broker users in {file}")


@app.command("create-admin")
def create_admin(username: str = "admin") -> None:
    """Make the first admin; the password comes from ADMIN_PASSWORD, auth's settings from the environment."""
    from fairground_auth.cli import main as auth

    auth(["create-admin", "--username", username])


@app.command()
def demo(url: GatewayUrl = DEFAULT_URL) -> None:
    """Set up something to play, as ADMIN_USERNAME with ADMIN_PASSWORD; again changes nothing."""
    from datetime import timedelta

    from fairground_common.clock import Clock
    from fairground_deploy.api import RefusedError
    from fairground_deploy.demo import plant

    offset = timedelta(seconds=float(os.environ.get("CLOCK_OFFSET_SECONDS", "0")))
    try:
        plant(signed_in_admin(url), Clock(offset).today(), typer.echo)
    except (RefusedError, OSError) as error:
        refuse(EXIT_FAILED, str(error))


def main() -> None:
    app()
