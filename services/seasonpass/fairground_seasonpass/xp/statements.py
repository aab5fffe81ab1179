"""The statement that counts: what the ledger did not have is written, added up and made levels of, all at once."""

ENTER = """
WITH line AS (
    SELECT * FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS line(
        event_id uuid, user_id bigint, season_id bigint, day date, source text, xp bigint, stamp boolean, payload jsonb)
), curve AS (
    SELECT * FROM jsonb_to_recordset(CAST(:curves AS jsonb)) AS curve(season_id bigint, required_xp bigint[])
), written AS (
    INSERT INTO season_pass_xp_log (event_id, user_id, season_id, day, source, xp, stamp, payload, created_at)
    SELECT event_id, user_id, season_id, day, source, xp, stamp, payload, CAST(:now AS timestamptz)
    FROM line ORDER BY event_id
    ON CONFLICT (event_id) DO NOTHING
    RETURNING user_id, season_id, day, xp, stamp
), added AS (
    SELECT user_id, season_id, sum(xp)::bigint AS xp, count(*) FILTER (WHERE stamp)::integer AS stamps,
        max(day) FILTER (WHERE stamp) AS last_stamp_date
    FROM written GROUP BY user_id, season_id
), progress AS (
    INSERT INTO season_pass_progress AS mine
        (user_id, season_id, current_xp, current_level, total_stamps, last_stamp_date, updated_at)
    SELECT user_id, season_id, xp, width_bucket(xp, required_xp), stamps, last_stamp_date, CAST(:now AS timestamptz)
    FROM added JOIN curve USING (season_id) ORDER BY user_id, season_id
    ON CONFLICT (user_id, season_id) DO UPDATE SET
        current_xp = mine.current_xp + excluded.current_xp,
        current_level = width_bucket(
            mine.current_xp + excluded.current_xp,
            (SELECT required_xp FROM curve WHERE curve.season_id = excluded.season_id)),
        total_stamps = mine.total_stamps + excluded.total_stamps,
        last_stamp_date = greatest(mine.last_stamp_date, excluded.last_stamp_date),
        updated_at = excluded.updated_at
    RETURNING user_id, season_id, current_xp, current_level, total_stamps, last_stamp_date
)
SELECT progress.*, added.xp, added.stamps FROM progress JOIN added USING (user_id, season_id)
"""
