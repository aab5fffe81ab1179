"""What auth keeps of one player, and all of it: an export tells it."""

from datetime import datetime
from uuid import UUID

from fairground_common.db.records import ACTS, EVENTS, Records

RECORDS = (
    Records(
        kind="user",
        source="app_user LEFT JOIN credential ON credential.user_id = app_user.id",
        columns=(
            "id AS user_id",
            "username",
            "nickname",
            "roles",
            "status",
            "created_at",
            "last_login_at",
            "last_login_ip",
            "changed_at AS password_changed_at",
        ),
        order={"user_id": int},
        condition="id = :user_id",
        withheld={"password_hash": "a secret, also from the player's own file"},
    ),
    Records(
        kind="sessions",
        source="refresh_family",
        columns=("id", "created_at", "expires_at", "revoked_at", "revoked_because"),
        order={"created_at": datetime, "id": UUID},
    ),
    EVENTS,
    Records(
        kind="changes",
        source="audit_log",
        columns=("id", "created_at", "user_id AS changed_by", "action", "before", "after", "request_id"),
        order={"id": int},
        condition="subject = 'user:' || CAST(:user_id AS bigint)",
        withheld={"subject": "it is the player"},
    ),
    ACTS,
)
