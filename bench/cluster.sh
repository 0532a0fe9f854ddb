#!/usr/bin/env bash
# Measures nodes that share a PostgreSQL and an S3 server (s3proxy), each figure beside its reference from
# the same run. Takes what ./regild test installs; `update` takes root.
#   bench/cluster.sh [PART...]   all parts without one:
#     api      p99 among 100,000 images at one connection, on PostgreSQL and on SQLite
#     update   the same update with a warm cache, and on an embedded server
#     chain    how fast an object of the store arrives, beside curl (bench/store.sh)
#     idle     three idle nodes: processor time, queries a second
#     memory   an embedded server at rest; REGILD_BENCH_OLD=DIRECTORY adds a built checkout of an older one
# Leaves nothing behind.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d "${TMPDIR:-/var/tmp}/regild-cluster.XXXXXX")
trap 'rm -rf "$work"' EXIT

"$root/regild" help >/dev/null # builds it
JAVA_HOME=$("$root/regild" jdk)
export JAVA_HOME
mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
cd "$root"

bench() { # CLASS ARGUMENT...
  "$root/regild" with "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
    -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" "$@"
}

[[ $# -gt 0 ]] || set -- api update chain idle memory
for part in "$@"; do
  printf '== %s\n' "$part"
  mkdir "$work/$part"
  case $part in
  api) bench dev.regild.server.ClusterApiBench "$root/regild" "$work/api" ;;
  chain) "$root/bench/store.sh" ;;
  update | idle) bench dev.regild.e2e.ClusterBench "$part" "$root/regild" "$work/$part" ;;
  memory)
    bench dev.regild.e2e.ClusterBench memory "$root/regild" "$work/memory" \
      ${REGILD_BENCH_OLD:+"$REGILD_BENCH_OLD/regild"}
    ;;
  *)
    printf 'bench: no part %s\n' "$part" >&2
    exit 2
    ;;
  esac
done
