"""`fairground`: everything a person does with the product from a shell.

Each command imports what it needs when it runs: starting one must not pay for the others.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from fairground_common.exits import EXIT_BAD_SETTING, EXIT_FAILED, refuse
from fairground_common.progress import end_showing, show
from fairground_deploy.acting import DEFAULT_URL, GatewayUrl, required_setting, signed_in_admin
from fairground_deploy.bus.cli import bus
from fairground_deploy.drills.cli import drill
from fairground_deploy.keys import keys
from fairground_deploy.options import AsJson, passed_on
from fairground_deploy.players.cli import erase, export
from fairground_deploy.reconcile.cli import reconcile, watch_books
from fairground_deploy.season.cli import season

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # the others break lines where the docstrings do
    help=f"""Run Fairground, deploy it, and look after it. Every command has a `--help` of its own.

    Those that act through the product sign in as ADMIN_USERNAME (`admin`) with ADMIN_PASSWORD at FAIRGROUND_URL
    ({DEFAULT_URL}). A command ends with 0 when all is well, 1 when something was refused or is wrong, 2 for a bad
    setting. `--json` is for programs.

    For example:

        fairground run                          the whole product, here
        fairground reconcile --from 2026-11-23  do the services agree
        fairground season rebuild               does progress add up
    """,
)

START, DEPLOY, LOOK_AFTER, PLAYERS = "Start", "Deploy", "Look after", "Players"

STARTED = time.monotonic()
"""Before anything heavy is imported: what the banner counts from."""


@app.command(rich_help_panel=START)
def run() -> None:
    """Run the whole product on this machine until Ctrl-C; settings as described in the README."""
    from fairground_deploy.local.run import main as run_until_signalled

    sys.exit(run_until_signalled(STARTED))


@app.command(rich_help_panel=DEPLOY)
def migrate(
    services: Annotated[
        list[str] | None,
        typer.Argument(metavar="SERVICE", help="auth, games, seasonpass, ranking; all when none is named"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring databases to their newest schema, and print the revision (`alembic_version`) each is at.

    The owner role migrates (`<SERVICE>_OWNER_DATABASE_URL`), the role of `<SERVICE>_DATABASE_URL` gets its rights. With
    `<SERVICE>_SUPERUSER_DATABASE_URL` roles and database are made first. Again changes nothing.

    For example:

        fairground migrate
        fairground migrate games
    """
    from fairground_common.db.migrate import DatabaseRefused, SettingMissing
    from fairground_common.db.migrate import migrate as migrate_one
    from fairground_deploy.services import DATABASE_SERVICES

    revisions = {}
    for service in services or DATABASE_SERVICES:
        if service not in DATABASE_SERVICES:
            refuse(EXIT_BAD_SETTING, f"there is no service {service!r}; there are {', '.join(DATABASE_SERVICES)}")
        try:
            revisions[service] = migrate_one(service, os.environ, show)
        except SettingMissing as missing:
            refuse(EXIT_BAD_SETTING, str(missing))
        except DatabaseRefused as refused:
            refuse(EXIT_FAILED, str(refused))
        end_showing()
        if not as_json:
            typer.echo(f"{service} {revisions[service]}")
    if as_json:
        typer.echo(json.dumps(revisions))


@app.command("check-migrations", rich_help_panel=DEPLOY)
def check_migrations() -> None:
    """Compare every service's models with its migrations, on a PostgreSQL of our own."""
    from fairground_deploy.migration_check import main as check_all

    sys.exit(check_all())


@app.command(rich_help_panel=DEPLOY)
def topology(as_json: AsJson = False) -> None:
    """Declare exchanges, queues and bindings on AMQP_URL (else tables on BUS_DATABASE_URL); again changes nothing."""
    from fairground_common.messaging import TOPOLOGY, BrokerAway
    from fairground_deploy.local.topology import declare_topology

    try:
        asyncio.run(declare_topology(os.environ))
    except ValueError as error:
        refuse(EXIT_BAD_SETTING, f"bad setting: {error}")
    except (BrokerAway, OSError) as error:
        refuse(EXIT_FAILED, f"the broker does not answer: {error}")
    queues = {queue: list(types) for queue, types in TOPOLOGY.types_by_queue.items()}
    typer.echo(json.dumps({"queues": queues}, indent=2) if as_json else "the topology is declared")


@app.command("broker-definitions", rich_help_panel=DEPLOY)
def broker_definitions(
    file: Annotated[Path, typer.Argument(help="written with mode 0644, for the broker alone")],
    as_json: AsJson = False,
) -> None:
    """Write RabbitMQ's users and their rights as it imports them at boot, from `<SERVICE>_BROKER_PASSWORD`."""
    from fairground_deploy.broker_users import ADMINISTRATOR, SERVICES, administrator, definitions, service_user

    names = {service: f"{service.upper()}_BROKER_PASSWORD" for service in SERVICES}
    users = [service_user(service, required_setting(name)) for service, name in names.items()]
    users.append(administrator(required_setting(f"{ADMINISTRATOR.upper()}_BROKER_PASSWORD")))
    file.write_text(definitions(users))
    told = {"users": [user.name for user in users], "file": str(file)}
    typer.echo(json.dumps(told, indent=2) if as_json else f"{len(users)} broker users in {file}")


@app.command("create-admin", rich_help_panel=START)
def create_admin(
    username: Annotated[str, typer.Option(help="3 to 32 of a-z, 0-9, dot, _ and -")] = "admin", as_json: AsJson = False
) -> None:
    """Make the first admin; the password comes from ADMIN_PASSWORD, auth's settings from the environment.

    Again with the same password changes nothing; another password is refused.

    For example:

        ADMIN_PASSWORD=… fairground create-admin --username mina
    """
    from fairground_auth.cli import main as auth

    auth(["create-admin", "--username", username, *passed_on(as_json=as_json)])


@app.command(rich_help_panel=START)
def demo(as_json: AsJson = False, url: GatewayUrl = DEFAULT_URL) -> None:
    """Set up something to play, as ADMIN_USERNAME with ADMIN_PASSWORD; again changes nothing.

    Says what it made: games, season, ranking, schedule. What was there already it leaves alone.
    """
    from datetime import timedelta

    from fairground_common.clock import Clock
    from fairground_deploy.api import RefusedError
    from fairground_deploy.demo import in_words, plant

    offset = timedelta(seconds=float(os.environ.get("CLOCK_OFFSET_SECONDS", "0")))
    try:
        made = plant(signed_in_admin(url), Clock(offset).today(), show)
    except (RefusedError, OSError) as error:
        refuse(EXIT_FAILED, str(error))
    end_showing()
    words = "\n".join(in_words(made)) or "the demo is there already"
    typer.echo(json.dumps({"made": made}, indent=2) if as_json else words)


app.add_typer(bus, rich_help_panel=LOOK_AFTER)
app.add_typer(season, rich_help_panel=LOOK_AFTER)
app.command(rich_help_panel=LOOK_AFTER)(reconcile)
app.command(rich_help_panel=LOOK_AFTER)(watch_books)
app.command(rich_help_panel=LOOK_AFTER)(drill)
app.add_typer(keys, rich_help_panel=LOOK_AFTER)
app.command(rich_help_panel=PLAYERS)(export)
app.command(rich_help_panel=PLAYERS)(erase)


def main() -> None:
    app()
