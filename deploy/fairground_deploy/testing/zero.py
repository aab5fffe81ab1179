"""What a suite of the whole product must leave behind: services that keep one story.

The operators' view, as `fairground reconcile` has it: all players at once, whoever played and whatever was killed.
"""

import datetime

from fairground_common.progress import keep_quiet
from fairground_common.tallies import Tally
from fairground_common.testing.books_differ import BooksDiffer
from fairground_deploy.api import Api
from fairground_deploy.reconcile.books import read_today
from fairground_deploy.reconcile.checks import Row
from fairground_deploy.reconcile.rounds import reconcile
from fairground_deploy.reconcile.words import in_words

SETTLE_SECONDS = 150.0
"""A reward nobody has confirmed is sent again after a minute, and then after two."""


def require_zero(admin: Api, *, patience: float = SETTLE_SECONDS) -> list[Row]:
    """Compare yesterday's and today's books and all there is now, and wait for what is on its way.

    A play that lies among the dead letters is lost here: no trouble a suite makes may bury one for good. Returns
    the rows. Raises BooksDiffer with all of them when one does not read 0.
    """
    today = read_today(admin)
    yesterday = today - datetime.timedelta(days=1)  # a suite may have begun before midnight
    rows = reconcile(admin, yesterday, today, _none_dead, patience=patience, progress=keep_quiet)
    if not all(row.reads_zero for row in rows):
        raise BooksDiffer(in_words(rows))
    return rows


def _none_dead(_day: datetime.date) -> Tally:
    return Tally()
