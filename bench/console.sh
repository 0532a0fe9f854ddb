#!/usr/bin/env bash
# Measures the console among 100,000 images in Debian's Chromium, and prints what it finds: first
# contentful paint, requests, rows and bytes; what open pages cost; how soon a step shows.
#   bench/console.sh         on a machine where ./regild test has run once
# Leaves nothing behind; takes about 500 MB in $TMPDIR while it runs.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
"$root/regild" help >/dev/null # builds it
JAVA_HOME=$("$root/regild" jdk)
export JAVA_HOME
mvn -B -q -Dspotless.check.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
mkdir "$work/data"
"$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" \
  dev.regild.server.ConsoleBench "$work/data" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
