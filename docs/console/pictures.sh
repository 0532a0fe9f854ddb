#!/usr/bin/env bash
# Makes the pictures of the console's pages: pictures.sh, on a machine where ./regild test has run once.
set -euo pipefail
cd "$(dirname "$0")/../.."
export REGILD_PICTURES=$PWD/docs/console
exec mvn -B --no-transfer-progress verify -Dsurefire.skip=true -DskipTests=false -Dtest=none \
  -Dsurefire.failIfNoSpecifiedTests=false "-Dit.test=ConsoleBrowserIT#everyPageIsAccessible*,ConsoleMainJobIT"
