#!/usr/bin/env bash
# Tries faults on three nodes that share a PostgreSQL and an S3 server (s3proxy), all on this machine,
# and prints a line for each row of docs/cluster.md's table. Takes root, and what ./regild test installs,
# iproute2 (cut-*) and libfaketime (clock).
#   bench/faults.sh [ROW...]   all rows without one: kill kill-one freeze database cut-database cut-store
#                              clock store across random
#   bench/faults.sh store-away               one fault of the store; `store` tries all of them at once, each
#                                            on a node of its own: store-away store-500 store-503 store-slow
#                                            store-full
#   bench/faults.sh kill=Apply,Publish       a worker in each of these steps, not three in each of all;
#                                            kill kills three workers at once, kill-one one after another
#   bench/faults.sh across                   no fault: how soon a node starts an update that another node
#                                            accepts, and ends one that is cancelled there
#   bench/faults.sh random=SEED              the same faults again
#   bench/faults.sh random=SEED,MINUTES,UPDATES  for a shorter time
#   bench/faults.sh versions=DIRECTORY       nodes of this version beside those of a built checkout of an
#                                            older one that has a store (a rolling upgrade)
# Each row ends with a garbage collection without its grace, and a check of the whole registry, the whole
# store (regild store check) and of what is left on each node. Exits with 1 if a row failed. Leaves nothing behind.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/regild" help >/dev/null # builds it
JAVA_HOME=$("$root/regild" jdk)
export JAVA_HOME
mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
  dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
cd "$root"
"$root/regild" with "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED \
  -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" \
  dev.regild.e2e.FaultsBench "$work" "$@"
