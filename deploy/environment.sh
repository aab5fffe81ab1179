#!/usr/bin/env bash
# Make .venv from nothing, or bring it in step with the lock: deploy/environment.sh PACKAGE_FOLDER...
# PYTHON names the interpreter (3.11 or newer); without it the first fitting one on PATH is taken.
# Everything comes from the lock, checked by hash. uv does it in seconds; where uv cannot be had, pip does it.
set -euo pipefail
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1

fits() { [ "$("$1" -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ]; }

find_python() {
  local name
  for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if fits "$name"; then echo "$name"; return; fi
  done
  echo "Fairground needs Python 3.11 or newer; ${PYTHON:-python3} is $("${PYTHON:-python3}" --version 2>&1 || true)." \
    "Install one, or name it: make PYTHON=/path/to/python3.11" >&2
  exit 1
}

make_venv() {
  fits .venv/bin/python && return
  local python
  python=$(find_python)
  echo "making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv || {
    echo "'$python -m venv' failed. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
  }
}

have_uv() {
  [ -x .venv/uv/bin/uv ] && [ .venv/uv/bin/uv -nt requirements-uv.txt ] && return
  .venv/bin/pip install -qq --require-hashes --only-binary :all: --upgrade --target .venv/uv -r requirements-uv.txt &&
    touch .venv/uv/bin/uv
}

editable=()
for folder in "$@"; do editable+=(-e "$folder"); done

make_venv
if have_uv; then
  export VIRTUAL_ENV=$PWD/.venv UV_LINK_MODE=copy
  .venv/uv/bin/uv pip sync -q --require-hashes requirements-dev.txt
  .venv/uv/bin/uv pip install -q --no-deps --no-build-isolation "${editable[@]}"
else
  echo "uv is not to be had here; pip takes a little longer" >&2
  .venv/bin/pip install -q --require-hashes -r requirements-dev.txt
  .venv/bin/pip install -q --no-deps --no-build-isolation "${editable[@]}"
fi
