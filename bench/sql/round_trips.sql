-- One play as eight plain round trips between BEGIN and COMMIT.
\set user random(1, 500)
BEGIN;
SELECT user_id, day, used, balance, pair, nonce FROM player WHERE user_id = :user FOR UPDATE;
SELECT feature_type, is_active FROM feature_schedule WHERE date = (now() AT TIME ZONE 'Asia/Seoul')::date;
SELECT version, max_daily FROM game_config WHERE game = 'roulette' AND state = 'ACTIVE';
UPDATE player SET balance = balance + 10, nonce = nonce + 1, used = '{"roulette": 1}', updated_at = now() WHERE user_id = :user;
INSERT INTO play (play_id, event_id, game, user_id, config_version, day, created_at, pair, nonce, outcome_key, outcome, reward, receipt, used_today, max_daily, balance, idempotency_key) VALUES (gen_random_uuid(), gen_random_uuid(), 'roulette', :user, 1, '2026-12-24', now(), 0, 0, '1', '{"slot_index": 1}', '{"type": "POINT", "amount": 10}', '{"commitment": "0000000000000000000000000000000000000000000000000000000000000000", "client_seed": "player-1", "client_seed_source": "default"}', 1, 0, 10, gen_random_uuid()::text);
INSERT INTO reward_ledger (user_id, type, amount, balance_after, source_kind, source_id, created_at) VALUES (:user, 'POINT', 10, 10, 'play', gen_random_uuid(), now());
INSERT INTO user_event_log (created_at, user_id, action, feature_type, result) VALUES (now(), :user, 'PLAY', 'ROULETTE', '{"outcome": "1"}');
INSERT INTO outbox (event_id, type, key, envelope, created_at) VALUES (gen_random_uuid(), 'games.play_settled.v1', :user, repeat('x', 400), now());
COMMIT;
