#!/usr/bin/env bash
# Measures a channel that follows a server of Windows updates, without a network.
#   bench/windows.sh
# select: the latest updates among 10,000 documents; the goal is 300 ms.
# parse:  1,000 documents, ten of them of 5 MB, in a heap of 150 MB; the goal is 50 MB/s.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/regild" help >/dev/null # builds it
JAVA_HOME=$("$root/regild" jdk)
export JAVA_HOME
mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
"$JAVA_HOME/bin/java" -Xmx150m --enable-native-access=ALL-UNNAMED \
  -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" \
  dev.regild.windows.upstream.UpstreamBench
