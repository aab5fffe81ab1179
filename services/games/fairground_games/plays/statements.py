"""The statements of the play path. Text, so that what runs is what is read; their number is held by a test."""

PLAY_COLUMNS = (
    "play_id", "event_id", "user_id", "game", "config_version", "day", "created_at", "pair", "nonce", "outcome_key",
    "outcome", "reward", "unit", "receipt", "used_today", "max_daily", "balance",
)  # fmt: skip

_MOMENT = """
moment AS (
    SELECT now, (now AT TIME ZONE 'Asia/Seoul')::date AS today
    FROM (SELECT transaction_timestamp() + current_setting('fairground.clock_offset')::interval AS now) AS clock
)"""

_WORLD = """
world AS (
    SELECT moment.now, moment.today, json_build_object(
        'schedule', (SELECT json_agg(json_build_array(feature_type, is_active))
                     FROM feature_schedule WHERE date = moment.today),
        'enabled', (SELECT json_agg(feature_type) FROM feature_config WHERE is_enabled),
        'active', (SELECT json_object_agg(game, version) FROM game_config WHERE state = 'ACTIVE'),
        'exhausted', (SELECT json_agg(prize_key) FROM lottery_stock WHERE "left" = 0),
        'limited', (SELECT json_agg(prize_key) FROM lottery_stock WHERE "left" IS NOT NULL)
    )::text AS world
    FROM moment
)"""

READ_WORLD = f"WITH {_MOMENT}, {_WORLD} SELECT now, today, world FROM world"

LOCK = f"""
WITH asked AS (
    SELECT user_id, game, key, ord
    FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS a(user_id, game, key, ord)
), locked AS MATERIALIZED (
    SELECT user_id, day, used, balance, pair, key_id, client_seed, client_seed_source, nonce
    FROM player WHERE user_id = ANY($1::bigint[]) ORDER BY user_id FOR UPDATE SKIP LOCKED
), {_MOMENT}, {_WORLD}
SELECT world.now, world.today, world.world, asked.user_id,
    locked.day AS player_day, locked.used, locked.balance AS player_balance,
    locked.pair AS player_pair, locked.key_id,
    locked.client_seed, locked.client_seed_source, locked.nonce AS player_nonce,
    locked.user_id IS NULL
        AND NOT EXISTS (SELECT FROM player WHERE player.user_id = asked.user_id) AS is_new,
    before.*
FROM world CROSS JOIN asked
LEFT JOIN locked ON locked.user_id = asked.user_id
LEFT JOIN LATERAL (
    SELECT play_id, event_id, game, config_version, day, created_at, pair, nonce, outcome_key,
        outcome, reward, unit, receipt, used_today, max_daily, balance
    FROM play
    WHERE play.game = asked.game AND play.user_id = asked.user_id AND play.idempotency_key = asked.key
    LIMIT 1
) AS before ON asked.key IS NOT NULL
ORDER BY asked.ord
"""

WAIT = "SELECT user_id FROM player WHERE user_id = ANY($1::bigint[]) ORDER BY user_id FOR UPDATE"

_SETTLED = """
settled AS (
    SELECT play_id, event_id, user_id, game, config_version, day, pair, nonce, outcome_key, outcome::jsonb,
        reward::jsonb, unit, receipt::jsonb, used_today, max_daily, balance, idempotency_key, feature_type, request_id,
        envelope
    FROM unnest(
        $6::uuid[], $7::uuid[], $8::bigint[], $9::text[], $10::int[], $11::date[], $12::int[], $13::bigint[],
        $14::text[], $15::text[], $16::text[], $17::bigint[], $18::text[], $19::int[], $20::int[], $21::bigint[],
        $22::text[], $23::text[], $24::text[], $25::text[]
    ) AS s(play_id, event_id, user_id, game, config_version, day, pair, nonce, outcome_key, outcome, reward, unit,
           receipt, used_today, max_daily, balance, idempotency_key, feature_type, request_id, envelope)
)"""

_EFFECTS = """
players AS (
    UPDATE player SET day = p.day, used = p.used::jsonb, balance = p.balance, nonce = p.nonce, updated_at = $26
    FROM unnest($1::bigint[], $2::date[], $3::text[], $4::bigint[], $5::bigint[])
        AS p(user_id, day, used, balance, nonce)
    WHERE player.user_id = p.user_id {guard}
), plays AS (
    INSERT INTO play (play_id, event_id, user_id, game, config_version, day, created_at, pair, nonce, outcome_key,
        outcome, reward, unit, receipt, used_today, max_daily, balance, idempotency_key)
    SELECT play_id, event_id, user_id, game, config_version, day, $26, pair, nonce, outcome_key, outcome, reward,
        {unit}, receipt, used_today, max_daily, balance, idempotency_key
    FROM settled {stock_join} WHERE true {guard}
), credits AS (
    INSERT INTO reward_ledger (user_id, type, amount, balance_after, source_kind, source_id, created_at)
    SELECT user_id, 'POINT', (reward->>'amount')::bigint, balance, 'play', play_id, $26
    FROM settled WHERE reward->>'type' = 'POINT' AND (reward->>'amount')::bigint > 0 {guard}
), owed AS (
    INSERT INTO fulfilment (user_id, type, sku, amount, label, source_kind, source_id, state, created_at)
    SELECT user_id, reward->>'type', reward->>'sku', (reward->>'amount')::int,
        reward->>'label', 'play', play_id, 'PENDING', $26
    FROM settled WHERE reward->>'type' IN ('COUPON', 'ITEM') {guard}
), logged AS (
    INSERT INTO user_event_log (created_at, user_id, action, feature_type, result, request_id)
    SELECT $26, user_id, 'PLAY', feature_type,
        jsonb_build_object('play_id', play_id, 'outcome', outcome_key, 'reward', reward), request_id
    FROM settled WHERE true {guard}
), said AS (
    INSERT INTO outbox (event_id, type, key, envelope, created_at)
    SELECT event_id, 'games.play_settled.v1', user_id, envelope, $26 FROM settled WHERE true {guard}
)"""

SETTLE = f"WITH {_SETTLED}, {_EFFECTS.format(guard='', unit='unit', stock_join='')} SELECT"

_STOCK = """
wanted AS (
    SELECT prize_key, units FROM unnest($27::text[], $28::bigint[]) AS w(prize_key, units)
), held AS MATERIALIZED (
    SELECT s.prize_key, s."left", s.issued, wanted.units
    FROM lottery_stock s JOIN wanted USING (prize_key) ORDER BY s.prize_key FOR UPDATE OF s
), verdict AS MATERIALIZED (
    SELECT bool_and("left" >= units) AS enough FROM held
), taken AS (
    UPDATE lottery_stock s SET "left" = held."left" - held.units, issued = held.issued + held.units
    FROM held, verdict
    WHERE s.prize_key = held.prize_key AND verdict.enough
    RETURNING s.prize_key, s."left"
), exhausted AS (
    INSERT INTO lottery_stock_event (prize_key, kind, "left", created_at)
    SELECT prize_key, 'exhausted', 0, $26 FROM taken WHERE "left" = 0
)"""

_ENOUGH = "AND (SELECT enough FROM verdict)"

SETTLE_WITH_STOCK = f"""
WITH {_STOCK}, {_SETTLED}, {
    _EFFECTS.format(
        guard=_ENOUGH,
        unit="settled.unit + held.issued",
        stock_join="LEFT JOIN held ON settled.unit IS NOT NULL AND held.prize_key = settled.outcome_key",
    )
}
SELECT held.prize_key, held."left", held.issued, verdict.enough FROM held, verdict
"""

STATUS = f"""
WITH {_MOMENT}, {_WORLD}
SELECT world.now, world.today, world.world, player.day, player.used
FROM world LEFT JOIN player ON player.user_id = $1
"""

WITHOUT_HURRY = "SET LOCAL statement_timeout = 0"
"""For work over whole days, which may read for longer than a play may take."""

PLAYS_OF_DAYS = f"SELECT {', '.join(PLAY_COLUMNS)} FROM play WHERE day BETWEEN $1 AND $2"

SAY = f"""
WITH {_MOMENT}
INSERT INTO outbox (event_id, type, key, envelope, created_at)
SELECT event_id, type, key, envelope, moment.now
FROM moment, unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS e(event_id, type, key, envelope)
"""

HISTORY = f"""
SELECT {", ".join(PLAY_COLUMNS)} FROM play
WHERE game = $1 AND user_id = $2 AND (created_at, play_id)
    < (coalesce($3, timestamptz 'infinity'), coalesce($4, uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY created_at DESC, play_id DESC LIMIT $5
"""
