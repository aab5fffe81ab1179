"""A player on the wire, as operators see one."""

from typing import Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairground_auth.lookup.rules import PlayerView
from fairground_auth.sessions.rules import End
from fairground_auth.users.rules import Role, Status


class LoginOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    created_at: AwareDatetime
    ip: str | None = Field(description="Where it came from, as the gateway saw it; null for an erased player.")
    request_id: str | None


class SessionOut(BaseModel):
    """What one login has begun. It ends by itself at `expires_at`, or when nobody refreshes it for a week."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    created_at: AwareDatetime
    expires_at: AwareDatetime
    ended_at: AwareDatetime | None = Field(description="When it was ended before its time.")
    ended_because: End | None


class PlayerViewOut(BaseModel):
    """All that auth knows of a player; lists are newest first, at most 20 each."""

    user_id: int
    username: str
    nickname: str
    roles: list[Role]
    status: Status
    created_at: AwareDatetime
    last_login_at: AwareDatetime | None
    last_login_ip: str | None
    last_logins: list[LoginOut]
    last_sessions: list[SessionOut]

    @classmethod
    def of(cls, view: PlayerView) -> Self:
        return cls(
            user_id=view.user.id,
            username=view.user.username,
            nickname=view.user.nickname,
            roles=list(view.user.roles),
            status=view.user.status,
            created_at=view.user.created_at,
            last_login_at=view.user.last_login_at,
            last_login_ip=view.user.last_login_ip,
            last_logins=[LoginOut.model_validate(each) for each in view.last_logins],
            last_sessions=[SessionOut.model_validate(each) for each in view.last_sessions],
        )
