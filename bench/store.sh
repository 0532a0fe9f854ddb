#!/usr/bin/env bash
# Compares how fast an object arrives from an S3 server on this machine (s3proxy, which keeps files),
# with its SHA-256 checked, with what curl gets of the same object. Prints medians and their ratio.
#   bench/store.sh [MIB]     the size of the object (default 512)
set -euo pipefail

size=${1:-512}
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/regild-store.XXXXXX")
trap 'rm -rf "$work"' EXIT
JAVA_HOME=$("$root/regild" jdk | tail -n 1)
export JAVA_HOME
mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
cd "$root"
"$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx512m --sun-misc-unsafe-memory-access=allow \
  -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" \
  dev.regild.store.StoreReadBench "$work" "$size"
