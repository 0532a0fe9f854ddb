#!/usr/bin/env bash
# Times one and the same update of the demo's golden image beside what people use instead, several
# times each, and prints the medians and their ratios; bench/README.md says what is compared and has
# the last figures. Takes root.
#   bench/update.sh [RUNS [PART...]]     (default: 3, namespace import)
#   namespace  Regild's isolation "namespace", the steps Prepare to Publish without Qualify, beside
#              apt-get full-upgrade in a chroot; Qualify; the new layer beside its overlay; the first
#              update, which downloads the packages, beside the next
#   fetch      Fetch of an update whose packages are in the cache, when it reads their changelogs for
#              the CVEs, beside the same when they are known
#   import     regild import beside virt-inspector and qemu-img convert -c of the same disk
#   vm         Regild's isolation "vm", the same steps, beside virt-customize --update (which runs
#              upgrade, so that it leaves a new kernel out); takes some ten minutes a run without KVM
# With REGILD_BENCH_OLD=DIRECTORY, a built checkout of an older Regild is timed beside each of its own.
# The packages are downloaded once before anything is timed: Regild and the chroot read them from a
# cache on the host; virt-customize can't be given them and fetches them itself, from where the
# image's sources list says.
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
runs=${1:-3}
shift || true
parts=("$@")
[[ ${#parts[@]} -gt 0 ]] || parts=(namespace import)
old=${REGILD_BENCH_OLD:-}
cache=${REGILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/regild}
port=${REGILD_BENCH_PORT:-18790}
work=
loop=
server=
launcher=

say() { printf '%s\n' "$*" >&2; }

die() {
  say "bench: $*"
  exit 1
}

cleanup() {
  if [[ -n $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  if [[ -n $work ]]; then
    unmount
    rm -rf "$work"
  fi
}

now() { date +%s.%N; }

# Runs a command with its output in the log, which is shown only if the command fails.
logged() {
  "$@" >>"$work/log" 2>&1 </dev/null || {
    tail -n 40 "$work/log" >&2
    die "failed: $*"
  }
}

# seconds COMMAND...: its duration.
seconds() {
  local from to
  from=$(now)
  logged "$@"
  to=$(now)
  awk -v a="$from" -v b="$to" 'BEGIN { printf "%.2f\n", b - a }'
}

median() {
  sort -n | awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2); printf "%.2f", NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

overlay() {
  rm -f "$1"
  qemu-img create -q -f qcow2 -b "$golden" -F qcow2 "$1"
}

# --- the chroot ---

# The root file system is the second partition, from 2 MiB on to 1 MiB before the end.
mount_disk() {
  local bytes
  bytes=$(stat -c %s "$1")
  loop=$(losetup -f --show --offset $((2 << 20)) --sizelimit $((bytes - (3 << 20))) "$1")
  mkdir -p "$work/mnt"
  mount "$loop" "$work/mnt"
  mount --bind /dev "$work/mnt/dev"
  mount -t proc proc "$work/mnt/proc"
  mount -t sysfs sysfs "$work/mnt/sys"
}

unmount() {
  if mountpoint -q "$work/mnt" 2>/dev/null; then
    umount -R "$work/mnt"
  fi
  if [[ -n ${loop:-} ]]; then
    losetup -d "$loop"
    loop=
  fi
}

in_chroot() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    chroot "$work/mnt" "$@"
}

# Makes the disk's apt reach what the host reaches, and downloads all that it will install.
prepare_chroot() {
  mount_disk "$1"
  printf '#!/bin/sh\nexit 101\n' >"$work/mnt/usr/sbin/policy-rc.d"
  chmod 755 "$work/mnt/usr/sbin/policy-rc.d"
  rm -f "$work/mnt/etc/resolv.conf"
  cp -L /etc/resolv.conf "$work/mnt/etc/resolv.conf"
  apt-config dump --format '%F "%v";%n' Acquire::http Acquire::https Acquire::Check-Valid-Until \
    Acquire::Check-Date >"$work/mnt/etc/apt/apt.conf.d/99bench"
  sed -i 's|^URIs: .*|URIs: copy:/agent|' "$work/mnt/etc/apt/sources.list.d/agent.sources"
  cp -r "$cache/agent-repository/root" "$work/mnt/agent"
  in_chroot apt-get -q update
  in_chroot apt-get -q -y --download-only full-upgrade
  unmount
}

chroot_update() {
  mount_disk "$1"
  in_chroot apt-get -q -y --no-download -o Dpkg::Options::=--force-confold full-upgrade
  sync -f "$work/mnt"
  unmount
}

bench_chroot() {
  local run
  qemu-img convert -O raw "$golden" "$work/prepared.raw"
  logged prepare_chroot "$work/prepared.raw"
  for ((run = 1; run <= runs; run++)); do
    cp --sparse=always "$work/prepared.raw" "$work/chroot.raw"
    seconds chroot_update "$work/chroot.raw"
    rm "$work/chroot.raw"
  done
}

# --- libguestfs' tools ---

prepare_libguestfs() {
  if ! command -v virt-customize >/dev/null; then
    say "installing guestfs-tools"
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install guestfs-tools \
      >>"$work/log" 2>&1
  fi
  # Where KVM is there and doesn't work, libguestfs would wait for it for ever.
  if "$root/regild" doctor 2>/dev/null | grep -q '^accelerator *TCG'; then
    export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
  fi
}

bench_virt() {
  local run
  for ((run = 1; run <= runs; run++)); do
    overlay "$work/virt.qcow2"
    # The agent's repository answers nowhere that an appliance could reach.
    seconds "$root/regild" with virt-customize -q -a "$work/virt.qcow2" \
      --delete /etc/apt/sources.list.d/agent.sources --update
  done
}

inspect_and_convert() {
  "$root/regild" with virt-inspector -a "$golden"
  qemu-img convert -c -O qcow2 "$golden" "$work/converted.qcow2"
}

bench_inspect() {
  local run
  for ((run = 1; run <= runs; run++)); do
    seconds inspect_and_convert
    rm "$work/converted.qcow2"
  done
}

# --- Regild ---

# start_server CHECKOUT ISOLATION: with a data directory of its own.
start_server() {
  launcher=$1/regild
  export REGILD_ENDPOINT=http://127.0.0.1:$port REGILD_DATA=$work/data
  rm -rf "$REGILD_DATA"
  mkdir "$REGILD_DATA"
  logged "$launcher" channel add debian-12 --from-host --agent regild-streaming-agent \
    --source "file://$cache/agent-repository/root stable main" \
    --signed-by "$cache/agent-repository/keyring.gpg"
  "$launcher" serve --listen "127.0.0.1:$port" --isolation "$2" --auth off \
    >>"$work/server.log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    curl -sf "http://127.0.0.1:$port/health/ready" >/dev/null && return
    sleep 0.2
  done
  tail -n 40 "$work/server.log" >&2
  die "the server does not answer"
}

stop_server() {
  kill "$server"
  wait "$server" || true
  server=
}

# Of an update, from what the server says of it: the seconds of its steps but Qualify, those of
# Qualify, the size of the new layer as a part of its overlay's, and in MiB.
step_figures() {
  curl -sf "http://127.0.0.1:$port/regild/v1/updates/$1" | python3 -c '
import datetime, json, math, re, sys
total, qualify, part, layer = 0.0, 0.0, 0.0, 0.0
for step in json.load(sys.stdin)["steps"]:
    began, ended = (datetime.datetime.fromisoformat(step[k].replace("Z", "+00:00"))
                    for k in ("started", "ended"))
    seconds = (ended - began).total_seconds()
    if step["name"].upper() == "QUALIFY":
        qualify = seconds
    else:
        total += seconds
    if step["name"].upper() == "PUBLISH":
        units = {"bytes": 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
        # An older build says only one of the two.
        layer, overlay = ([float(size) * units[unit] for size, unit in re.findall(
            "([0-9.]+) (%s)" % "|".join(units), step["detail"])] + [math.nan] * 2)[:2]
        part = layer / overlay
print("%.2f %.2f %.3f %.1f" % (total, qualify, part, layer / (1 << 20)))'
}

# bench_regild CHECKOUT ISOLATION NAME: writes the files NAME-first (the update that downloads) and
# NAME (the others), a line of figures an update.
bench_regild() {
  local run
  start_server "$1" "$2"
  logged "$launcher" import "$golden" --name golden --wait
  for ((run = 0; run <= runs; run++)); do
    logged "$launcher" update golden "bench-$run" --wait
    step_figures "bench-$run" >>"$work/$3$( ((run == 0)) && echo -first || true)"
  done
  stop_server
}

# fetch_seconds IMAGE: of Fetch, and of Fetch and Apply together, in the update that made it.
fetch_seconds() {
  curl -sf "http://127.0.0.1:$port/regild/v1/updates/$1" | python3 -c '
import datetime, json, sys
seconds = {}
for step in json.load(sys.stdin)["steps"]:
    began, ended = (datetime.datetime.fromisoformat(step[k].replace("Z", "+00:00"))
                    for k in ("started", "ended"))
    seconds[step["name"].upper()] = (ended - began).total_seconds()
print("%.2f %.2f" % (seconds["FETCH"], seconds["FETCH"] + seconds["APPLY"]))'
}

# Writes the files fetch-read and fetch-known.
bench_fetch() {
  local run
  start_server "$root" namespace
  logged "$launcher" import "$golden" --name golden --wait
  logged "$launcher" update golden bench --wait
  for ((run = 1; run <= runs; run++)); do
    logged sqlite3 "$REGILD_DATA/regild.db" 'DELETE FROM changelog'
    logged "$launcher" update golden "read-$run" --wait
    fetch_seconds "read-$run" >>"$work/fetch-read"
    logged "$launcher" update golden "known-$run" --wait
    fetch_seconds "known-$run" >>"$work/fetch-known"
  done
  stop_server
}

bench_import() {
  local run
  start_server "$1" namespace
  for ((run = 1; run <= runs; run++)); do
    seconds "$launcher" import "$golden" --name "golden-$run" --wait
  done
  stop_server
}

# column NUMBER FILE: its median.
column() { cut -d ' ' -f "$1" "$work/$2" | median; }

# row NAME SECONDS
row() { printf '%-42s %8.2f s\n' "$1" "$2"; }

# size NAME MIB
size() { printf '%-42s %8.1f MiB\n' "$1" "$2"; }

# ratio NAME A B GOAL
ratio() {
  awk -v n="$1" -v a="$2" -v b="$3" -v g="$4" 'BEGIN { printf "%-42s %8.2f   (goal: at most %s)\n", n, a / b, g }'
}

# added NAME WITH WITHOUT
added() {
  awk -v n="$1" -v a="$2" -v b="$3" \
    'BEGIN { printf "%-42s %8.2f s   (goal: at most 2)\n", n, a - b }'
}

part_namespace() {
  local chroot
  bench_chroot >"$work/chroot"
  chroot=$(median <"$work/chroot")
  row "chroot" "$chroot"
  bench_regild "$root" namespace new
  row "namespace" "$(column 1 new)"
  row "Qualify" "$(column 2 new)"
  size "new layer" "$(column 4 new)"
  ratio "namespace / chroot" "$(column 1 new)" "$chroot" 0.65
  ratio "new layer / overlay" "$(column 3 new)" 1 0.24
  ratio "next update / first" "$(column 1 new)" "$(column 1 new-first)" 0.9
  if [[ -n $old ]]; then
    bench_regild "$old" namespace old
    row "namespace, older build" "$(column 1 old)"
    row "Qualify, older build" "$(column 2 old)"
    size "new layer, older build" "$(column 4 old)"
    ratio "Qualify / older build" "$(column 2 new)" "$(column 2 old)" 0.6
  fi
}

part_fetch() {
  command -v sqlite3 >/dev/null || die "this takes sqlite3; install it: apt-get install sqlite3"
  bench_fetch
  row "Fetch that reads changelogs" "$(column 1 fetch-read)"
  row "Fetch, changelogs known" "$(column 1 fetch-known)"
  added "added to Fetch" "$(column 1 fetch-read)" "$(column 1 fetch-known)"
  # What is not read when Fetch ends is read beside Apply.
  row "Fetch and Apply, changelogs read" "$(column 2 fetch-read)"
  row "Fetch and Apply, changelogs known" "$(column 2 fetch-known)"
  added "added to both" "$(column 2 fetch-read)" "$(column 2 fetch-known)"
}

part_import() {
  local tools new
  prepare_libguestfs
  bench_inspect >"$work/tools"
  tools=$(median <"$work/tools")
  row "virt-inspector and qemu-img convert -c" "$tools"
  bench_import "$root" >"$work/import"
  new=$(median <"$work/import")
  row "import" "$new"
  ratio "import / the tools" "$new" "$tools" 0.7
}

part_vm() {
  local virt
  prepare_libguestfs
  bench_virt >"$work/virt"
  virt=$(median <"$work/virt")
  row "virt-customize --update" "$virt"
  bench_regild "$root" vm new-vm
  row "vm" "$(column 1 new-vm)"
  ratio "vm / virt-customize" "$(column 1 new-vm)" "$virt" 0.5
  if [[ -n $old ]]; then
    bench_regild "$old" vm old-vm
    row "vm, older build" "$(column 1 old-vm)"
    ratio "vm / older build" "$(column 1 new-vm)" "$(column 1 old-vm)" 0.4
  fi
}

[[ $(id -u) == 0 ]] || die "this takes root"
for part in "${parts[@]}"; do
  [[ $part =~ ^(namespace|fetch|import|vm)$ ]] || die "there is no part $part: namespace, fetch, import, vm"
done
golden=$(find "$cache" -maxdepth 1 -name 'golden-*.qcow2' 2>/dev/null | head -n 1)
[[ -n $golden ]] || die "there is no golden image in $cache; ./regild demo makes one"
work=$(mktemp -d "$cache/bench.XXXXXX")
trap cleanup EXIT

say "golden image: $golden; $runs runs each"
for part in "${parts[@]}"; do
  "part_$part"
done
