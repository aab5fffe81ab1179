"""What reconciling asks of the database. Each question is one statement, so that it is answered of one moment."""

from fairground_common.contracts import PlaySettled
from fairground_common.db.tallies import kst_day_of, tally_of, within_days

_UNSENT = f"""
SELECT DISTINCT event_id, (envelope::jsonb #>> '{{data,day}}')::date AS day FROM outbox
WHERE type = '{PlaySettled.type}'
"""
"""Once each: what was said again (`bus resend`) may stand there twice."""

_CREDITED = f"""
SELECT source_id, created_at FROM reward_ledger WHERE source_kind = 'grant' AND {within_days("created_at")}
UNION ALL
SELECT source_id, created_at FROM fulfilment WHERE source_kind = 'grant' AND {within_days("created_at")}
"""

PLAYS = f"""
SELECT 'plays' AS what, day, {tally_of("event_id")} FROM play
WHERE day BETWEEN :first AND :last AND play_id BETWEEN :lowest AND :highest GROUP BY day
"""

DAYS = f"""
{PLAYS}
UNION ALL
SELECT 'unsent', day, {tally_of("event_id")} FROM ({_UNSENT}) AS unsent WHERE day BETWEEN :first AND :last GROUP BY day
UNION ALL
SELECT 'credits', {kst_day_of("created_at")}, {tally_of("source_id")} FROM ({_CREDITED}) AS credited GROUP BY 2
"""

STOCK = """
SELECT prize_key, coalesce(supplied, 0) AS supplied, coalesce(issued, 0) AS issued, coalesce("left", 0) AS "left"
FROM (SELECT prize_key, sum(delta)::bigint AS supplied FROM lottery_stock_event WHERE delta IS NOT NULL GROUP BY 1) AS e
FULL JOIN (SELECT prize_key, issued, "left" FROM lottery_stock WHERE "left" IS NOT NULL) AS s USING (prize_key)
ORDER BY prize_key
"""

ACCOUNTS = """
WITH known AS (
    (SELECT user_id FROM player WHERE user_id > :after ORDER BY user_id LIMIT :limit)
    UNION
    (SELECT DISTINCT user_id FROM reward_ledger WHERE user_id > :after ORDER BY user_id LIMIT :limit)
    ORDER BY user_id LIMIT :limit
), booked AS (
    SELECT user_id, sum(amount)::bigint AS points FROM reward_ledger
    WHERE type = 'POINT' AND user_id IN (SELECT user_id FROM known) GROUP BY user_id
)
SELECT user_id, coalesce(balance, 0) AS balance, coalesce(points, 0) AS ledger
FROM known LEFT JOIN player USING (user_id) LEFT JOIN booked USING (user_id) ORDER BY user_id
"""
"""The ledger's players as well, though each should have a row of their own."""
