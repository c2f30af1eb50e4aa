#!/usr/bin/env bash
# Checks the Python code: format, lint and tests of training/ and tools/.
#
# The environment is made once and kept in ~/.cache/clickmask/python (CLICKMASK_PYTHON_CACHE names another folder). PyTorch is
# large; where it cannot be installed in five minutes, the tests that need it are left out. Without Python all of it is.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$(command -v python3 || true)
if [ -z "$python" ] || ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Left out: the checks of the Python code, since there is no Python 3.11 or newer with venv."
  exit 0
fi

name=$("$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.version.encode() + open("training/requirements.txt", "rb").read()).hexdigest()[:12])')
cache="${CLICKMASK_PYTHON_CACHE:-${HOME:-/tmp}/.cache/clickmask/python}"

# Makes the environment NAME from the requirements on standard input, in so many seconds at most; it is whole or not there.
make() {
  [ -d "$cache/$1" ] && return 0
  local made="$cache/$1.partial.$$"
  mkdir -p "$cache"
  if "$python" -m venv "$made" && timeout "$2" "$made/bin/pip" install --quiet --disable-pip-version-check -r /dev/stdin; then
    mv -T "$made" "$cache/$1" 2>/dev/null || rm -rf "$made"
    [ -d "$cache/$1" ]
  else
    rm -rf "$made"
    return 1
  fi
}

environment="$cache/$name"
if ! make "$name" 300 <training/requirements.txt; then
  if ! grep -v '^torch' training/requirements.txt | make "$name-small" 120; then
    echo "Left out: the checks of the Python code, since its packages cannot be installed."
    exit 0
  fi
  environment="$cache/$name-small"
  echo "Left out: the Python tests that need PyTorch, since it cannot be installed here in five minutes."
fi

# Scripts in an environment that was moved name its old place; python itself does not mind.
"$environment/bin/python" -m ruff check training tools
"$environment/bin/python" -m ruff format --check training tools
cd training
OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} "$environment/bin/python" -m pytest -q -p no:cacheprovider
