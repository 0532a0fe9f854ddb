#!/usr/bin/env bash
# Runs the store's tests that look at no files against a second S3 server, S3Mock: Adobe's, from Maven
# Central. The tests of ./regild test run on s3proxy. `regild doctor --store` tests any other server.
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
for ((i = 0; i < 120; i++)); do
  curl -sf -o "$work/answer" "http://127.0.0.1:$port/images?list-type=2" && break
  kill -0 "$server" || { tail -n 30 "$work/log" >&2; exit 1; }
  sleep 1
done
tests=("$@")
[[ ${#tests[@]} -gt 0 ]] || tests=(ObjectStoreIT StoreTrialIT)
cd "$root"
REGILD_TEST_STORE_ENDPOINT=http://127.0.0.1:$port mvn -B -Dspotless.check.skip verify \
  -Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dit.test="$(IFS=,; printf '%s' "${tests[*]}")"
