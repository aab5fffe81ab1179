"""``python -m fairground_games.cli``: what somebody with a shell does to the games.

    resend --from DAY --to DAY [--json]     say the plays of these KST days again (`games.play_settled`)

It needs GAMES_DATABASE_URL. Exit codes: 0 done, 1 refused, 2 a bad setting or argument.
"""

import argparse
import asyncio
import datetime
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from fairground_common.db import is_infrastructure_trouble, open_pool
from fairground_common.errors import FairgroundError
from fairground_common.exits import EXIT_BAD_SETTING, EXIT_FAILED, refuse
from fairground_common.progress import end_showing, show
from fairground_games.plays.resend import resend

DATABASE_URL = "GAMES_DATABASE_URL"


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    url = os.environ.get(DATABASE_URL)
    if not url:
        refuse(EXIT_BAD_SETTING, f"bad setting {DATABASE_URL}: it is not set")
    try:
        said = asyncio.run(_resend(url, chosen.first, chosen.last))
    except FairgroundError as refusal:
        refuse(EXIT_FAILED, f"{refusal.code}: {refusal.detail}")
    except Exception as error:
        if not is_infrastructure_trouble(error):
            raise
        _refuse_database(error)
    end_showing()
    sys.stdout.write(f"{json.dumps({'plays': said}) if chosen.json else f'{said:,} plays will be said again'}\n")


async def _resend(url: str, first: datetime.date, last: datetime.date) -> int:
    offset = datetime.timedelta(seconds=float(os.environ.get("CLOCK_OFFSET_SECONDS", "0")))
    pool = await open_pool(url, application="games-resend", size=1, clock_offset=offset)
    try:
        return await resend(pool, first, last, progress=_count)
    finally:
        await pool.close()


def _count(plays: int) -> None:
    show(f"{plays:,} plays")


def _refuse_database(error: Exception) -> NoReturn:
    refuse(EXIT_FAILED, f"the database of {DATABASE_URL} does not answer: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fairground_games.cli", description="Administration with a shell.")
    commands = parser.add_subparsers(required=True)
    again = commands.add_parser("resend", help="say the plays of some days again; who has counted one ignores it")
    day = datetime.date.fromisoformat
    again.add_argument("--from", dest="first", metavar="DAY", type=day, required=True, help="KST day, YYYY-MM-DD")
    again.add_argument("--to", dest="last", metavar="DAY", type=day, required=True, help="included")
    again.add_argument("--json", action="store_true", help="say it in JSON")
    return parser


if __name__ == "__main__":
    main()
