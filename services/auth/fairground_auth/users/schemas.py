"""Users in requests and answers."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from fairground_auth.users import rules
from fairground_auth.users.rules import Role, Status, User

Username = Annotated[
    str,
    AfterValidator(rules.username_of),
    Field(description="3-32 of `[a-z0-9._-]` after NFKC and case folding.", examples=["mina.kim"]),
]
Password = Annotated[str, AfterValidator(rules.password_of), Field(description="8-128 characters.")]
Nickname = Annotated[str, AfterValidator(rules.nickname_of), Field(description="1-64 characters, as others see it.")]


class Registration(BaseModel):
    """Who wants to play."""

    model_config = ConfigDict(extra="forbid")

    username: Username
    password: Password
    nickname: Nickname | None = None


class Registered(BaseModel):
    """The new user."""

    user_id: int
    username: str
    nickname: str

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(user_id=user.id, username=user.username, nickname=user.nickname)


class Me(BaseModel):
    """The caller, as known now; their token may still carry former roles for up to 10 minutes."""

    user_id: int
    username: str
    nickname: str
    roles: list[Role]
    status: Status
    last_login_at: datetime | None

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(
            user_id=user.id,
            username=user.username,
            nickname=user.nickname,
            roles=list(user.roles),
            status=user.status,
            last_login_at=user.last_login_at,
        )
