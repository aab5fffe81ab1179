"""The statement that gives: a reward's log row and the delivery that follows from it."""

GIVE = """
WITH owed AS (
    SELECT * FROM jsonb_to_recordset(CAST(:owed AS jsonb)) AS owed(
        user_id bigint, season_id bigint, level integer, grant_id uuid, reward jsonb, auto_claim boolean)
), given AS (
    INSERT INTO season_pass_reward_log (user_id, season_id, level, grant_id, reward, auto_claim, granted_at)
    SELECT user_id, season_id, level, grant_id, reward, auto_claim, CAST(:now AS timestamptz)
    FROM owed ORDER BY user_id, season_id, level
    ON CONFLICT (user_id, season_id, level) DO NOTHING
    RETURNING grant_id, granted_at, reward ->> 'type' = 'NONE' AS is_nothing
)
INSERT INTO season_pass_delivery (grant_id, attempts, sent_at, due_at, delivered_at)
SELECT grant_id, CASE WHEN is_nothing THEN 0 ELSE 1 END, granted_at, CAST(:due AS timestamptz),
    CASE WHEN is_nothing THEN granted_at END
FROM given
RETURNING grant_id
"""
