"""How a player's row begins: one statement, whoever meets the player first (a play, a rotation, a grant).

Plays run it over the driver, everybody else in a ``Tx``; who is enrolled at the same moment by somebody else is
left to them.
"""

from sqlalchemy import text

_ENROL = """
INSERT INTO player (user_id, day, used, balance, pair, key_id, client_seed, client_seed_source, nonce, updated_at)
SELECT user_id, CAST({today} AS date), '{{}}', 0, 0, CAST({key_id} AS text), client_seed, 'default', 0,
    CAST({now} AS timestamptz)
FROM unnest(CAST({user_ids} AS bigint[]), CAST({client_seeds} AS text[])) AS newcomer(user_id, client_seed)
ON CONFLICT (user_id) DO NOTHING
RETURNING user_id, day AS player_day, used, balance AS player_balance, pair AS player_pair, key_id,
    client_seed, client_seed_source, nonce AS player_nonce
"""

ENROL = _ENROL.format(user_ids="$1", client_seeds="$2", key_id="$3", today="$4", now="$5")
"""For the driver."""

ENROL_NAMED = text(
    _ENROL.format(user_ids=":user_ids", client_seeds=":client_seeds", key_id=":key_id", today=":today", now=":now")
)
"""For a ``Tx``."""
