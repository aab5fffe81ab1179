#!/bin/sh
# `make up`: secrets, build, start, first admin. Again changes nothing but what is new.
set -eu
cd "$(dirname "$0")/../.."

docker compose version > /dev/null 2>&1 || {
  echo "make up needs Docker with Compose 2.20 or newer ('docker compose version'), and the right to use its engine" >&2
  exit 1
}
deploy/stacks/secrets.sh .env
FAIRGROUND_REVISION=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
export FAIRGROUND_REVISION
docker compose up --detach --build --wait

setting() { sed -n "s/^$1=//p" .env | tail -n 1; }
admin=${ADMIN_USERNAME:-$(setting ADMIN_USERNAME)}
admin=${admin:-admin}
setting ADMIN_PASSWORD | docker compose exec -T auth python -m fairground_auth.cli create-admin --username "$admin" ||
  echo "(the admin keeps the password it has; ADMIN_PASSWORD in .env is another one)" >&2

port=${PORT:-$(setting PORT)}
cat << BANNER

Fairground runs on http://${BIND_ADDRESS:-127.0.0.1}:${port:-8080} (documentation at /docs).
First admin: $admin; the password is ADMIN_PASSWORD in .env.
Something to play:  docker compose run --rm tools demo
Stop: make down.  Everything, data included:  docker compose down --volumes
BANNER
