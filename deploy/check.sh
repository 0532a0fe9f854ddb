#!/usr/bin/env bash
# Checks the units and the manifest without a service manager and without a Kubernetes cluster:
#   - systemd-analyze verifies each unit, with /bin/true in place of /opt/regild/regild
#   - each object of the manifest is checked against the schemas of Kubernetes (npm, kubernetes-models):
#     missing fields, wrong types and values, but not unknown fields
# Prints a line for each, and exits with 1 if one is wrong. Needs systemd, node and npm.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

for unit in "$here"/systemd/*.service; do
  # verify wants the program to exist, and /opt/regild/regild need not be installed here.
  copy=$work/${unit##*/}
  sed 's#/opt/regild/regild#/bin/true#' "$unit" >"$copy"
  if said=$(SYSTEMD_LOG_LEVEL=warning systemd-analyze verify --man=no "$copy" 2>&1) && [[ -z $said ]]; then
    printf '%-40s ok\n' "${unit##*/}"
  else
    printf '%-40s %s\n' "${unit##*/}" "$said"
    failed=1
  fi
done

cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts kubernetes-models@5.1.0 js-yaml@4.1.0 >npm.log 2>&1 ||
  { tail -n 5 npm.log >&2; exit 1; }
cat >check.mjs <<'JS'
import fs from "node:fs";
import yaml from "js-yaml";

let failed = false;
for (const file of process.argv.slice(2)) {
  for (const object of yaml.loadAll(fs.readFileSync(file, "utf8"))) {
    let said = "ok";
    try {
      const models = await import(`kubernetes-models/${object.apiVersion}`);
      new models[object.kind](object).validate();
    } catch (error) {
      said = error.message;
      failed = true;
    }
    console.log(`${object.kind} ${object.metadata.name}`.padEnd(40) + " " + said);
  }
}
process.exit(failed ? 1 : 0);
JS
node check.mjs "$here"/kubernetes/*.yaml || failed=1
exit $failed
