#!/usr/bin/env bash
# From a fresh checkout to an answer: installs, builds, fetches a network, starts the server in the
# background, and classifies a photograph with the client.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: deploy/quickstart.sh [--port N] [--metrics-port N] [PHOTO]
       deploy/quickstart.sh stop

  PHOTO             an image file (default: the bundled tests/data/photos/coffee.jpg)
  --port N          gRPC port of the server (default: AVOCET_PORT, else 50051)
  --metrics-port N  port of the metrics page (default: AVOCET_METRICS_PORT, else 8080)
  stop              stops the server that an earlier run left running
USAGE
}

say() { printf 'quickstart: %s\n' "$*"; }
fail() { printf 'quickstart: error: %s\n' "$*" >&2; exit 1; }

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build_dir="$root_dir/build/quickstart"
models_dir="$root_dir/build/models"
network=tf_efficientnet_lite0
server="$build_dir/server/avocet-server"
client="$build_dir/client/avocet"
pid_file="$build_dir/server.pid"
ports_file="$build_dir/server.ports"
log_file="$build_dir/server.log"

port=${AVOCET_PORT:-50051}
metrics_port=${AVOCET_METRICS_PORT:-8080}
photo="$root_dir/tests/data/photos/coffee.jpg"
stop_only=0
while [ $# -gt 0 ]; do
  case $1 in
    --port) [ $# -ge 2 ] || fail "--port needs a number"; port=$2; shift ;;
    --port=*) port=${1#*=} ;;
    --metrics-port) [ $# -ge 2 ] || fail "--metrics-port needs a number"; metrics_port=$2; shift ;;
    --metrics-port=*) metrics_port=${1#*=} ;;
    -h | --help) usage; exit 0 ;;
    stop) stop_only=1 ;;
    -*) usage >&2; fail "unknown flag: $1" ;;
    *)
      [ -f "$1" ] || fail "no such photograph: $1"
      photo=$(realpath "$1")
      ;;
  esac
  shift
done
for number in "$port" "$metrics_port"; do
  if ! [[ $number =~ ^[1-9][0-9]{0,4}$ ]] || [ "$number" -gt 65535 ]; then
    fail "a port is a number from 1 to 65535, not '$number'"
  fi
done
[ "$port" != "$metrics_port" ] || fail "--port and --metrics-port are both $port"

# Prints the process id of the server that an earlier run left running. A recycled process id is told
# apart by the program it runs; " (deleted)" marks one whose file was rebuilt since.
running_pid() {
  local pid
  [ -f "$pid_file" ] && pid=$(cat "$pid_file") && [[ $pid =~ ^[0-9]+$ ]] || return 1
  case $(readlink "/proc/$pid/exe" 2>/dev/null) in
    "$server" | "$server (deleted)") echo "$pid" ;;
    *) return 1 ;;
  esac
}

stop_server() {
  local pid
  pid=$(running_pid) || { rm -f "$pid_file"; return 0; }
  say "stopping the server (process $pid)"
  kill -TERM "$pid"
  for _ in $(seq 300); do
    running_pid >/dev/null || { rm -f "$pid_file"; return 0; }
    sleep 0.1
  done
  fail "the server (process $pid) still drains after 30 s; kill -KILL $pid ends it at once"
}

# require_free PORT FLAG VARIABLE
require_free() {
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    fail "port $1 is taken by another program; choose one with $2 N or $3=N"
  fi
}

start_server() {
  local pid
  require_free "$port" --port AVOCET_PORT
  require_free "$metrics_port" --metrics-port AVOCET_METRICS_PORT
  # Other networks that were fetched into the folder are served too, so the default is named.
  setsid nohup "$server" --models "$models_dir" --default-model "$network" \
    --port "$port" --metrics-port "$metrics_port" >"$log_file" 2>&1 </dev/null &
  pid=$!
  echo "$pid" >"$pid_file"
  echo "$port $metrics_port" >"$ports_file"
  for _ in $(seq 240); do
    if "$client" health --server "localhost:$port" >/dev/null 2>&1; then
      say "the server is up (process $pid, log $log_file)"
      return 0
    fi
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.25
  done
  tail -n 20 "$log_file" >&2
  kill "$pid" 2>/dev/null || true
  rm -f "$pid_file"
  fail "the server did not become healthy; the end of its log is above"
}

if [ "$stop_only" -eq 1 ]; then
  running_pid >/dev/null || say "no server of this checkout is running"
  stop_server
  exit 0
fi

cd "$root_dir"
deploy/install-dependencies.sh
say "building server and client in build/quickstart"
cmake -S . -B "$build_dir" -G Ninja --log-level=WARNING \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DAVOCET_BUILD_TESTS=OFF
cmake --build "$build_dir" --target avocet-server avocet --parallel "$(nproc)"
deploy/fetch-models.sh --models "$models_dir" "$network"

if pid=$(running_pid); then
  if [ "$(readlink "/proc/$pid/exe")" = "$server" ] &&
    [ "$(cat "$ports_file" 2>/dev/null)" = "$port $metrics_port" ]; then
    say "using the server that is already running (process $pid)"
  else
    say "the running server is of an older build or on other ports"
    stop_server
    start_server
  fi
else
  start_server
fi

address=
[ "$port" = 50051 ] || address="--server localhost:$port"
echo
"$client" classify --format chart --server "localhost:$port" "$photo"
echo
say "the server keeps running: gRPC on localhost:$port, metrics at http://localhost:$metrics_port/metrics"
say "another photograph: ${client#"$root_dir"/} classify${address:+ $address} FILE"
say "to stop it: deploy/quickstart.sh stop"
