#!/usr/bin/env bash
# Builds the images from a clean clone of HEAD, starts the compose file's services under a project name
# and ports of their own, sends load, and checks that every query of the dashboard returns data.
#
# Needs a Docker engine with Compose v2 and network for the package registries, and takes minutes, so it
# is not part of tests/run.sh. A base or Prometheus image that is there under the tag that the project
# names is used as it is; where Prometheus' cannot be pulled, one is made of Debian's package. Grafana is
# started where its image is there or can be pulled. Behind a proxy
# with a certificate authority of its own, set PIP_CERT to its file: the models service gets it.
set -euo pipefail

fail() { printf 'compose_test: error: %s\n' "$*" >&2; exit 1; }
step() { printf '\n== %s\n' "$*"; }

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
docker compose version >/dev/null 2>&1 || fail "docker compose (version 2) is missing"
docker info >/dev/null 2>&1 || fail "no Docker engine answers"

scratch=$(mktemp -d)
export AVOCET_PORT=55051 AVOCET_METRICS_PORT=58080 PROMETHEUS_PORT=59090 GRAFANA_PORT=53000
AVOCET_COMMIT=$(git -C "$checkout" rev-parse --short HEAD)
export AVOCET_COMMIT
compose=(docker compose --project-name avocet-test --file docker-compose.yml)

# Of one service alone: `config --images` names those that it depends on, too.
image_of() {
  "${compose[@]}" config --format json | python3 -c 'import json, sys; print(json.load(sys.stdin)["services"][sys.argv[1]]["image"])' "$1"
}
is_there() {
  docker image inspect "$(image_of "$1")" >/dev/null 2>&1 || "${compose[@]}" pull --quiet "$1" 2>/dev/null
}

cleanup() {
  local status=$?
  if [ "$status" -ne 0 ]; then "${compose[@]}" logs --tail 40 || true; fi
  "${compose[@]}" down --volumes --timeout 40 >/dev/null 2>&1 || true
  cd /
  rm -rf "$scratch"
}

git clone --quiet "$checkout" "$scratch/avocet"
cd "$scratch/avocet"
if [ -n "${PIP_CERT:-}" ]; then
  cat >"$scratch/certificate.yml" <<YAML
services:
  models:
    environment: { PIP_CERT: /run/pip-certificate.pem }
    volumes: ["$(realpath "$PIP_CERT"):/run/pip-certificate.pem:ro"]
YAML
  compose+=(--file "$scratch/certificate.yml")
fi
trap cleanup EXIT

step "build"
"${compose[@]}" build

step "start"
services=(server prometheus)
if ! is_there prometheus; then
  echo "Prometheus' image is not to be had here; making one of Debian's package"
  docker build --quiet --tag "$(image_of prometheus)" - <<'DOCKERFILE'
FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends prometheus && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["prometheus"]
DOCKERFILE
fi
if is_there grafana; then
  services+=(grafana)
else
  echo "Grafana's image is not to be had here; going on without it"
fi
"${compose[@]}" up --detach --wait --wait-timeout 180 "${services[@]}"
"${compose[@]}" ps --all

step "load"
# Long enough for the queries' window of 30 s to be full of it.
docker run --rm --network avocet-test_default --volume "$PWD/tests/data/photos:/photos:ro" \
  --entrypoint avocet avocet-server \
  load --server server:50051 --concurrency 4 --duration 40 /photos

step "queries of the dashboard"
python3 -B tests/deploy/query_dashboard.py "http://127.0.0.1:$PROMETHEUS_PORT"

step "stop"
server=$("${compose[@]}" ps --quiet server)
"${compose[@]}" stop server
status=$(docker inspect --format '{{.State.ExitCode}}' "$server")
[ "$status" -eq 0 ] || fail "the server ended with status $status on SIGTERM, 0 was expected"
echo "compose_test: passed"
