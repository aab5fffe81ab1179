"""The embedded broker's tables and statements."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS binding (type text, queue text, PRIMARY KEY (type, queue));
CREATE TABLE IF NOT EXISTS message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    body bytea NOT NULL,
    visible_at timestamptz NOT NULL,
    deliveries integer NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);
CREATE INDEX IF NOT EXISTS ix_message_queue_id ON message (queue, id);
CREATE TABLE IF NOT EXISTS dead_letter (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    body bytea NOT NULL,
    reason text NOT NULL,
    tries integer NOT NULL,
    buried_at timestamptz NOT NULL
);
"""

LOCK_KEY = 0x62757321
"""Advisory lock of the topology command."""

LOCK = "SELECT pg_advisory_xact_lock($1)"

BIND = "INSERT INTO binding (type, queue) VALUES ($1, $2) ON CONFLICT DO NOTHING"

IS_BOUND = "SELECT 1 FROM binding WHERE queue = $1 LIMIT 1"

PUBLISH = """
WITH copies AS (
    INSERT INTO message (queue, body, visible_at, deliveries)
    SELECT b.queue, m.body, clock_timestamp(), 0
    FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS m (type, body, position) JOIN binding b USING (type)
    ORDER BY m.position
)
SELECT DISTINCT type FROM binding WHERE type = ANY($1)
"""

CLAIM = """
WITH due AS (
    SELECT id FROM message WHERE queue = $1 AND visible_at <= clock_timestamp()
    ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
)
UPDATE message m SET visible_at = clock_timestamp() + $3, deliveries = m.deliveries + 1
FROM due WHERE m.id = due.id RETURNING m.id, m.body, m.deliveries
"""

HOLD = "UPDATE message SET visible_at = clock_timestamp() + $2 WHERE id = ANY($1)"

ACK = "DELETE FROM message WHERE id = ANY($1)"

BURY = "INSERT INTO dead_letter (queue, body, reason, tries, buried_at) VALUES ($1, $2, $3, $4, clock_timestamp())"

BURY_WORN_OUT = """
WITH gone AS (DELETE FROM message WHERE id = ANY($1) RETURNING queue, body, deliveries)
INSERT INTO dead_letter (queue, body, reason, tries, buried_at)
SELECT queue, body, $2, deliveries - 1, clock_timestamp() FROM gone
"""

STATE = """
SELECT count(*) FILTER (WHERE visible_at <= clock_timestamp()) AS ready,
       count(*) FILTER (WHERE visible_at > clock_timestamp()) AS held,
       (SELECT count(*) FROM dead_letter WHERE queue = $1) AS dead,
       (SELECT count(DISTINCT application_name) FROM pg_stat_activity
        WHERE datname = current_database() AND starts_with(application_name, $2)) AS consumers
FROM message WHERE queue = $1
"""

LETTERS = """
SELECT id, queue, body, reason, tries, buried_at FROM dead_letter
WHERE queue = $1 AND ($2::bigint[] IS NULL OR id = ANY($2)) ORDER BY id LIMIT $3
"""

DROP = "DELETE FROM dead_letter WHERE queue = $1 AND id = ANY($2) RETURNING id, queue, body, reason, tries, buried_at"

REPLAY = """
WITH raised AS (DELETE FROM dead_letter WHERE queue = $1 AND id = ANY($2)
                RETURNING id, queue, body, reason, tries, buried_at),
     copies AS (INSERT INTO message (queue, body, visible_at, deliveries)
                SELECT queue, body, clock_timestamp(), 0 FROM raised ORDER BY id)
SELECT id, queue, body, reason, tries, buried_at FROM raised ORDER BY id
"""
"""One statement: a letter is in the queue or in the store, never in both and never in neither."""
