"""Administration in requests and answers."""

from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta
from pydantic import BaseModel, ConfigDict, Field

from fairground_auth.users.rules import LARGEST_ID, Role, Status, User

Position = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
"""What a cursor holds: the id the last page ended with."""


class Reason(BaseModel):
    """Why, for the trace."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(None, max_length=500, pattern=r"^[^\x00]*$")


class Roles(BaseModel):
    """The roles a user shall have; player needs not be named."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Role] = Field(max_length=len(Role))


class UserView(BaseModel):
    """A user as operators see one."""

    user_id: int
    username: str
    nickname: str
    roles: list[Role]
    status: Status
    created_at: datetime
    last_login_at: datetime | None
    last_login_ip: str | None

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            user_id=user.id,
            username=user.username,
            nickname=user.nickname,
            roles=list(user.roles),
            status=user.status,
            created_at=user.created_at,
            last_login_at=user.last_login_at,
            last_login_ip=user.last_login_ip,
        )


class UserPage(BaseModel):
    """Users, newest first; ``next_cursor`` is null at the end."""

    items: list[UserView]
    next_cursor: str | None
