"""The command."""

import datetime
import json
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from fairground_common.exits import EXIT_FAILED, refuse
from fairground_common.progress import Progress, end_showing, keep_quiet, show
from fairground_deploy.acting import DEFAULT_URL, GatewayUrl, signed_in_admin
from fairground_deploy.options import AsJson

if TYPE_CHECKING:
    from fairground_deploy.reconcile.checks import Row
    from fairground_deploy.reconcile.dead import DeadPlays

DAYS = 7
"""Compared when no first day is named."""

PATIENCE_SECONDS = 30.0
METRICS_PORT = 8085

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
    as_json: AsJson = False,
    url: GatewayUrl = DEFAULT_URL,
) -> None:
    """Compare what the services keep: plays with XP, rewards with credits, stock, balances and progress with logs.

    The last 7 KST days, unless told otherwise. Acts as ADMIN_USERNAME with ADMIN_PASSWORD; dead letters are looked up
    where `fairground bus` would. Changes nothing. Ends with 1 and the rows when something does not read 0.

    For example:

        fairground reconcile
        fairground reconcile --from 2026-11-01 --to 2026-11-30 --json
    """
    from fairground_deploy.api import RefusedError
    from fairground_deploy.reconcile.dead import DeadPlays
    from fairground_deploy.reconcile.words import as_document, in_words

    dead = DeadPlays(os.environ)
    compare = partial(_compare, url, first, last, dead, patience)
    try:
        rows = compare(progress=show)
    except (RefusedError, OSError) as error:
        refuse(EXIT_FAILED, str(error))
    end_showing()
    if dead.unknown:
        sys.stderr.write(f"dead letters could not be looked at: {dead.unknown}\n")
    typer.echo(json.dumps(as_document(rows), indent=2) if as_json else in_words(rows))
    if not all(row.reads_zero for row in rows):
        sys.exit(EXIT_FAILED)


def _compare(
    url: str,
    first: datetime.datetime | None,
    last: datetime.datetime | None,
    dead: "DeadPlays",
    patience: float,
    *,
    progress: Progress,
) -> list["Row"]:
    from fairground_deploy.reconcile.books import read_today
    from fairground_deploy.reconcile.rounds import reconcile as reconcile_days

    admin = signed_in_admin(url)
    end = last.date() if last else read_today(admin)
    start = first.date() if first else end - datetime.timedelta(days=DAYS - 1)
    if end < start:
        raise typer.BadParameter("--to is earlier than --from")
    return reconcile_days(admin, start, end, dead, patience=patience, progress=progress)


def watch_books(
    every: Annotated[float, typer.Option("--every", min=0.1, metavar="SECONDS", help="pause between two rounds")] = 600,
    host: Annotated[str, typer.Option("--host", help="address of /metrics")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="port of /metrics")] = METRICS_PORT,
    url: GatewayUrl = DEFAULT_URL,
) -> None:
    """Compare what `reconcile` compares again and again, and tell Prometheus how the books stand."""
    from fairground_common.side_port import PortTaken, bound
    from fairground_common.telemetry import configure_logs
    from fairground_common.worker import run_worker
    from fairground_deploy.reconcile.dead import DeadPlays
    from fairground_deploy.reconcile.watch import watch

    configure_logs("books", "info")
    compare = partial(_compare, url, None, None, DeadPlays(os.environ), PATIENCE_SECONDS, progress=keep_quiet)
    try:
        listening = bound(host, port)
    except PortTaken as taken:
        refuse(taken.code, str(taken))
    run_worker(lambda: watch(compare, every=every, listening=listening))
