"""The command."""

import datetime
import json
import os
import sys
from typing import Annotated

import typer

from fairground_common.exits import EXIT_FAILED, refuse
from fairground_deploy.acting import DEFAULT_URL, GatewayUrl, signed_in_admin

DAYS = 7
"""Compared when no first day is named."""

PATIENCE_SECONDS = 30.0

_DAY = ["%Y-%m-%d"]


def reconcile(
    first: Annotated[
        datetime.datetime | None, typer.Option("--from", formats=_DAY, metavar="DAY", help="KST day")
    ] = None,
    last: Annotated[
        datetime.datetime | None, typer.Option("--to", formats=_DAY, metavar="DAY", help="included; else today")
    ] = None,
    patience: Annotated[
        float, typer.Option("--wait", min=0, metavar="SECONDS", help="for events that are on their way")
    ] = PATIENCE_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="say it in JSON")] = False,
    url: GatewayUrl = DEFAULT_URL,
) -> None:
    """Compare what the services keep: plays with XP, rewards with credits, stock, balances and progress with logs.

    The last 7 KST days, unless told otherwise. Acts as ADMIN_USERNAME with ADMIN_PASSWORD; dead letters are looked up
    where `fairground bus` would. Changes nothing. Ends with 1 and the rows when something does not read 0.
    """
    from fairground_deploy.api import RefusedError
    from fairground_deploy.reconcile.books import read_today
    from fairground_deploy.reconcile.dead import DeadPlays
    from fairground_deploy.reconcile.rounds import reconcile as reconcile_days
    from fairground_deploy.reconcile.words import as_document, in_words

    dead = DeadPlays(os.environ)
    try:
        admin = signed_in_admin(url)
        end = last.date() if last else read_today(admin)
        start = first.date() if first else end - datetime.timedelta(days=DAYS - 1)
        if end < start:
            raise typer.BadParameter("--to is earlier than --from")
        rows = reconcile_days(admin, start, end, dead, patience=patience, progress=_show)
    except (RefusedError, OSError) as error:
        refuse(EXIT_FAILED, str(error))
    if dead.unknown:
        sys.stderr.write(f"dead letters could not be looked at: {dead.unknown}\n")
    typer.echo(json.dumps(as_document(rows), indent=2) if as_json else in_words(rows))
    if not all(row.reads_zero for row in rows):
        sys.exit(EXIT_FAILED)


def _show(doing: str) -> None:
    """Show how far it is, to a person only; the answer itself goes to standard output."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{doing}\033[K")
