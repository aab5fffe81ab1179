"""No login, refresh or search reads a whole table, however many have signed up.

The questions are asked as the service asks them, of filled tables; what is looked at is the plan PostgreSQL makes.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from fairground_auth.lookup.repository import list_logins
from fairground_auth.schema import audit_log
from fairground_auth.sessions.repository import SessionRepository
from fairground_auth.sessions.rules import End
from fairground_auth.throttle.repository import add_one, list_counts
from fairground_auth.throttle.rules import Allowance
from fairground_auth.users.repository import UserRepository
from fairground_common.db import Db, Tx
from fairground_common.db.audit import Wanted, list_acts
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing.plans import asking, explained, grown

GROWING = {
    "app_user",
    "credential",
    "refresh_family",
    "refresh_token",
    "throttle",
    "audit_log",
    "user_event_log_default",
}
ALLOWANCES = [Allowance("login_account_network", "player77", 10, timedelta(minutes=15))]

FILL = """
INSERT INTO app_user (username, nickname, roles, status, created_at)
SELECT 'player' || n, 'n', CASE n WHEN 1 THEN ARRAY['admin', 'player'] ELSE ARRAY['player'] END, 'ACTIVE', now()
FROM generate_series(1, 20000) AS n;
INSERT INTO credential (user_id, password_hash, changed_at) SELECT id, 'hash', now() FROM app_user;
INSERT INTO refresh_family (id, user_id, created_at, expires_at)
SELECT lpad(id::text, 32, '0')::uuid, id, now(), now() + id * interval '1 minute' FROM app_user;
INSERT INTO refresh_token (token_hash, family_id, created_at, expires_at)
SELECT sha256(int8send(user_id)), id, created_at, expires_at FROM refresh_family;
INSERT INTO throttle (scope, key, times, window_ends_at)
SELECT 'login_account_network', 'player' || n, 1, now() + n * interval '1 minute' FROM generate_series(1, 20000) AS n;
INSERT INTO audit_log (created_at, user_id, action, subject)
SELECT now(), n % 9, 'USER_BLOCKED', 'user:' || n FROM generate_series(1, 20000) AS n;
INSERT INTO user_event_log (created_at, user_id, action, result)
SELECT timestamptz '2020-01-01' + n * interval '1 minute', n % 500, 'AUTH_LOGIN', '{}'
FROM generate_series(1, 20000) AS n;
"""

QUESTIONS: dict[str, tuple[Callable[[Tx], Awaitable[object]], set[str]]] = {
    "who logs in": (lambda tx: UserRepository(tx).find_login("player77"), {"pk_credential"}),
    "how often that was tried": (lambda tx: list_counts(tx, ALLOWANCES), {"pk_throttle"}),
    "noting a login": (lambda tx: UserRepository(tx).note_login(77, "127.0.0.1"), {"pk_app_user"}),
    "the session of a refresh": (
        lambda tx: SessionRepository(tx).lock_family_of(b"\0"),
        {"pk_refresh_token", "pk_refresh_family"},
    ),
    "tokens of a refresh": (lambda tx: SessionRepository(tx).read_tokens(b"\0", b"\1"), {"pk_refresh_token"}),
    "noting a refresh": (lambda tx: SessionRepository(tx).mark_used(b"\0", tx.now), {"pk_refresh_token"}),
    "ending a session": (
        lambda tx: SessionRepository(tx).revoke(UUID(int=77), End.LOGOUT, tx.now),
        {"pk_refresh_family"},
    ),
    "ending a user's sessions": (
        lambda tx: SessionRepository(tx).revoke_all_of(77, End.BLOCKED, tx.now),
        {"ix_refresh_family_user_id"},
    ),
    "a user's sessions": (lambda tx: SessionRepository(tx).list_of(77, limit=20), {"ix_refresh_family_user_id"}),
    "sessions that are over": (
        lambda tx: SessionRepository(tx).forget_expired(tx.now),
        {"ix_refresh_token_expires_at", "ix_refresh_family_expires_at"},
    ),
    "a user": (lambda tx: UserRepository(tx).find(77), {"pk_app_user"}),
    "users by their name": (
        lambda tx: UserRepository(tx).list_matching(prefix="player77", user_id=None, before=None, limit=21),
        {"ix_app_user_username_prefix"},
    ),
    "last logins": (lambda tx: list_logins(tx, 7, limit=20), {"user_event_log_default_user_id_created_at_idx"}),
    "acts": (lambda tx: list_acts(tx, audit_log, Wanted(), before=None, limit=21), {"pk_audit_log"}),
    "acts on a user": (
        lambda tx: list_acts(tx, audit_log, Wanted(subject="user:77"), before=None, limit=21),
        {"ix_audit_log_subject_id"},
    ),
    "counting a try": (lambda tx: add_one(tx, ALLOWANCES, tx.now), set()),
}


@pytest_asyncio.fixture(scope="module")
async def filled(fresh_database: Callable[[str], ServiceDatabase]) -> ServiceDatabase:
    """Return a database in which every growing table has grown."""
    return await grown(fresh_database("auth"), FILL)


@pytest_asyncio.fixture
async def asked(filled: ServiceDatabase) -> AsyncIterator[Db]:
    async with asking(filled) as db:
        yield db


@pytest.mark.parametrize("question", QUESTIONS)
async def test_a_question_is_answered_by_its_index(asked: Db, question: str) -> None:
    ask, indexes = QUESTIONS[question]
    with explained(asked) as plans:
        async with asked.begin() as tx:
            await ask(tx)
    assert plans.whole(GROWING) == []
    assert indexes <= plans.indexes
