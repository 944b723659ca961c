#!/usr/bin/env bash
# Fetches pretrained ImageNet networks as model folders for avocet-server.
#
#   deploy/fetch-models.sh [--models DIR] [NAME...]     NAME: lite0 (default), lite1, lite2, all
#
# Writes DIR/tf_efficientnet_lite0/1/{config.json,model.safetensors}. A model that is already there is kept.
set -euo pipefail

fail() {
  echo "fetch-models.sh: $1" >&2
  exit 1
}

command -v python3 >/dev/null || fail "python3 is missing (Debian package python3)"
python3 -m pip --version >/dev/null 2>&1 || fail "pip is missing (Debian package python3-pip)"

exec python3 "$(dirname "$(readlink -f "$0")")/models/fetch_models.py" "$@"
