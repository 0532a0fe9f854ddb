#!/usr/bin/env bash
# Measures what Regild knows of images, and prints a table for each part.
#   bench/insight.sh [judge]
# judge: 10,000 images of 500 packages, of 200 and of 10,000 distinct inventories, judged when a
#        snapshot arrives: fixes and open CVEs, on SQLite. Opens no disk.
# Leaves nothing behind; takes about 1 GB in $TMPDIR while it runs.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() { # CLASS ARGUMENT...: a class of the tests, in a heap that shows what it needs
  if [[ ! -f $work/classpath ]]; then
    "$root/regild" help >/dev/null # builds it
    JAVA_HOME=$("$root/regild" jdk)
    export JAVA_HOME
    mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
      dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
  fi
  "$JAVA_HOME/bin/java" -Xmx256m --enable-native-access=ALL-UNNAMED \
    -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" "$@"
}

judge() {
  mkdir "$work/judge"
  run dev.regild.update.verdict.JudgeBench "$work/judge" 2>/dev/null
}

case ${1:-all} in
  judge) judge ;;
  all) judge ;;
  *)
    printf 'bench/insight.sh: unknown part %s; the parts are: judge\n' "$1" >&2
    exit 2
    ;;
esac
