#!/bin/sh
# Write every secret that .env lacks, once: what stands there already is kept. The file is for its owner alone.
set -eu
file=${1:-.env}
umask 077
touch "$file"

has() { grep -q "^$1=" "$file"; }
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

for name in GATEWAY_KEY REDIS_PASSWORD ADMIN_PASSWORD \
  AUTH_REFRESH_KEY AUTH_KEY_ENCRYPTION_KEY GAMES_SEED_KEY \
  FAIRGROUND_BROKER_PASSWORD GAMES_BROKER_PASSWORD SEASONPASS_BROKER_PASSWORD RANKING_BROKER_PASSWORD \
  AUTH_POSTGRES_PASSWORD AUTH_OWNER_PASSWORD AUTH_APP_PASSWORD \
  GAMES_POSTGRES_PASSWORD GAMES_OWNER_PASSWORD GAMES_APP_PASSWORD \
  SEASONPASS_POSTGRES_PASSWORD SEASONPASS_OWNER_PASSWORD SEASONPASS_APP_PASSWORD \
  RANKING_POSTGRES_PASSWORD RANKING_OWNER_PASSWORD RANKING_APP_PASSWORD; do
  has "$name" || printf '%s=%s\n' "$name" "$(random)" >> "$file"
done
