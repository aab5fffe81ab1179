"""How every connection starts, whoever opens it: budgets, time zone, clock offset.

Every inner budget is below the outer one (client 10 s > gateway 8 s > route 5 s > statement 3 s > lock 0.7 s), so
that the innermost wait gives up first and says why.
"""

from datetime import timedelta

CONNECT_SECONDS = 3.0
COMMAND_SECONDS = 5.0
"""Bound of one command on the wire; above statement_timeout, it also covers a frozen server."""

LOCK_TIMEOUT = timedelta(milliseconds=700)
STATEMENT_TIMEOUT = timedelta(seconds=3)
IDLE_IN_TRANSACTION = timedelta(seconds=5)


def session_settings(application: str, clock_offset: timedelta = timedelta(0)) -> dict[str, str]:
    """Return the start-up parameters of a connection."""
    return {
        "application_name": application,
        "TimeZone": "UTC",
        "jit": "off",  # a play's statements are far too short for it (asyncpg #727)
        "lock_timeout": _milliseconds(LOCK_TIMEOUT),
        "statement_timeout": _milliseconds(STATEMENT_TIMEOUT),
        "idle_in_transaction_session_timeout": _milliseconds(IDLE_IN_TRANSACTION),
        "fairground.clock_offset": f"{clock_offset // timedelta(microseconds=1)} us",
    }


def _milliseconds(budget: timedelta) -> str:
    return str(budget // timedelta(milliseconds=1))
