#!/usr/bin/env bash
# Times one and the same update of the demo's golden image, several times each, and prints the
# medians and their ratios:
#   regild  isolation "namespace", the steps Prepare to Publish without Qualify
#   chroot  the disk mounted on the host, apt-get full-upgrade in a chroot
#   virt    virt-customize --update (which runs upgrade, so that it leaves a new kernel out)
# Takes root. The packages are downloaded once before anything is timed: regild and the chroot read
# them from a cache on the host; virt-customize can't be given them and fetches them itself, from
# where the image's sources list says.
#   bench/update.sh [RUNS]     (default 3)
set -euo pipefail

root=$(dirname "$(dirname "$(readlink -f "$0")")")
runs=${1:-3}
cache=${REGILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/regild}
port=${REGILD_BENCH_PORT:-18790}
work=
loop=
server=

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

# --- virt-customize ---

bench_virt() {
  local run
  if ! command -v virt-customize >/dev/null; then
    say "installing guestfs-tools"
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install guestfs-tools \
      >>"$work/log" 2>&1
  fi
  # Where KVM is there and doesn't work, libguestfs would wait for it for ever.
  if regild doctor 2>/dev/null | grep -q '^accelerator *TCG'; then
    export LIBGUESTFS_BACKEND_SETTINGS=force_tcg
  fi
  for ((run = 1; run <= runs; run++)); do
    overlay "$work/virt.qcow2"
    # The agent's repository answers nowhere that an appliance could reach.
    seconds "$root/regild" with virt-customize -q -a "$work/virt.qcow2" \
      --delete /etc/apt/sources.list.d/agent.sources --update
  done
}

# --- Regild ---

regild() { "$root/regild" "$@"; }

start_server() {
  mkdir "$REGILD_DATA"
  logged regild channel add debian-12 --from-host --agent regild-streaming-agent \
    --source "file://$cache/agent-repository/root stable main" \
    --signed-by "$cache/agent-repository/keyring.gpg"
  "$root/regild" serve --listen "127.0.0.1:$port" --isolation namespace --auth off \
    >>"$work/server.log" 2>&1 &
  server=$!
  for _ in $(seq 100); do
    curl -sf "http://127.0.0.1:$port/health/ready" >/dev/null && return
    sleep 0.2
  done
  tail -n 40 "$work/server.log" >&2
  die "the server does not answer"
}

# The sum of the times of an update's steps but Qualify, from what the server says of it.
step_seconds() {
  curl -sf "http://127.0.0.1:$port/regild/v1/updates/$1" | python3 -c '
import datetime, json, sys
total = 0.0
for step in json.load(sys.stdin)["steps"]:
    if step["name"].upper() != "QUALIFY":
        began, ended = (datetime.datetime.fromisoformat(step[k].replace("Z", "+00:00"))
                        for k in ("started", "ended"))
        total += (ended - began).total_seconds()
print("%.2f" % total)'
}

bench_regild() {
  local run
  logged regild import "$golden" --name golden --wait
  # The first update fills the cache of packages and is not counted.
  for ((run = 0; run <= runs; run++)); do
    logged regild update golden "bench-$run" --wait
    ((run == 0)) || step_seconds "bench-$run"
  done
}

[[ $(id -u) == 0 ]] || die "this takes root"
golden=$(find "$cache" -maxdepth 1 -name 'golden-*.qcow2' 2>/dev/null | head -n 1)
[[ -n $golden ]] || die "there is no golden image in $cache; ./regild demo makes one"
work=$(mktemp -d "$cache/bench.XXXXXX")
trap cleanup EXIT

say "golden image: $golden; $runs runs each"
chroot_median=$(bench_chroot | median)
say "chroot   ${chroot_median} s"
virt_median=$(bench_virt | median)
say "virt     ${virt_median} s"
export REGILD_ENDPOINT=http://127.0.0.1:$port REGILD_ISOLATION=namespace REGILD_DATA=$work/data
start_server
regild_median=$(bench_regild | median)
say "regild   ${regild_median} s"

awk -v r="$regild_median" -v c="$chroot_median" -v v="$virt_median" 'BEGIN {
  printf "chroot          %8.2f s\nvirt-customize  %8.2f s\nregild          %8.2f s\n", c, v, r
  printf "regild / chroot          %.2f (goal: at most 1.40)\n", r / c
  printf "regild / virt-customize  %.2f (goal: at most 0.40)\n", r / v
}'
