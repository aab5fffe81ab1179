"""What reconciling asks of the database, in one statement, so that it is answered of one moment."""

from fairground_common.db.tallies import kst_day_of, tally_of, within_days

_DELIVERED = f"""
SELECT grant_id, delivered_at FROM season_pass_delivery JOIN season_pass_reward_log USING (grant_id)
WHERE {within_days("delivered_at")}
    AND reward ->> 'type' <> 'NONE' AND (reward ->> 'type' <> 'POINT' OR (reward ->> 'amount')::bigint > 0)
"""
"""Without rewards of nothing, and of no points: games has nothing to book for them."""

COUNTED = f"""
SELECT 'counted' AS what, day, {tally_of("event_id")} FROM season_pass_xp_log
WHERE source = 'PLAY' AND day BETWEEN :first AND :last AND event_id BETWEEN :lowest AND :highest GROUP BY day
"""
"""A play that waited for its season has a second line, LATE_PLAY under an id of its own: PLAY alone is every play."""

DAYS = f"""
{COUNTED}
UNION ALL
SELECT 'delivered', {kst_day_of("delivered_at")}, {tally_of("grant_id")} FROM ({_DELIVERED}) AS delivered GROUP BY 2
"""

UNDELIVERED = "SELECT count(*) FROM season_pass_delivery WHERE delivered_at IS NULL"
