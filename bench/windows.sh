#!/usr/bin/env bash
# Measures a channel that follows a server of Windows updates, without a network.
#   bench/windows.sh
# select: the latest updates among 10,000 documents; the goal is 300 ms.
# parse:  1,000 documents, ten of them of 5 MB, in a heap of 150 MB; the goal is 50 MB/s.
# plan:   the plan of an update in process, as a dry run makes it.
# refresh: a first refresh of 5,250 documents of 1.1 GB, one of them of 47 MB, from a server in a
#         process of its own, and one with nothing new; the goal is 150 MB of memory.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$root/regild" help >/dev/null # builds it
JAVA_HOME=$("$root/regild" jdk)
export JAVA_HOME
mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
classes="$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")"
bench=dev.regild.windows.upstream.UpstreamBench
"$JAVA_HOME/bin/java" -Xmx150m --enable-native-access=ALL-UNNAMED -cp "$classes" $bench

"$JAVA_HOME/bin/java" -Xmx2g --enable-native-access=ALL-UNNAMED -cp "$classes" $bench \
  serve "$work/server" >"$work/url" &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
until [ -s "$work/url" ]; do
  kill -0 $server
  sleep 0.2
done
"$JAVA_HOME/bin/java" -Xmx150m --enable-native-access=ALL-UNNAMED -cp "$classes" $bench \
  refresh "$(cat "$work/url")" "$work/win.catalogue"
