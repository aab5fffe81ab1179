"""The statements that fill a database: whom to add, and what of the originals is written again for them."""

from collections.abc import Sequence

from bench.growth.copies import Copied

MOVED = """
CREATE FUNCTION pg_temp.moved(id uuid, copy bigint, seconds bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(('x' || left(translate(id::text, '-', ''), 12))::bit(48)::bigint + seconds * 1000), 12, '0')
        || '7' || left(hash, 3) || '8' || substr(hash, 4, 15))::uuid
    FROM md5(id::text || copy) AS hash
$$
"""
"""A UUIDv7 again, as much earlier as the copy's plays are."""

NEWCOMERS = """
SELECT copy, ($1::bigint[])[1 + number % cardinality($1::bigint[])] AS original, $2::int AS days, seconds,
    make_interval(secs => seconds) AS shift
FROM generate_series(0, $3::bigint - 1) AS number
CROSS JOIN LATERAL (SELECT $4::bigint + number * $5::bigint + $2::int AS copy) AS numbered
CROSS JOIN LATERAL (
    SELECT abs(hashint8(copy)::bigint) % 82800 + 600 - $2::bigint * 86400 - $6::bigint AS seconds
) AS moved
"""
"""Whom to add on a day: $1 originals, $2 days ago, $3 players, $4 first id, $5 days in all, $6 the originals' time.

Each day's players lie all over the range of ids, as returning players do, and play at any time of the day; the
originals' time is the second of the KST day in which they began.
"""

COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND (is_identity = 'NO' OR column_name = ANY($2))
"""
MONTHS = """
DO $$
DECLARE first timestamptz := date_trunc('month', transaction_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
BEGIN
    FOR ago IN 1..2 LOOP
        EXECUTE format(
            'CREATE TABLE IF NOT EXISTS user_event_log_%s PARTITION OF user_event_log FOR VALUES FROM (%L) TO (%L)',
            to_char(first - make_interval(months => ago), 'YYYYMM'),
            first - make_interval(months => ago), first - make_interval(months => ago - 1));
    END LOOP;
END $$
"""
"""What happened before the first month the product made a partition for would lie in the default one."""
STOCK = """
UPDATE lottery_stock SET "left" = "left" - (sold - issued), issued = sold
FROM (SELECT outcome_key, count(*) AS sold FROM play WHERE unit IS NOT NULL GROUP BY outcome_key) AS counted
WHERE prize_key = outcome_key AND "left" IS NOT NULL
"""


def keep_apart(copied: Copied) -> str:
    """Return what puts the originals' rows ($1: who they are) beside the table that will grow."""
    rows = copied.rows or f"TABLE {copied.table}"
    return f"CREATE TEMP TABLE {_kept(copied)} AS SELECT * FROM ({rows}) AS r WHERE {copied.whose} = ANY($1)"


def copy(copied: Copied, columns: Sequence[str]) -> str:
    """Return what writes those rows again for each newcomer."""
    values = [copied.differs.get(name, f'o."{name}"') for name in columns]
    quoted = [f'"{name}"' for name in columns]
    return (
        f"INSERT INTO {copied.table} ({', '.join(quoted)}) OVERRIDING SYSTEM VALUE SELECT {', '.join(values)}"
        f" FROM newcomer JOIN {_kept(copied)} AS o ON o.{copied.whose} = original ORDER BY {copied.order}"
    )


def _kept(copied: Copied) -> str:
    return f"original_{copied.table}"
