"""SQL of users and credentials."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, any_, delete, literal_column, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from fairground_auth.users.models import app_user, credential
from fairground_auth.users.rules import Login, Role, Status, User
from fairground_common.db import ReadTx, Tx


class UserReader:
    """Finds users; works in a read-only transaction."""

    def __init__(self, tx: ReadTx) -> None:
        self._tx = tx

    async def find(self, user_id: int) -> User | None:
        row = await self._tx.row(select(app_user).where(app_user.c.id == user_id))
        return None if row is None else _user(row)

    async def find_named(self, username: str) -> User | None:
        row = await self._tx.row(select(app_user).where(app_user.c.username == username))
        return None if row is None else _user(row)

    async def find_login(self, username: str) -> Login | None:
        statement = select(app_user.c.id, credential.c.password_hash, app_user.c.last_login_ip).join(credential)
        row = await self._tx.row(statement.where(app_user.c.username == username))
        return None if row is None else Login(row.id, row.password_hash, row.last_login_ip)

    async def list_matching(
        self, *, prefix: str, user_id: int | None, before: int | None, limit: int
    ) -> Sequence[User]:
        """Return users whose name starts so, or of this id, newest first."""
        statement = select(app_user).order_by(app_user.c.id.desc()).limit(limit)
        named = app_user.c.username.startswith(prefix, autoescape=True)
        statement = statement.where(named if user_id is None else or_(named, app_user.c.id == user_id))
        if before is not None:
            statement = statement.where(app_user.c.id < before)
        return await self._list(statement)

    async def _list(self, statement: Select[Any]) -> Sequence[User]:
        return [_user(row) for row in await self._tx.rows(statement)]


class UserRepository(UserReader):
    """Changes users."""

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx)
        self._tx: Tx = tx

    async def add(self, *, username: str, nickname: str, roles: Sequence[Role], password_hash: str) -> User | None:
        """Return the new user; None when the name is taken."""
        row = await self._tx.row(
            insert(app_user)
            .values(
                username=username,
                nickname=nickname,
                roles=list(roles),
                status=Status.ACTIVE,
                created_at=self._tx.now,
            )
            .on_conflict_do_nothing()
            .returning(app_user)
        )
        if row is None:
            return None
        await self._tx.execute(
            insert(credential).values(user_id=row.id, password_hash=password_hash, changed_at=self._tx.now)
        )
        return _user(row)

    async def note_login(self, user_id: int, ip: str) -> User | None:
        """Lock the user, write when and from where they came, and return them as they are now; None when blocked."""
        active = (app_user.c.id == user_id) & (app_user.c.status == Status.ACTIVE)
        statement = update(app_user).where(active).returning(app_user)
        row = await self._tx.row(statement.values(last_login_at=self._tx.now, last_login_ip=ip))
        return None if row is None else _user(row)

    async def renew_hash(self, former: Login, renewed: str) -> None:
        """Replace a hash by one of the same password; a password changed meanwhile stays."""
        await self._tx.execute(
            update(credential)
            .where(credential.c.user_id == former.user_id, credential.c.password_hash == former.password_hash)
            .values(password_hash=renewed, changed_at=self._tx.now)
        )

    async def lock_with_admins(self, user_id: int, *, to_rename: bool = False) -> Sequence[User]:
        """Lock a user and every admin, in the order of ids: two admins who act on one another take turns.

        Who is going to be renamed is locked for that: a login that has begun holds the user's key, and would be
        waited for later with its own wait for this lock.
        """
        is_admin = literal_column("'admin'") == any_(app_user.c.roles)  # as the partial index says it
        statement = select(app_user).where(or_(app_user.c.id == user_id, is_admin))
        return await self._list(statement.order_by(app_user.c.id).with_for_update(key_share=not to_rename))

    async def set_status(self, user_id: int, status: Status) -> User:
        return await self._change(user_id, status=status)

    async def set_roles(self, user_id: int, roles: Sequence[Role]) -> User:
        return await self._change(user_id, roles=list(roles))

    async def erase(self, user_id: int, name: str) -> int:
        """Leave a number, a name that says so, and no way in; return how many credentials there were."""
        await self._change(
            user_id,
            username=name,
            nickname=name,
            roles=[Role.PLAYER],
            status=Status.ERASED,
            last_login_at=None,
            last_login_ip=None,
        )
        gone = await self._tx.execute(delete(credential).where(credential.c.user_id == user_id))
        return gone.rowcount

    async def _change(self, user_id: int, **values: object) -> User:
        row = await self._tx.row(update(app_user).where(app_user.c.id == user_id).values(**values).returning(app_user))
        assert row is not None, "the caller holds the lock of this row"
        return _user(row)


def _user(row: Row[Any]) -> User:
    return User(
        id=row.id,
        username=row.username,
        nickname=row.nickname,
        roles=tuple(Role(role) for role in row.roles),
        status=Status(row.status),
        created_at=row.created_at,
        last_login_at=row.last_login_at,
        last_login_ip=row.last_login_ip,
    )
