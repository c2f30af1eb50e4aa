#!/usr/bin/env bash
# Builds nuclio's processor and nuctl, for NUCLIO_PROCESSOR and NUCTL of the tests and the bench. Needs Go 1.21 and git.
#
#   packages/cvat-serverless/test/support/build-nuclio.sh OUT [VERSION]
#
# Takes the sources from NUCLIO_SOURCE where it names a folder, else those of the version (1.14.1) from GitHub.
set -euo pipefail
out=$(realpath -m "${1:?Name a folder for the two programs.}")
version=${2:-1.14.1}
source=${NUCLIO_SOURCE:-}
if [ -z "$source" ]; then
  source=$(mktemp -d)
  trap 'rm -rf "$source"' EXIT
  git clone --quiet --depth 1 --branch "$version" https://github.com/nuclio/nuclio.git "$source"
fi
mkdir -p "$out"
cd "$source"
for program in processor nuctl; do
  CGO_ENABLED=0 go build -o "$out/$program" "./cmd/$program"
done
echo "NUCLIO_PROCESSOR=$out/processor NUCTL=$out/nuctl"
