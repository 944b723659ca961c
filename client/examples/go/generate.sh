#!/bin/sh
# Generates the Go stubs of proto/classifier.proto into avocet/v1 of the folder OUTPUT (default: this one).
# Usage: generate.sh [OUTPUT]. Needs go >= 1.24 and protoc.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
output=${1:-$here}
tools=$top/build/languages/go-tools

# protoc-gen-go of the version that go.mod names, so that stubs and runtime fit.
[ -x "$tools/protoc-gen-go-1.36.11" ] || {
  GOBIN=$tools go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.11
  mv "$tools/protoc-gen-go" "$tools/protoc-gen-go-1.36.11"
}
[ -x "$tools/protoc-gen-go-grpc-1.6.0" ] || {
  GOBIN=$tools go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.0
  mv "$tools/protoc-gen-go-grpc" "$tools/protoc-gen-go-grpc-1.6.0"
}
module=avocet/examples/go
mkdir -p "$output"
protoc -I "$top" \
  --plugin=protoc-gen-go="$tools/protoc-gen-go-1.36.11" \
  --plugin=protoc-gen-go-grpc="$tools/protoc-gen-go-grpc-1.6.0" \
  --go_out="$output" --go_opt=module=$module \
  --go_opt=Mproto/classifier.proto="$module/avocet/v1;avocetv1" \
  --go-grpc_out="$output" --go-grpc_opt=module=$module \
  --go-grpc_opt=Mproto/classifier.proto="$module/avocet/v1;avocetv1" \
  proto/classifier.proto
