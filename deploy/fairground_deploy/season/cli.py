"""The commands of `fairground season`."""

import json
import sys
from typing import Annotated

import typer

from fairground_common.exits import EXIT_FAILED, refuse
from fairground_common.progress import end_showing, show
from fairground_deploy.acting import DEFAULT_URL, GatewayUrl, signed_in_admin
from fairground_deploy.options import AsJson

season = typer.Typer(
    name="season", no_args_is_help=True, rich_markup_mode="markdown", help="Look after seasons of the season pass."
)


@season.callback()
def group() -> None:
    """Look after seasons of the season pass."""


@season.command()
def rebuild(
    season_id: Annotated[
        int | None, typer.Option("--season", help="its id; without it all seasons players have seen")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="mend what differs; without it nothing is changed")] = False,
    as_json: AsJson = False,
    url: GatewayUrl = DEFAULT_URL,
) -> None:
    """Compare every player's progress with the logs it is the sum of, and say what differs.

    Acts as ADMIN_USERNAME with ADMIN_PASSWORD, and may run while players play. Ends with 1 when a difference is left.

    For example:

        fairground season rebuild
        fairground season rebuild --season 3 --apply
    """
    from fairground_deploy.api import RefusedError
    from fairground_deploy.season.rebuild import in_words, rebuild_seasons

    try:
        rebuilt = rebuild_seasons(signed_in_admin(url), season_id, apply=apply, progress=_count)
    except (RefusedError, OSError) as error:
        refuse(EXIT_FAILED, str(error))
    end_showing()
    if as_json:
        typer.echo(json.dumps({"seasons": [each.as_json() for each in rebuilt]}, indent=2))
    else:
        typer.echo("\n".join(line for each in rebuilt for line in in_words(each)) or "no season to look at")
    if any(each.differences for each in rebuilt):
        sys.exit(EXIT_FAILED)


def _count(season_name: str, players: int) -> None:
    show(f"{season_name}: {players:,} players")
