"""What happens to users."""

from collections.abc import Sequence

from fairground_auth.parts import Parts
from fairground_auth.throttle import usecases as throttle
from fairground_auth.throttle.rules import registrations
from fairground_auth.users import rules
from fairground_auth.users.errors import UsernameTaken, UserNotFound
from fairground_auth.users.repository import UserReader, UserRepository
from fairground_auth.users.rules import Login, Role, Status, User
from fairground_common.db import ReadTx, Tx


async def register(parts: Parts, *, username: str, password: str, nickname: str, ip: str) -> User:
    """Make a player. Raises UsernameTaken, TooManyAttempts, or ServiceUnavailable when hashing has a full queue."""
    async with parts.db.begin() as tx:
        await throttle.count(tx, registrations(parts.settings, ip), now=parts.clock.now())
        taken = await UserReader(tx).find_named(username) is not None
    if taken:
        raise UsernameTaken
    password_hash = await parts.passwords.hash(password)
    async with parts.db.begin() as tx:
        return await add_user(tx, username=username, password_hash=password_hash, nickname=nickname)


async def add_user(tx: Tx, *, username: str, password_hash: str, nickname: str, roles: Sequence[Role] = ()) -> User:
    """Make a user. Raises UsernameTaken: the name's unique constraint has the last word."""
    user = await UserRepository(tx).add(
        username=username, nickname=nickname, roles=rules.roles_of(roles), password_hash=password_hash
    )
    if user is None:
        raise UsernameTaken
    return user


async def get_user(tx: ReadTx, user_id: int) -> User:
    """Return a user. Raises UserNotFound."""
    user = await UserReader(tx).find(user_id)
    if user is None:
        raise UserNotFound
    return user


async def find_user_named(tx: ReadTx, username: str) -> User | None:
    return await UserReader(tx).find_named(username)


async def find_login(tx: ReadTx, username: str) -> Login | None:
    """Return what a login is checked against, by folded username; None when nobody is, or can be, called so."""
    try:
        return await UserReader(tx).find_login(rules.username_of(username))
    except ValueError:
        return None


async def search_users(tx: ReadTx, *, query: str, before: int | None, limit: int) -> Sequence[User]:
    """Return users whose name starts with the query, or whose id it is, newest first; an empty query finds all."""
    prefix = rules.fold(query.strip())
    user_id = int(prefix) if prefix.isascii() and prefix.isdigit() and int(prefix) <= rules.LARGEST_ID else None
    if "\x00" in prefix:
        return []
    return await UserReader(tx).list_matching(prefix=prefix, user_id=user_id, before=before, limit=limit)


async def note_login(tx: Tx, *, user_id: int, ip: str) -> User | None:
    """Write a login down and return the user, locked and with the roles of the moment; None when they are blocked."""
    return await UserRepository(tx).note_login(user_id, ip)


async def renew_hash(tx: Tx, former: Login, renewed: str) -> None:
    """Keep a hash made with today's parameters instead of an older one of the same password."""
    await UserRepository(tx).renew_hash(former, renewed)


async def lock_with_admins(tx: Tx, user_id: int, *, to_rename: bool = False) -> tuple[User, frozenset[int]]:
    """Return a locked user and the ids of all who act as admins, locked too. Raises UserNotFound."""
    locked = {user.id: user for user in await UserRepository(tx).lock_with_admins(user_id, to_rename=to_rename)}
    if user_id not in locked:
        raise UserNotFound
    return locked[user_id], frozenset(user.id for user in locked.values() if user.is_acting_admin)


async def set_status(tx: Tx, user_id: int, status: Status) -> User:
    return await UserRepository(tx).set_status(user_id, status)


async def set_roles(tx: Tx, user_id: int, roles: Sequence[Role]) -> User:
    return await UserRepository(tx).set_roles(user_id, rules.roles_of(roles))


async def erase_user(tx: Tx, user_id: int) -> int:
    """Leave nothing of a locked user but the number; return how many credentials went."""
    return await UserRepository(tx).erase(user_id, rules.name_of_erased(user_id))
