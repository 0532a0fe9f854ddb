#!/usr/bin/env bash
# Measures policies, and prints a table for each part: what, measured, goal.
#   bench/policies.sh [PART...]     all of them by default
# schedules: 1,000 schedules that are due at once decide on 10,000 lines after a new snapshot, and
#            record every decision: of 200 and of 10,000 distinct inventories of 500 packages.
# rings:     a promotion, and its preview over 10,000 images of 200 and of 10,000 distinct inventories.
# retention: the preview of the retention of 1,000 lines with 100,000 images and as many layers.
# All on SQLite; no disk is opened.
# Leaves nothing behind; takes about 1 GB in $TMPDIR while it runs.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() { # PART CLASS ARGUMENT...: in a heap that shows what it needs
  if [[ ! -f $work/classpath ]]; then
    "$root/regild" help >/dev/null # builds it
    JAVA_HOME=$("$root/regild" jdk)
    export JAVA_HOME
    mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
      dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
  fi
  mkdir "$work/$1"
  "$JAVA_HOME/bin/java" -Xmx512m --enable-native-access=ALL-UNNAMED \
    -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" \
    "${@:2}" "$work/$1" 2>/dev/null
}

parts=("$@")
((${#parts[@]})) || parts=(schedules rings retention)
for part in "${parts[@]}"; do
  case $part in
    schedules) run schedules dev.regild.policy.schedule.SchedulesBench ;;
    rings | retention) run "$part" dev.regild.policy.PoliciesBench "$part" ;;
    *)
      printf 'bench/policies.sh: unknown part %s; the parts are: schedules rings retention\n' "$part" >&2
      exit 2
      ;;
  esac
done
