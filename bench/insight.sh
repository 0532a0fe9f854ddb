#!/usr/bin/env bash
# Measures what Regild knows of images, and prints a table for each part: what, measured, goal.
#   bench/insight.sh [PART...]     all of them by default
# judge:      10,000 images of 500 packages, of 200 and of 10,000 distinct inventories, judged when a
#             snapshot arrives: fixes and open CVEs, on SQLite. Opens no disk.
# find:       the same images, found by package and by CVE.
# sbom:       bills of materials of 200 and 2,000 packages.
# plan:       the plan of a dry run, without CVEs and with them.
# changelogs: the changelogs of real packages, a kernel among them, which this machine's apt downloads.
# precision:  the CVEs of real packages against what python3-debian finds in the same files.
# Leaves nothing behind; takes about 1 GB in $TMPDIR while it runs.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bench=dev.regild.update.fleet.InsightBench

run() { # CLASS ARGUMENT...: a class of the tests, in a heap that shows what it needs
  if [[ ! -f $work/classpath ]]; then
    "$root/regild" help >/dev/null # builds it
    JAVA_HOME=$("$root/regild" jdk)
    export JAVA_HOME
    mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip test-compile \
      dependency:build-classpath -Dmdep.outputFile="$work/classpath" >&2
  fi
  "$JAVA_HOME/bin/java" -Xmx256m --enable-native-access=ALL-UNNAMED \
    -cp "$root/target/test-classes:$root/target/classes:$(cat "$work/classpath")" "$@" 2>/dev/null
}

judge() {
  mkdir "$work/judge"
  run dev.regild.update.verdict.JudgeBench "$work/judge"
}

find_images() {
  mkdir "$work/find"
  run $bench find "$work/find"
}

sbom() {
  run $bench sbom "$work"
}

plan() {
  mkdir "$work/plan"
  run $bench plan "$work/plan"
}

changelogs() {
  mkdir "$work/debs"
  local kernel
  kernel=$(apt-cache depends --no-recommends --no-suggests linux-image-cloud-amd64 |
    sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1)
  (cd "$work/debs" && apt-get download -q "$kernel" openssl libssl3 bash tzdata perl-base >/dev/null)
  run $bench changelogs "$work" "$work"/debs/*.deb
}

precision() {
  mvn -B -q -f "$root/pom.xml" -Dspotless.check.skip -Dit.test=AptChangelogsIT \
    -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false verify >&2
  printf '%-58s %22s   %s\n' 'CVEs of real packages' 'equal, one by one' 'equal, one by one'
}

parts=("$@")
((${#parts[@]})) || parts=(judge find sbom plan changelogs precision)
for part in "${parts[@]}"; do
  case $part in
    judge | sbom | plan | changelogs | precision) "$part" ;;
    find) find_images ;;
    *)
      printf 'bench/insight.sh: unknown part %s; the parts are: judge find sbom plan changelogs precision\n' \
        "$part" >&2
      exit 2
      ;;
  esac
done
