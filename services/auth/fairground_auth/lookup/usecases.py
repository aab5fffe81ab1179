"""Looking a player up."""

from fairground_auth.lookup import repository
from fairground_auth.lookup.rules import PlayerView
from fairground_auth.sessions import usecases as sessions
from fairground_auth.users import usecases as users
from fairground_common.db import ReadTx

LAST = 20
"""Logins and sessions shown of a player."""


async def look_up_player(tx: ReadTx, user_id: int) -> PlayerView:
    """Return what auth knows of a player. Raises UserNotFound."""
    return PlayerView(
        user=await users.get_user(tx, user_id),
        last_logins=await repository.list_logins(tx, user_id, limit=LAST),
        last_sessions=await sessions.list_sessions(tx, user_id=user_id, limit=LAST),
    )
