"""What operators and admins do with users. Every change leaves its trace in the same transaction."""

from collections.abc import Sequence
from datetime import datetime

from fairground_auth.administration import rules
from fairground_auth.administration.errors import AdminPasswordDiffers
from fairground_auth.administration.rules import SHELL
from fairground_auth.parts import Parts
from fairground_auth.schema import audit_log
from fairground_auth.sessions import usecases as sessions
from fairground_auth.sessions.rules import End
from fairground_auth.users import usecases as users
from fairground_auth.users.errors import UsernameTaken
from fairground_auth.users.rules import Role, Status, User, roles_of
from fairground_common.db import Tx
from fairground_common.db.audit import audit


async def block_user(tx: Tx, *, by: int, user_id: int, reason: str | None, now: datetime) -> User:
    """Block a user and end their sessions; access tokens already out die within their 10 minutes.

    Raises UserNotFound, UserErased, LastAdmin, RoleMissing for an actor who is no admin any more.
    """
    user, admins = await users.lock_with_admins(tx, user_id)
    rules.refuse_former_admin(by, admins)
    rules.refuse_erased(user)
    if user.is_blocked:
        return user
    rules.refuse_losing_last_admin(user_id, admins)
    await sessions.end_sessions(tx, user_id=user_id, why=End.BLOCKED, now=now)
    return await _set_status(tx, user, Status.BLOCKED, by=by, reason=reason)


async def unblock_user(tx: Tx, *, by: int, user_id: int, reason: str | None) -> User:
    """Let a user log in again; ended sessions stay ended. Raises UserNotFound, UserErased, RoleMissing."""
    user, admins = await users.lock_with_admins(tx, user_id)
    rules.refuse_former_admin(by, admins)
    rules.refuse_erased(user)
    if not user.is_blocked:
        return user
    return await _set_status(tx, user, Status.ACTIVE, by=by, reason=reason)


async def set_roles(tx: Tx, *, by: int, user_id: int, roles: Sequence[Role]) -> User:
    """Replace a user's roles; tokens carry them from the next login or refresh on.

    Raises UserNotFound, UserErased, LastAdmin, RoleMissing.
    """
    user, admins = await users.lock_with_admins(tx, user_id)
    rules.refuse_former_admin(by, admins)
    rules.refuse_erased(user)
    if Role.ADMIN not in roles:
        rules.refuse_losing_last_admin(user_id, admins)
    return await _change_roles(tx, user, roles, by=by)


async def create_admin(parts: Parts, *, username: str, password: str) -> tuple[User, bool]:
    """Make somebody an admin who proves by the password that they are who they were: the same call twice is fine.

    Returns the user and whether anything changed. Raises AdminPasswordDiffers for a name with another password.
    """
    async with parts.db.read() as tx:
        known = await users.find_login(tx, username)
    if known is None:
        try:
            return await _add_admin(parts, username, password), True
        except UsernameTaken:  # by the same command in another process
            return await create_admin(parts, username=username, password=password)
    if not (await parts.passwords.check(password, known.password_hash)).matches:
        raise AdminPasswordDiffers
    async with parts.db.begin() as tx:
        user, _ = await users.lock_with_admins(tx, known.user_id)
        promoted = await _change_roles(tx, user, [*user.roles, Role.ADMIN], by=SHELL)
    return promoted, promoted != user


async def record_keys(tx: Tx, *, action: str, kid: str) -> None:
    """Leave a trace of what the command line did to a signing key."""
    await audit(tx, audit_log, by=SHELL, action=action, subject=f"key:{kid}")


async def _set_status(tx: Tx, user: User, status: Status, *, by: int, reason: str | None) -> User:
    await audit(
        tx,
        audit_log,
        by=by,
        action="USER_BLOCKED" if status is Status.BLOCKED else "USER_UNBLOCKED",
        subject=_subject(user),
        before={"status": user.status},
        after={"status": status, "reason": reason},
    )
    return await users.set_status(tx, user.id, status)


async def _change_roles(tx: Tx, user: User, roles: Sequence[Role], *, by: int) -> User:
    wanted = roles_of(roles)
    if wanted == user.roles:
        return user
    before, after = {"roles": list(user.roles)}, {"roles": list(wanted)}
    await audit(tx, audit_log, by=by, action="ROLES_CHANGED", subject=_subject(user), before=before, after=after)
    return await users.set_roles(tx, user.id, wanted)


async def _add_admin(parts: Parts, username: str, password: str) -> User:
    password_hash = await parts.passwords.hash(password)
    async with parts.db.begin() as tx:
        admin = await users.add_user(
            tx, username=username, password_hash=password_hash, nickname=username, roles=[Role.ADMIN]
        )
        after = {"username": username, "roles": list(admin.roles)}
        await audit(tx, audit_log, by=SHELL, action="ADMIN_CREATED", subject=_subject(admin), after=after)
        return admin


def _subject(user: User) -> str:
    return f"user:{user.id}"
