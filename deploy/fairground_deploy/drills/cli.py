"""`fairground drill`."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fairground_common.exits import EXIT_BAD_SETTING, EXIT_FAILED, refuse

NAMES = ("switch", "keys", "broker", "outbox", "poison", "rollback", "restore")


def drill(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help=f"{', '.join(NAMES)}; all when none is named")
    ] = None,
) -> None:
    """Practise what the runbook says, on a product of its own that is thrown away.

    Each drill makes a trouble, shows what somebody on duty sees of it, does the steps of its section of
    docs/runbook.md, and ends with books that agree. Needs PostgreSQL and RabbitMQ as `fairground run` finds them.
    Ends with 1 and one line when something is not as the runbook says.

    For example:

        fairground drill broker outbox
        fairground drill
    """
    from fairground_deploy.drills.failed import DrillFailed
    from fairground_deploy.local.failures import LocalRunError

    chosen = names or list(NAMES)
    for name in chosen:
        if name not in NAMES:
            refuse(EXIT_BAD_SETTING, f"there is no drill {name!r}; there are {', '.join(NAMES)}")
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL may run as another user
        try:
            asyncio.run(_all(chosen, Path(folder)))
        except (DrillFailed, LocalRunError) as failed:
            refuse(EXIT_FAILED, str(failed))


async def _all(names: Sequence[str], folder: Path) -> None:
    """One product for all that need a running one; the restore has its own server."""
    from fairground_deploy.drills import restore
    from fairground_deploy.drills.ground import Ground
    from fairground_deploy.drills.on_ground import DRILLS

    on_the_ground = [name for name in names if name in DRILLS]
    if on_the_ground:
        async with Ground.running(folder / "product", typer.echo) as ground:
            for name in on_the_ground:
                typer.echo(f"== {name}")
                await DRILLS[name](ground)
    if "restore" in names:
        typer.echo("== restore")
        typer.echo(str(await restore.drill(folder)))
    typer.echo(f"as the runbook says: {', '.join(names)}")
