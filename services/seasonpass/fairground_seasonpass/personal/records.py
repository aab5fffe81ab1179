"""What the season pass keeps of one player, and all of it: an export tells it.

Numbers only, no name and no address; hence there is nothing here to erase.
"""

from datetime import date
from uuid import UUID

from fairground_common.db.records import ACTS, EVENTS, Records

RECORDS = (
    Records(
        kind="progress",
        source="season_pass_progress",
        columns=("season_id", "current_xp", "current_level", "total_stamps", "last_stamp_date", "updated_at"),
        order={"season_id": int},
    ),
    Records(
        kind="xp",
        source="season_pass_xp_log",
        columns=("event_id", "season_id", "day", "source", "xp", "stamp", "payload", "created_at"),
        order={"event_id": UUID},
    ),
    Records(
        kind="stamps",
        source="season_pass_stamp_log",
        columns=("season_id", "date", "event_id", "xp", "created_at"),
        order={"season_id": int, "date": date},
    ),
    Records(
        kind="rewards",
        source="season_pass_reward_log JOIN season_pass_delivery USING (grant_id)",
        columns=(
            "season_id",
            "level",
            "grant_id",
            "reward",
            "auto_claim",
            "granted_at",
            "attempts",
            "sent_at",
            "delivered_at",
        ),
        order={"season_id": int, "level": int},
        withheld={"due_at": "when games would be told again"},
    ),
    EVENTS,
    ACTS,
)
