#!/bin/sh
# Holds a disk mounted for as long as standard input stays open. Runs as the first process of its
# own pid, mount, net, ipc and uts namespaces: however it ends, the kernel ends all that it started,
# and with the last of them go the mounts and the loop devices.
#
# The storage daemon has a mount namespace to itself. If it shared that of the guest's filesystems
# and were the last to be killed, it would be the process that unmounts them, which waits for what
# the daemon itself no longer answers: for ever, in the kernel.
#
# hold-disk.sh DIRECTORY QEMU-FILE-NODE QEMU-QCOW2-NODE [MOUNT-POINT OFFSET SIZE TYPE]...
#
# DIRECTORY   a directory of this run's own: "disk" is made in it (the disk as a raw file),
#             "root" (the guest's root) and "holder.log" (what goes wrong)
# The nodes are QEMU's JSON for --blockdev. The filesystems come in the order of mounting.
# It says "ready PID LOOP-DEVICE..." (the PID as the host sees it) when everything is mounted, and
# "closed" when everything is unmounted and written.
set -eu

directory=$1
file_node=$2
qcow2_node=$3

if [ "${REGILD_STORAGE:-}" != ready ]; then
  exec 2>"$directory/holder.log"
  # /proc is still the host's, so this is the host's number for this process.
  read -r REGILD_HOLDER _ </proc/self/stat
  mount -t proc proc /proc
  : >"$directory/disk"
  mkdir -p "$directory/root"
  qemu-storage-daemon --daemonize --pidfile "$directory/storage-daemon.pid" \
    --blockdev "$file_node" --blockdev "$qcow2_node" \
    --export "type=fuse,id=disk,node-name=disk,mountpoint=$directory/disk,writable=on" >&2
  REGILD_STORAGE=ready
  export REGILD_HOLDER REGILD_STORAGE
  exec unshare --mount --propagation private /bin/sh "$0" "$@"
fi

shift 3
loops=
while [ $# -ge 4 ]; do
  loop=$(losetup --find --show --nooverlap --offset "$2" --sizelimit "$3" "$directory/disk")
  # Detaching a device in use marks it to go away by itself when the last user does.
  if mount -t "$4" -o nodev,nosuid,noatime "$loop" "$directory/root$1"; then
    losetup --detach "$loop"
  else
    losetup --detach "$loop"
    exit 1
  fi
  loops="$loops $loop"
  shift 4
done
echo "ready $REGILD_HOLDER$loops"

while read -r _; do :; done

# What still runs of the guest ends first, and the storage daemon last: it has to be there to take
# what the filesystems still write. Were it gone before, the kernel would wait for it, and so would
# everybody who looks at the loop device.
storage_daemon=$(cat "$directory/storage-daemon.pid")
for process in /proc/[0-9]*; do
  process=${process#/proc/}
  if [ "$process" != $$ ] && [ "$process" != "$storage_daemon" ]; then
    kill -KILL "$process" 2>/dev/null || true
  fi
done
tries=0
until umount --recursive "$directory/root"; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || exit 1
  sleep 0.05
done
kill "$storage_daemon"
while kill -0 "$storage_daemon" 2>/dev/null; do sleep 0.05; done
echo closed
