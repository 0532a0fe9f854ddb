#!/bin/sh
# Without a machine id, kernel-install of systemd 239 writes no boot entry for a new kernel. Gives
# the image the one that its entries have already, else a new one, until it is sealed.
#
# machine-id.sh [ROOT]
set -eu
root=${1:-}
[ -d "$root/etc/kernel" ] || [ -d "$root/usr/lib/kernel/install.d" ] || exit 0
case $(cat "$root/etc/machine-id" 2>/dev/null || true) in
'' | uninitialized) ;;
*) exit 0 ;;
esac
id=$(ls "$root/boot/loader/entries" 2>/dev/null |
  sed -n 's/^\([0-9a-f]\{32\}\)-.*\.conf$/\1/p' | sort | uniq -c | sort -rn |
  sed -n '1s/.* //p')
[ -n "$id" ] || id=$(od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n')
printf '%s\n' "$id" >"$root/etc/machine-id"
