"""Who may act, and what must not happen."""

from collections.abc import Set as AbstractSet

from fairground_auth.administration.errors import LastAdmin
from fairground_auth.users.errors import UserErased
from fairground_auth.users.rules import User
from fairground_common.errors import RoleMissing

SHELL = 0
"""The acting user of the command line: somebody with a shell on the server."""


def refuse_former_admin(actor_id: int, admins: AbstractSet[int]) -> None:
    """Raise RoleMissing when the actor's token is older than their fall: they must not lift themselves up again."""
    if actor_id not in admins:
        raise RoleMissing("The role admin is needed.")


def refuse_erased(user: User) -> None:
    """Raise UserErased: there is nobody left to let in or to give roles."""
    if user.is_erased:
        raise UserErased


def refuse_losing_last_admin(user_id: int, admins: AbstractSet[int]) -> None:
    """Raise LastAdmin when nobody could administer after this user."""
    if admins == {user_id}:
        raise LastAdmin
