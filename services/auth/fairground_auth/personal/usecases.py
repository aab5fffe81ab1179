"""Erasing a person: what is left is a number that has played."""

from collections.abc import Mapping

from fairground_auth.administration import rules
from fairground_auth.personal import repository
from fairground_auth.schema import audit_log
from fairground_auth.sessions import usecases as sessions
from fairground_auth.throttle import usecases as throttle
from fairground_auth.users import usecases as users
from fairground_common.db import Tx
from fairground_common.db.audit import audit


async def erase_player(tx: Tx, *, by: int, user_id: int) -> Mapping[str, int]:
    """Erase a user's name, addresses, password and sessions, and return how much of each; again changes nothing.

    The username is free from then on: keeping it from others would mean to keep it. Raises UserNotFound, LastAdmin,
    RoleMissing for an actor who is no admin any more.
    """
    user, admins = await users.lock_with_admins(tx, user_id, to_rename=True)
    rules.refuse_former_admin(by, admins)
    rules.refuse_losing_last_admin(user_id, admins)
    erased = {
        "sessions": await sessions.forget_sessions(tx, user_id=user_id),
        "login_failures": await throttle.forget_account(tx, user.username),
        "addresses": await repository.forget_addresses(tx, user_id),
        "audited": await repository.forget_in_audit_log(tx, user_id),
        "user": 0 if user.is_erased else 1,
        "password": 0 if user.is_erased else await users.erase_user(tx, user_id),
    }
    if any(erased.values()):
        await audit(tx, audit_log, by=by, action="PLAYER_ERASED", subject=f"user:{user_id}", after=erased)
    return erased
