#!/usr/bin/env bash
# Makes the data directory that a version of Regild leaves, small enough to be kept:
#   git worktree add /tmp/old COMMIT && (cd /tmp/old && ./regild --version)   # builds it
#   ./make.sh /tmp/old NAME [postgresql://USER:PASSWORD@HOST:PORT/EMPTY-DATABASE]
# The version's own server makes the registry, the keys and the channel; an image, its layers and its tags
# are rows in that version's tables. The database is kept as SQL (sqlite3 .dump, pg_dump).
set -euo pipefail

tree=$1
here=$(cd "$(dirname "$0")" && pwd)
target=$here/$2
url=${3:-}
data=$(mktemp -d)
trap 'rm -rf "$data" "$data".*' EXIT

java=(nice "${JAVA_HOME:-/usr/lib/jvm/temurin-25-jdk-amd64}/bin/java" -XX:TieredStopAtLevel=1
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -jar "$tree/target/regild.jar")
"${java[@]}" serve --data "$data" --listen 127.0.0.1:0 ${url:+--database "$url"} 2>"$data.log" &
server=$!
for _ in $(seq 600); do
  grep -q '"server started"' "$data.log" && break
  sleep 0.2
done
kill "$server"
wait "$server" || true

mkdir -p "$data/channels"
cat >"$data/channels/debian-12.yaml" <<YAML
platform: DEBIAN_12
sources:
  - uris: [http://deb.example.com/debian]
    suites: [bookworm]
    components: [main]
    signed-by: /usr/share/keyrings/debian-archive-keyring.gpg
YAML

if [[ -n $url ]]; then
  database() { psql --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$url"; }
  # psql's own commands (\restrict) are not SQL.
  dump() { pg_dump --inserts --no-owner --no-privileges "$url" | grep -v '^\\'; }
  bytes() { printf "'\\\\x%s'::bytea" "$(od -An -v -tx1 "$1" | tr -d ' \n')"; }
else
  database() { sqlite3 "$data/regild.db"; }
  dump() { sqlite3 "$data/regild.db" .dump; }
  bytes() { printf "X'%s'" "$(od -An -v -tx1 "$1" | tr -d ' \n')"; }
fi

account=$(database <<<'SELECT id FROM account LIMIT 1')
printf 'the base layer' >"$data/layers/base.qcow2"
printf 'the difference' >"$data/layers/top.qcow2"
sum() { sha256sum "$data/layers/$1.qcow2" | cut -c1-64; }
cat >"$data.json" <<'JSON'
{"os":{"platform":"DEBIAN_12","name":"Debian GNU/Linux 12 (bookworm)","version":"12.6"},"architecture":"amd64","packages":[{"name":"bash","architecture":"amd64","version":"5.2.15-2","held":false}]}
JSON
zstd -q "$data.json" -o "$data.zst"
inventory=$(sha256sum "$data.json" | cut -c1-64)
layout='{"firmware":"BIOS","filesystems":[{"mountPoint":"/","device":"/dev/sda1","offset":1048576,"size":1072693248,"type":"ext4","uuid":"","label":"","partitionUuid":""}]}'
database <<SQL
INSERT INTO inventory (digest, compressed_json) VALUES ('$inventory', $(bytes "$data.zst"));
INSERT INTO layer (id, base_id, bytes, virtual_bytes, sha256) VALUES
  ('base', NULL, 14, 1073741824, '$(sum base)'), ('top', 'base', 14, 1073741824, '$(sum top)');
INSERT INTO image (id, account_id, region, name, state, errors, visibility, image_type,
    image_builder_supported, platform, applications, created, allow_fleet, allow_image_builder,
    instance_families, dynamic_app_providers, managed_software, layer_id, inventory_digest, disk_layout)
  VALUES ('img-1', '$account', 'us-east-1', 'golden', 'AVAILABLE', '[]', 'PRIVATE', 'CUSTOM',
    TRUE, 'DEBIAN_12', '[]', 1700000000000, TRUE, TRUE, '[]', FALSE, FALSE, 'base',
    '$inventory', '$layout'),
    ('img-2', '$account', 'us-east-1', 'golden-updated', 'AVAILABLE', '[]', 'PRIVATE', 'CUSTOM',
    TRUE, 'DEBIAN_12', '[]', 1700000000000, TRUE, TRUE, '[]', FALSE, FALSE, 'top',
    '$inventory', '$layout');
INSERT INTO tag (resource_arn, tag_key, tag_value)
  VALUES ('arn:aws:appstream:us-east-1:$account:image/golden', 'team', 'desktop');
SQL

rm -rf "$target"
mkdir -p "$target"
dump >"$target/regild.sql"
cp -r "$data"/{master.key,layers,channels} "$target"
# Says that the registry in a PostgreSQL is this directory's.
[[ ! -e $data/registry-id ]] || cp "$data/registry-id" "$target"
find "$target" -name '*.lock' -delete
chmod -R u+rwX,go= "$target"
du -sh "$target"
