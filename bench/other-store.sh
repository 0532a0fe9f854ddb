#!/usr/bin/env bash
# Runs the store's tests against a second S3 server: Adobe's S3Mock, from Maven Central. Those that look at
# the server's files are skipped. ./regild test runs on s3proxy; `regild doctor --store` tests any other server.
# Two tests fail with S3Mock: see docs/store.md.
#   bench/other-store.sh [TEST...]     (default ObjectStoreIT StoreTrialIT)
set -euo pipefail

version=4.11.0
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/regild-s3mock.XXXXXX")
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$work"' EXIT
JAVA_HOME=$("$root/regild" jdk | tail -n 1)
export JAVA_HOME
mvn -B -q dependency:copy -Dartifact="com.adobe.testing:s3mock:$version:jar:exec" \
  -DoutputDirectory="$work" >&2
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS=images COM_ADOBE_TESTING_S3MOCK_STORE_ROOT="$work/objects" \
  "$JAVA_HOME/bin/java" -Xmx512m -jar "$work/s3mock-$version-exec.jar" \
  --com.adobe.testing.s3mock.httpPort="$port" --server.port=0 >"$work/log" 2>&1 &
server=$!
SECONDS=0
until curl -sf -o "$work/answer" "http://127.0.0.1:$port/images?list-type=2"; do
  if ! kill -0 "$server" || ((SECONDS > 120)); then
    tail -n 30 "$work/log" >&2
    printf 'bench/other-store.sh: S3Mock does not respond; its log is above\n' >&2
    exit 1
  fi
  sleep 1
done
tests=("$@")
[[ ${#tests[@]} -gt 0 ]] || tests=(ObjectStoreIT StoreTrialIT)
cd "$root"
REGILD_TEST_STORE_ENDPOINT=http://127.0.0.1:$port mvn -B -Dspotless.check.skip verify \
  -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dit.test="$(IFS=,; printf '%s' "${tests[*]}")"
