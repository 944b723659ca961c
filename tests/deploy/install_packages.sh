#!/usr/bin/env bash
# install_packages.sh DIR [LIST]: puts the Python packages of LIST (this folder's requirements.txt) into DIR, once.
set -euo pipefail

target=$1
requirements=${2:-$(dirname "${BASH_SOURCE[0]}")/requirements.txt}
# The copy beside the packages says which list they were installed from.
if cmp --silent "$requirements" "$target/requirements.txt"; then exit 0; fi
rm -rf "$target"
python3 -m pip --disable-pip-version-check install --quiet --root-user-action=ignore --no-deps \
  --only-binary=:all: \
  --require-hashes --no-compile --target "$target" -r "$requirements"
cp "$requirements" "$target/requirements.txt"
