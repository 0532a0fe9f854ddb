#!/usr/bin/env bash
# Measures the API among 100,000 images, and prints a table: requests a second, median and 99th
# percentile of the latency with 1 and with 16 connections, the start, the resident memory. Requests
# carry SigV4 signatures, made beforehand; the server shares this machine with their sender.
#   bench/api.sh [OLDER]     OLDER is a built checkout of an older Regild, which is measured first
# Leaves nothing behind; takes about 500 MB in $TMPDIR while it runs.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
port=${REGILD_BENCH_PORT:-18791}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ -n ${1:-} ]]; then
  printf '== %s\n' "$1"
  "$1/bench/api.sh"
  printf '== %s\n' "$root"
fi
"$root/regild" help >/dev/null # builds it
JAVA_HOME=$("$root/regild" jdk)
export JAVA_HOME
mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
mkdir "$work/data"
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
  -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" \
  dev.regild.server.ApiBench "$root/regild" "$work/data" "$port"
