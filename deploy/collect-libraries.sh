#!/usr/bin/env bash
# collect-libraries.sh OUT PROGRAM...: copies the shared libraries that the programs load, except the C
# library, into OUT/lib, and the copyright files of the packages they come from into OUT/doc.
#
# For the runtime image: installing those packages instead would be three times as large, since they
# bring what our programs never load (drivers, LLVM, map projections).
set -euo pipefail

out=$1
shift
mkdir -p "$out/lib" "$out/doc"
# "libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x...)"; the packages own the path below /usr.
ldd "$@" | awk '$2 == "=>" && $3 == "not" { print "collect-libraries: not found: " $1 > "/dev/stderr"; bad = 1 }
                $2 == "=>" && $3 ~ "^/" { print $3 } END { exit bad }' |
  sort -u | while read -r library; do
  package=$(dpkg-query --search "$(realpath "$library")" | cut -d: -f1)
  [ "$package" != libc6 ] || continue
  cp --dereference "$library" "$out/lib/"
  mkdir -p "$out/doc/$package"
  cp --dereference "/usr/share/doc/$package/copyright" "$out/doc/$package/"
done
