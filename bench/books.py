"""Whether the season pass's books agree with themselves and with what was played: a drain counts only when they do."""

import asyncpg

_CLAIMS = {
    "each play is counted once": "SELECT count(*) - $1 FROM season_pass_xp_log",
    "progress is the sum of the XP log": """
        SELECT count(*)
        FROM (SELECT user_id, season_id, sum(xp) AS xp, count(*) FILTER (WHERE stamp) AS stamps
              FROM season_pass_xp_log GROUP BY user_id, season_id) AS logged
        FULL JOIN season_pass_progress AS progress USING (user_id, season_id)
        WHERE (logged.xp, logged.stamps) IS DISTINCT FROM (progress.current_xp, progress.total_stamps)""",
    "a day has one stamp, and each stamp its line": """
        SELECT count(*)
        FROM (SELECT user_id, season_id, day, count(*) FILTER (WHERE stamp) AS stamps
              FROM season_pass_xp_log GROUP BY user_id, season_id, day) AS logged
        FULL JOIN (SELECT user_id, season_id, date AS day FROM season_pass_stamp_log) AS stamp
            USING (user_id, season_id, day)
        WHERE logged.stamps IS DISTINCT FROM 1 OR stamp.user_id IS NULL""",
    "the level follows from the XP": """
        SELECT count(*) FROM season_pass_progress AS progress
        WHERE current_level <> (SELECT coalesce(max(level), 0) FROM season_pass_level AS each
                                WHERE each.season_id = progress.season_id AND required_xp <= current_xp)""",
    "each automatic level reached is given once, and on its way": """
        SELECT count(*)
        FROM (SELECT user_id, season_id, level FROM season_pass_progress AS progress
              JOIN season_pass_level AS each USING (season_id)
              WHERE auto_claim AND each.level <= progress.current_level) AS owed
        FULL JOIN (SELECT user_id, season_id, level FROM season_pass_reward_log
                   JOIN season_pass_delivery USING (grant_id)) AS given USING (user_id, season_id, level)
        WHERE owed.user_id IS NULL OR given.user_id IS NULL""",
    "the event log tells of each stamp": """
        SELECT count(*)
        FROM (SELECT user_id, sum(total_stamps) AS stamps FROM season_pass_progress GROUP BY user_id) AS had
        FULL JOIN (SELECT user_id, count(*) FILTER (WHERE action = 'SEASON_PASS_STAMP') AS stamps
                   FROM user_event_log GROUP BY user_id) AS told USING (user_id)
        WHERE had.stamps IS DISTINCT FROM told.stamps""",
    "every grant was sent": "SELECT count(*) FROM outbox",
}


class BooksDoNotAgree(Exception):
    """The season pass did not end with what its events amount to."""


async def check(connection: asyncpg.Connection, *, plays: int) -> None:
    """Raise BooksDoNotAgree unless so many plays left exactly their traces."""
    broken = []
    for claim, query in _CLAIMS.items():
        differences = await connection.fetchval(query, *([plays] if "$1" in query else []))
        if differences:
            broken.append(f"{claim}: {differences} differences")
    if broken:
        raise BooksDoNotAgree("; ".join(broken))
