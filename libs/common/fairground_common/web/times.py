"""Days and moments as clients write them: ISO 8601, and no number, which pydantic reads as seconds since 1970."""

import datetime
import re
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:", re.ASCII)


def _iso_day(value: object) -> object:
    if isinstance(value, datetime.date) or (isinstance(value, str) and _ISO_DAY.match(value)):
        return value
    raise ValueError("a day is written YYYY-MM-DD")


def _iso_moment(value: object) -> object:
    if isinstance(value, datetime.datetime) or (isinstance(value, str) and _ISO_MOMENT.match(value)):
        return value
    raise ValueError("a moment is written YYYY-MM-DDTHH:MM:SS+HH:MM")


Day = Annotated[datetime.date, BeforeValidator(_iso_day)]
"""A KST day in a path, query or body."""

Moment = Annotated[AwareDatetime, BeforeValidator(_iso_moment)]
"""A moment with its offset from UTC, in a query."""
