"""Days as clients write them."""

import datetime
import re
from typing import Annotated

from pydantic import BeforeValidator

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


def _iso_day(value: object) -> object:
    if isinstance(value, datetime.date) or (isinstance(value, str) and _ISO_DAY.match(value)):
        return value
    raise ValueError("a day is written YYYY-MM-DD")


Day = Annotated[datetime.date, BeforeValidator(_iso_day)]
"""A KST day in a path, query or body. Numbers, which pydantic would read as seconds since 1970, are refused."""
