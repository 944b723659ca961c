#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test; the last lines are CTest's summary.
#
#   tests/run.sh            threaded tests under ThreadSanitizer, then all tests under
#                           AddressSanitizer and UndefinedBehaviorSanitizer (but for the vector
#                           kernels, see engine/kernels/CMakeLists.txt)
#   tests/run.sh PRESET...  only these presets of CMakePresets.json (dev, tsan, release, coverage)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The whole suite (dev) comes last, so that its summary ends the output.
presets=("$@")
[ ${#presets[@]} -gt 0 ] || presets=(tsan dev)

step() { printf '\n== %s\n' "$*"; }

step "dependencies"
deploy/install-dependencies.sh --with-tests

step "pretrained networks"
deploy/fetch-models.sh lite0 lite1

jobs=$(nproc)
for preset in "${presets[@]}"; do
  step "build ($preset)"
  cmake --preset "$preset" --log-level=WARNING
  cmake --build --preset "$preset" --parallel "$jobs"
done
for preset in "${presets[@]}"; do
  step "test ($preset)"
  ctest --preset "$preset" --parallel "$jobs" --no-tests=error
done
