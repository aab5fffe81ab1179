"""Login, refresh, logout.

A password is hashed outside any transaction. Refreshes of one session take turns on its row; what a token is worth
is decided under that lock, and an alarm's revocation commits although the caller is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from fairground_auth.keys.ring import Signer
from fairground_auth.parts import Parts
from fairground_auth.schema import audit_log, user_event_log
from fairground_auth.sessions import rules
from fairground_auth.sessions.access_tokens import sign_access_token
from fairground_auth.sessions.errors import InvalidCredentials, InvalidRefreshToken, UserBlocked
from fairground_auth.sessions.repository import SessionReader, SessionRepository
from fairground_auth.sessions.rules import End, Family, PastSession, RefreshToken, Worth
from fairground_auth.settings import AuthSettings
from fairground_auth.throttle import usecases as throttle
from fairground_auth.throttle.rules import failed_logins
from fairground_auth.users import usecases as users
from fairground_auth.users.rules import User, fold
from fairground_common.db import ReadTx, Tx, UserEvent, log_user_events
from fairground_common.db.audit import audit
from fairground_common.ids import new_id

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login or refresh gives."""

    access_token: str
    refresh_token: str


async def log_in(parts: Parts, *, username: str, password: str, ip: str) -> Tokens:
    """Start a session.

    Raises InvalidCredentials (alike for an unknown user and a wrong password), UserBlocked only to who knows the
    password, TooManyAttempts, ServiceUnavailable when hashing has a full queue.
    """
    username = fold(username)
    async with parts.db.read() as tx:
        known = await users.find_login(tx, username)
        allowances = failed_logins(parts.settings, username, ip, home=known.last_login_ip if known else None)
        await throttle.refuse_exhausted(tx, allowances, now=parts.clock.now())
    verdict = await parts.passwords.check(password, known.password_hash if known else None)
    if known is None or not verdict.matches:
        async with parts.db.begin() as tx:
            await throttle.count(tx, allowances, now=parts.clock.now())
        raise InvalidCredentials
    signer = await parts.keys.signer()
    async with parts.db.begin() as tx:
        await throttle.refuse_exhausted(tx, allowances, now=parts.clock.now())
        if verdict.renewed_hash is not None:
            await users.renew_hash(tx, known, verdict.renewed_hash)
        refresh_token = await _start_session(tx, parts.settings, known.user_id, parts.clock.now())
        await log_user_events(tx, user_event_log, [UserEvent(known.user_id, rules.LOGIN, result={"ip": ip})])
        # Last, because it locks the user: a block either sees the session begun here, or is seen here.
        user = await users.note_login(tx, user_id=known.user_id, ip=ip)
        if user is None:
            raise UserBlocked
    return _tokens(parts, signer, user, refresh_token)


async def refresh(parts: Parts, *, refresh_token: str) -> Tokens:
    """Give the successor of a refresh token and a new access token. Raises InvalidRefreshToken."""
    signer = await parts.keys.signer()
    async with parts.db.begin() as tx:
        user = await _renew(tx, parts, refresh_token)
    if user is None:
        raise InvalidRefreshToken
    return _tokens(parts, signer, user, _successor(parts.settings, refresh_token))


async def log_out(parts: Parts, *, refresh_token: str) -> None:
    """End the session a token belongs to, used or not. Unknown tokens have none."""
    async with parts.db.begin() as tx:
        sessions = SessionRepository(tx)
        family = await sessions.lock_family_of(rules.hash_of(refresh_token))
        if family is not None:
            await sessions.revoke(family.id, End.LOGOUT, parts.clock.now())


async def end_sessions(tx: Tx, *, user_id: int, why: End, now: datetime) -> None:
    """End every session of a user."""
    await SessionRepository(tx).revoke_all_of(user_id, why, now)


async def forget_sessions(tx: Tx, *, user_id: int) -> int:
    """Leave no trace of a user's sessions; whoever holds a token of one has nothing. Return how many there were."""
    return await SessionRepository(tx).forget_all_of(user_id)


async def list_sessions(tx: ReadTx, *, user_id: int, limit: int) -> Sequence[PastSession]:
    """Return a user's last sessions, newest first, however they ended."""
    return await SessionReader(tx).list_of(user_id, limit=limit)


async def forget_expired(tx: Tx, *, now: datetime) -> None:
    """Delete what can never be used again."""
    await SessionRepository(tx).forget_expired(now)


async def _start_session(tx: Tx, settings: AuthSettings, user_id: int, now: datetime) -> str:
    token = rules.new_token()
    ends_at = now + timedelta(seconds=settings.refresh_absolute_seconds)
    first = RefreshToken(rules.hash_of(token), _idle_end(settings, now), used_at=None)
    await SessionRepository(tx).add(Family(new_id(), user_id, ends_at, revoked_at=None), first, now=now)
    return token


async def _renew(tx: Tx, parts: Parts, token: str) -> User | None:
    """Do with a token what it is worth, and return whose it is; None when it is worth nothing."""
    sessions, now = SessionRepository(tx), parts.clock.now()
    token_hash, next_hash = rules.hash_of(token), rules.hash_of(_successor(parts.settings, token))
    family = await sessions.lock_family_of(token_hash)
    if family is None:
        return None
    found = await sessions.read_tokens(token_hash, next_hash)
    grace = timedelta(seconds=parts.settings.refresh_grace_seconds)
    worth = rules.worth_of(found[token_hash], found.get(next_hash), family, now=now, grace=grace)
    user = await users.get_user(tx, family.user_id)
    if worth is Worth.ALARM:
        await _raise_alarm(tx, family, now)
    if worth in {Worth.ALARM, Worth.NOTHING} or not user.may_come_in:
        return None
    if worth is Worth.ROTATE:
        await sessions.mark_used(token_hash, now)
        await sessions.add_token(next_hash, family.id, now=now, expires_at=_idle_end(parts.settings, now))
    return user


async def _raise_alarm(tx: Tx, family: Family, now: datetime) -> None:
    log.warning("a used refresh token came again; its session is ended", user_id=family.user_id, session=family.id)
    await SessionRepository(tx).revoke(family.id, End.REPLAY, now)
    alarm = UserEvent(family.user_id, "AUTH_REFRESH_REPLAYED", result={"session": str(family.id)})
    await log_user_events(tx, user_event_log, [alarm])
    # Done by whoever holds a token of this user, the thief or the player: nobody can tell which.
    subject, after = f"user:{family.user_id}", {"session": str(family.id)}
    await audit(tx, audit_log, by=family.user_id, action="SESSION_REPLAYED", subject=subject, after=after)


def _tokens(parts: Parts, signer: Signer, user: User, refresh_token: str) -> Tokens:
    access_token = sign_access_token(signer, parts.settings, user_id=user.id, roles=user.roles, now=parts.clock.now())
    return Tokens(access_token=access_token, refresh_token=refresh_token)


def _successor(settings: AuthSettings, token: str) -> str:
    return rules.successor_of(token, settings.refresh_key.get_secret_value())


def _idle_end(settings: AuthSettings, now: datetime) -> datetime:
    return now + timedelta(seconds=settings.refresh_idle_seconds)
