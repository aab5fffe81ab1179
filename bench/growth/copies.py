"""How a player is copied: every row of every table a player leaves, under another number, on another day.

Who is copied has really played, through the gateway, so a copy's books agree because the original's do: nothing here
knows what a play pays or a level gives. A copy's ids follow from the original's id and the copy's number, so that games
and season pass, which never see each other's tables, end with the same events and grants.

What a copy is not: its draws were another player's, so its receipts prove nothing, and numbers of lottery units repeat.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Copied:
    """A table, what differs in a copy (by column), and in which order the copies are written."""

    table: str
    differs: Mapping[str, str]
    order: str = "hashint8(copy)"
    rows: str = ""
    """Where the table does not name the player: a query for its rows that adds ``user_id``."""
    whose: str = "user_id"


def _id(column: str) -> str:
    return f"pg_temp.moved(o.{column}, copy, seconds)"


def _inside(column: str, *path: str) -> str:
    """Return the JSON of a column with the id at a path moved."""
    told = f"{{{','.join(path)}}}"
    moved = f"pg_temp.moved((o.{column} #>> '{told}')::uuid, copy, seconds)"
    return f"jsonb_set(o.{column}, '{told}', to_jsonb({moved}))"


_TIME = {"created_at": "o.created_at + shift"}
_USER = {"user_id": "copy"}
_PLAY_RESULT = f"CASE WHEN o.result ? 'play_id' THEN {_inside('result', 'play_id')} ELSE o.result END"
_EVENTS = Copied("user_event_log", {**_USER, **_TIME, "result": _PLAY_RESULT}, "o.id, hashint8(copy)")

AUTH = (
    Copied("app_user", {"id": "copy", "username": "'copy.' || copy", **_TIME}, whose="id"),
    Copied("credential", _USER),
    Copied("refresh_family", {**_USER, "id": _id("id"), **_TIME}),
    Copied(
        "refresh_token",
        {"token_hash": "sha256(o.token_hash || int8send(copy))", "family_id": _id("family_id"), **_TIME},
        rows="SELECT t.*, f.user_id FROM refresh_token t JOIN refresh_family f ON f.id = t.family_id",
    ),
    Copied("user_event_log", {**_USER, **_TIME}),
)
GAMES = (
    Copied(
        "player",
        {
            **_USER,
            "day": "o.day - days",
            "client_seed": "'player-' || copy",
            "updated_at": "o.updated_at + shift",
        },
    ),
    Copied(
        "play",
        {
            **_USER,
            **_TIME,
            "play_id": _id("play_id"),
            "event_id": _id("event_id"),
            "day": "o.day - days",
        },
        "o.nonce, hashint8(copy)",
    ),
    Copied("reward_ledger", {**_USER, **_TIME, "source_id": _id("source_id")}, "o.id, hashint8(copy)"),
    Copied("booked_grant", {**_USER, "grant_id": _id("grant_id"), "booked_at": "o.booked_at + shift"}),
    _EVENTS,
)
_PAYLOAD = (
    "o.payload || jsonb_build_object('user_id', copy, 'day', o.day - days,"
    " 'play_id', pg_temp.moved((o.payload ->> 'play_id')::uuid, copy, seconds))"
)
SEASONPASS = (
    Copied(
        "season_pass_xp_log",
        {**_USER, **_TIME, "event_id": _id("event_id"), "day": "o.day - days", "payload": _PAYLOAD},
        "o.event_id, hashint8(copy)",
    ),
    Copied("season_pass_stamp_log", {**_USER, **_TIME, "event_id": _id("event_id"), "date": "o.date - days"}),
    Copied(
        "season_pass_progress",
        {**_USER, "last_stamp_date": "o.last_stamp_date - days", "updated_at": "o.updated_at + shift"},
    ),
    Copied("season_pass_reward_log", {**_USER, "grant_id": _id("grant_id"), "granted_at": "o.granted_at + shift"}),
    Copied(
        "season_pass_delivery",
        {
            "grant_id": _id("grant_id"),
            **{moment: f"o.{moment} + shift" for moment in ("sent_at", "due_at", "delivered_at")},
        },
        rows="SELECT d.*, r.user_id FROM season_pass_delivery d JOIN season_pass_reward_log r USING (grant_id)",
    ),
    _EVENTS,
)
