"""What the ranking keeps of one player, and all of it: an export tells it."""

from datetime import date, datetime

from fairground_common.db.records import ACTS, EVENTS, Records

RECORDS = (
    Records(
        kind="places",
        source="ranking_daily",
        columns=("date", "version", "rank", "display_name", "score"),
        order={"date": date, "version": int},
    ),
    Records(kind="erased", source="erased_player", columns=("erased_at",), order={"erased_at": datetime}),
    EVENTS,
    ACTS,
)
