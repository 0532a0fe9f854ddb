#!/usr/bin/env bash
# Compares one and the same disk as one layer (1), as a chain of layers, and flattened:
#   open   qemu-img info of the top layer, with all below it
#   read   the whole disk, from end to end
#   boot   from power on to the login prompt, without KVM, nothing written to the layers
# Each layer writes another DEPTH-th of the disk again, as it is, so that the disk stays the same and
# every layer is needed to read it; each is compressed as Regild publishes it. Prints the median of
# RUNS, and what flattening takes.
#   bench/chain.sh [DEPTH] [RUNS]     (default 20 3); REGILD_BENCH_BOOT=0 leaves the boots out
#   REGILD_BENCH_DISK=FILE            (default: the demo's golden image in the cache)
set -euo pipefail

depth=${1:-20}
runs=${2:-3}
cache=${REGILD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/regild}
golden=("$cache"/golden-*.qcow2)
disk=${REGILD_BENCH_DISK:-${golden[0]}}
[[ -f $disk ]] || { echo "bench: no disk; run ./regild demo first, or set REGILD_BENCH_DISK" >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/regild-chain.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.3f", v[int((NR + 1) / 2)] }'; }

# seconds COMMAND...
seconds() {
  local from to
  from=$(date +%s.%N)
  "$@" >log 2>&1 || { tail -n 20 log >&2; echo "bench: failed: $*" >&2; exit 1; }
  to=$(date +%s.%N)
  awk -v a="$from" -v b="$to" 'BEGIN { printf "%.3f\n", b - a }'
}

repeated() { for ((run = 0; run < runs; run++)); do seconds "$@"; done | median; }

publish() { # SOURCE TARGET [BASE]
  qemu-img convert -m 8 -W -O qcow2 -c -o compression_type=zstd -f qcow2 ${3:+-B "$3" -F qcow2} "$1" "$2"
}

size() { qemu-img info --output=json -f qcow2 "$1" | sed -n 's/.*"virtual-size": \([0-9]*\).*/\1/p' | head -1; }

whole() { # reads the disk and writes it nowhere
  qemu-img convert -m 8 -W -n -f qcow2 --target-image-opts "$1" "driver=null-co,size=$(size "$1")"
}

boots() { # until the prompt is on the serial console
  local pid
  qemu-system-x86_64 -machine accel=tcg -cpu max -m 1024 -smp 2 -display none -monitor none \
    -no-reboot -snapshot -drive "file=$1,format=qcow2,if=virtio" -serial "file:console" &
  pid=$!
  for ((i = 0; i < 3000; i++)); do
    grep -q 'login:' console 2>/dev/null && break
    sleep 0.1
  done
  kill "$pid" && wait "$pid" 2>/dev/null || true
  grep -q 'login:' console && rm console
}

publish "$disk" layer1.qcow2
qemu-img convert -f qcow2 -O raw layer1.qcow2 raw
mebibytes=$(($(size layer1.qcow2) / 1048576))
for ((i = 2; i <= depth; i++)); do
  qemu-img create -q -f qcow2 -F qcow2 -b "layer$((i - 1)).qcow2" overlay.qcow2
  for ((at = i; at < mebibytes; at += depth)); do
    dd if=raw of=part bs=1M skip="$at" count=1 status=none
    cmp -s -n 1048576 part /dev/zero || printf 'write -q -s part-%d %dk 1024k\n' "$at" $((at * 1024))
    mv part "part-$at"
  done >commands
  qemu-io -f qcow2 overlay.qcow2 <commands >log
  publish overlay.qcow2 "layer$i.qcow2" "layer$((i - 1)).qcow2"
  rm -f overlay.qcow2 part-*
done
rm raw
merging=$(seconds publish "layer$depth.qcow2" flat.qcow2)
comparing=$(seconds qemu-img compare -f qcow2 -F qcow2 "layer$depth.qcow2" flat.qcow2)

printf '%-8s %8s %8s %8s %8s\n' layers 'open s' 'read s' 'boot s' MiB
for name in layer1 "layer$depth" flat; do
  boot=-
  [[ ${REGILD_BENCH_BOOT:-1} == 0 ]] || boot=$(repeated boots "$PWD/$name.qcow2")
  printf '%-8s %8s %8s %8s %8s\n' "${name#layer}" \
    "$(repeated qemu-img info --backing-chain -f qcow2 "$name.qcow2")" \
    "$(repeated whole "$name.qcow2")" "$boot" "$(($(stat -c %s "$name.qcow2") >> 20))"
done
printf 'merge %s s, compare %s s\n' "$merging" "$comparing"
