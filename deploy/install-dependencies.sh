#!/usr/bin/env bash
# Installs what Avocet needs to build and run, from the distribution's packages.
#
# Debian 12 and 13; written so that Ubuntu 24.04 and later should work too, which is untested.
# Works as root and with sudo, and does nothing at all when everything is already there.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: deploy/install-dependencies.sh [--with-tests] [--prefix DIR]

  --with-tests   also what the tests need: GoogleTest, google-benchmark, clang-format,
                 clang-tidy, Go, Open MPI
  --prefix DIR   where oneDNN goes when the distribution's own is older than 3.2
                 (default: build/onednn in this checkout, where CMake looks for it;
                 elsewhere, configure with -DAVOCET_DNNL_PREFIX=DIR)
USAGE
}

say() { printf 'install-dependencies: %s\n' "$*"; }
fail() { printf 'install-dependencies: error: %s\n' "$*" >&2; exit 1; }

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix="$root_dir/build/onednn"
with_tests=0
while [ $# -gt 0 ]; do
  case $1 in
    --with-tests) with_tests=1 ;;
    --prefix) [ $# -ge 2 ] || fail "--prefix needs a directory"; prefix=$2; shift ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; fail "unknown argument: $1" ;;
  esac
  shift
done
[ -n "$prefix" ] || fail "--prefix needs a directory"

build_packages=(
  g++ cmake ninja-build ccache git ca-certificates openssl
  python3 python3-venv python3-pip
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libabsl-dev
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev
  prometheus-cpp-dev nlohmann-json3-dev libspdlog-dev libcli11-dev libhwy-dev zlib1g-dev
)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev clang-format clang-tidy libopenmpi-dev openmpi-bin)

# The oldest oneDNN with the API that engine/onednn uses.
readonly dnnl_minimum=3.2
# oneDNN 3.2.0 with GNU OpenMP: the one version that PyPI carries with headers and a CMake package.
readonly wheel_version=2023.2.0
readonly cpu_sha256=2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb
readonly devel_sha256=9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284

log=$(mktemp)
scratch=
trap 'rm -rf "$log" "$scratch"' EXIT

# run WHAT COMMAND...: keeps the output in the log, and shows its end when the command fails.
run() {
  local what=$1
  shift
  if ! "$@" >>"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    fail "$what failed; its last output is above"
  fi
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

apt() { as_root apt-get -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@"; }

# Prints those of its arguments that are not installed.
missing_of() {
  local package
  for package in "$@"; do
    if ! dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed; then
      echo "$package"
    fi
  done
}

has_system_onednn() {
  local version
  version=$(dpkg-query -W -f='${db:Status-Status} ${Version}' libdnnl-dev 2>/dev/null) || return 1
  [ "${version%% *}" = installed ] && dpkg --compare-versions "${version#* }" ge "$dnnl_minimum"
}

has_private_onednn() {
  [ -e "$prefix/lib/libdnnl.so" ] && [ -f "$prefix/include/oneapi/dnnl/dnnl.hpp" ] &&
    [ -f "$prefix/lib/cmake/dnnl/dnnl-config.cmake" ]
}

offered_onednn() {
  local version
  version=$(apt-cache policy libdnnl-dev 2>/dev/null | sed -n 's/^ *Candidate: //p')
  [ -n "$version" ] && [ "$version" != "(none)" ] &&
    dpkg --compare-versions "$version" ge "$dnnl_minimum"
}

install_packages() {
  local missing
  apt update >>"$log" 2>&1 </dev/null ||
    say "warning: apt-get update reported errors; trying with the package lists at hand"
  if ! has_private_onednn && ! has_system_onednn && offered_onednn; then
    packages+=(libdnnl-dev)
  fi
  mapfile -t missing < <(missing_of "${packages[@]}")
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${#missing[@]} packages: ${missing[*]}"
  if ! apt install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
    tail -n 30 "$log" >&2
    mapfile -t missing < <(missing_of "${missing[@]}")
    fail "apt-get could not install; still missing: ${missing[*]}"
  fi
  mapfile -t missing < <(missing_of "${packages[@]}")
  [ ${#missing[@]} -eq 0 ] || fail "still missing after apt-get install: ${missing[*]}"
}

# Lays the wheels' include, lib and share under $prefix. A wheel cannot hold a symlink and carries the
# library three times, so the two short names become links again; they come last, and mark the prefix
# as complete.
install_private_onednn() {
  [ "$(uname -m)" = x86_64 ] ||
    fail "oneDNN >= $dnnl_minimum: this distribution has none, and PyPI has it for x86_64 only"
  say "installing oneDNN 3.2 from PyPI into $prefix"
  scratch=$(mktemp -d)
  cat >"$scratch/requirements.txt" <<REQUIREMENTS
onednn-cpu-gomp==$wheel_version --hash=sha256:$cpu_sha256
onednn-devel-cpu-gomp==$wheel_version --hash=sha256:$devel_sha256
REQUIREMENTS
  run "download of onednn-cpu-gomp and onednn-devel-cpu-gomp $wheel_version" \
    python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: \
    --require-hashes --dest "$scratch" -r "$scratch/requirements.txt"
  local wheel
  for wheel in "$scratch"/*.whl; do
    run "unpacking ${wheel##*/}" python3 -m zipfile -e "$wheel" "$scratch/wheels"
  done
  mkdir "$scratch/tree"
  cp -r "$scratch"/wheels/*.data/data/. "$scratch/tree/"
  rm "$scratch"/tree/lib/libdnnl.so "$scratch"/tree/lib/libdnnl.so.3
  chmod 755 "$scratch"/tree/lib/libdnnl.so.3.2

  local owner=()
  if ! { mkdir -p "$prefix" && [ -w "$prefix" ]; } 2>/dev/null; then
    owner=(as_root)
  fi
  run "copying oneDNN to $prefix" "${owner[@]}" mkdir -p "$prefix"
  run "copying oneDNN to $prefix" "${owner[@]}" cp -r "$scratch/tree/." "$prefix/"
  run "copying oneDNN to $prefix" "${owner[@]}" ln -sf libdnnl.so.3.2 "$prefix/lib/libdnnl.so.3"
  run "copying oneDNN to $prefix" "${owner[@]}" ln -sf libdnnl.so.3 "$prefix/lib/libdnnl.so"
  if [ -n "${SUDO_UID:-}" ] && [ "$prefix" = "$root_dir/build/onednn" ]; then
    chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$root_dir/build"
  fi
}

command -v apt-get >/dev/null || fail "apt-get not found: expected Debian 12 or 13, or Ubuntu >= 24.04"
packages=("${build_packages[@]}")
if [ "$with_tests" -eq 1 ]; then
  packages+=("${test_packages[@]}")
  # A Go that is already on the PATH, from wherever, is taken as it is.
  command -v go >/dev/null || packages+=(golang-go)
fi

mapfile -t absent < <(missing_of "${packages[@]}")
if has_system_onednn || has_private_onednn; then onednn=1; else onednn=0; fi
if [ ${#absent[@]} -eq 0 ] && [ "$onednn" -eq 1 ]; then
  say "everything is already installed"
  exit 0
fi

if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
  [ "$onednn" -eq 1 ] || absent+=("oneDNN >= $dnnl_minimum")
  fail "neither root nor sudo; missing: ${absent[*]}"
fi
install_packages
if ! has_system_onednn && ! has_private_onednn; then install_private_onednn; fi
has_system_onednn || has_private_onednn || fail "still missing: oneDNN >= $dnnl_minimum"
say "done"
