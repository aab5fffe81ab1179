"""The commands."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from fairground_common.exits import EXIT_FAILED, refuse
from fairground_common.progress import end_showing, show
from fairground_deploy.acting import DEFAULT_URL, GatewayUrl, signed_in_admin
from fairground_deploy.options import AsJson

UserId = Annotated[
    int,
    typer.Argument(
        metavar="USER_ID", min=1, max=2**63 - 1, help="a number; `/api/admin/auth/users?query=NAME` finds it"
    ),
]


def erase(
    user_id: UserId,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be erased")] = False,
    is_sure: Annotated[bool, typer.Option("--yes", help="do not ask; who is no terminal is not asked")] = False,
    as_json: AsJson = False,
    url: GatewayUrl = DEFAULT_URL,
) -> None:
    """Erase who a player is: names, addresses, password, sessions, labels. What they played stays, under a number.

    **It cannot be undone.** They are out at once, and their username is free. Proofs, ledgers and everything
    `reconcile` compares stay right. Acts as ADMIN_USERNAME with ADMIN_PASSWORD.

    Ends with 1 when a service was away; the same command again completes it.

    For example:

        fairground erase 42 --dry-run
        fairground erase 42
    """
    from fairground_deploy.api import RefusedError
    from fairground_deploy.players.erasing import erase_player

    if not (dry_run or is_sure) and sys.stdin.isatty():
        typer.confirm(f"Erase player {user_id} for good?", abort=True, err=True)
    try:
        erased = erase_player(signed_in_admin(url), user_id, dry_run=dry_run, progress=show)
    except (RefusedError, OSError) as error:
        refuse(EXIT_FAILED, str(error))
    end_showing()
    typer.echo(json.dumps(erased.as_document(), indent=2) if as_json else erased.in_words())
    if erased.failed:
        sys.exit(EXIT_FAILED)


def export(
    user_id: UserId,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="written with mode 0600; - is standard output")],
    as_json: AsJson = False,
    url: GatewayUrl = DEFAULT_URL,
) -> None:
    """Write all that the product keeps of a player into one JSON file: for the player, or before erasing them.

    Logins, plays, receipts, ledger, fulfilments, XP, stamps, rewards, rankings: a list each, the oldest row first,
    however many there are. Acts as ADMIN_USERNAME with ADMIN_PASSWORD.

    What a service did not tell is named under `missing`, and the command ends with 1: run it again.

    For example:

        fairground export 42 --out player-42.json
    """
    from fairground_deploy.api import RefusedError
    from fairground_deploy.players.exporting import export_player, require_known

    try:
        admin = signed_in_admin(url)
        require_known(admin, user_id)
        with _written(out) as file:
            exported = export_player(admin, user_id, file, lambda name, rows: show(f"{name}: {rows:,}"))
    except (RefusedError, OSError) as error:
        refuse(EXIT_FAILED, str(error))
    end_showing()
    told = {"user_id": user_id, "file": str(out), "rows": dict(exported.rows), "missing": exported.missing}
    words = f"{sum(exported.rows.values()):,} rows of player {user_id} in {out}"
    typer.echo(json.dumps(told, indent=2) if as_json else words, err=str(out) == "-")
    for name, why in exported.missing.items():
        sys.stderr.write(f"{name} is missing: {why}\n")
    if exported.missing:
        sys.exit(EXIT_FAILED)


@contextmanager
def _written(out: Path) -> Iterator[TextIO]:
    """Yield a file that stands at its place when it is whole, readable by its owner alone."""
    if str(out) == "-":
        yield sys.stdout
        return
    part = out.with_name(f"{out.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600, exist_ok=False)
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
