#!/usr/bin/env bash
# Runs clang-tidy with the repository's .clang-tidy. Not part of tests/run.sh: a file that includes
# gRPC's headers takes it about ten seconds, and its findings depend on its version.
#
#   tests/tidy.sh             the C++ files changed since the upstream branch (or HEAD~1 without one)
#   tests/tidy.sh --all       every C++ file
#   tests/tidy.sh FILE...     these
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "tidy.sh: $1" >&2; exit 1; }

command -v clang-tidy >/dev/null ||
  fail "clang-tidy is missing; run deploy/install-dependencies.sh --with-tests"

case ${1:-} in
  --all) mapfile -t files < <(git ls-files '*.cc') ;;
  "")
    base=$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD~1)
    mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- '*.cc')
    ;;
  *) files=("$@") ;;
esac
if [ ${#files[@]} -eq 0 ]; then
  echo "tidy.sh: no C++ file changed"
  exit 0
fi

# A build tree of its own without sanitizers: clang-tidy reads g++'s flags, and generated headers must be there.
build=build/tidy
cmake -S . -B "$build" -G Ninja --log-level=WARNING -DCMAKE_BUILD_TYPE=Debug
cmake --build "$build" --target avocet_proto --parallel "$(nproc)"
echo "tidy.sh: checking ${#files[@]} files"
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option
echo "tidy.sh: no findings"
