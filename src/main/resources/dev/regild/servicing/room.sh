#!/bin/sh
# Says what room the guest's file systems have, and what its newest kernel and the packages of the
# arguments take there. Lines: a word and numbers; see GuestRoom.
while read -r name value; do
  if [ "$name" = CapEff: ]; then echo "caps $value"; fi
done </proc/self/status

for place in /usr /boot; do
  [ -d "$place" ] || place=/
  # A block's bytes, the blocks that are free for users and for root, all inodes, the free ones.
  echo "place $(stat -c %m "$place") $(stat -f -c '%S %a %f %c %d' "$place")"
done

newest=
for kernel in /boot/vmlinuz-*; do
  case $kernel in *-rescue-*) continue ;; esac
  if [ -f "$kernel" ] && { [ -z "$newest" ] || [ "$kernel" -nt "$newest" ]; }; then newest=$kernel; fi
done
if [ -n "$newest" ]; then
  release=${newest#/boot/vmlinuz-}
  for file in /boot/*"$release"*; do
    [ -f "$file" ] && stat -L -c 'boot %s' "$file"
  done
  # A new kernel has about as many files as this one.
  list=/var/lib/dpkg/info/linux-image-$release.list
  [ -f "$list" ] && echo "kernel-files $(wc -l <"$list")"
fi

# While a package is upgraded, its old files and its new ones are there.
count=$#
for name; do
  for list in /var/lib/dpkg/info/"$name".list /var/lib/dpkg/info/"$name":*.list; do
    [ -f "$list" ] && set -- "$@" "$list"
  done
done
if command -v dpkg-query >/dev/null && [ "$count" -gt 0 ]; then
  shift "$count"
  [ $# -eq 0 ] || wc -l "$@" | while read -r lines name; do
    case $name in /*) echo "files $lines" ;; esac
  done
  for list; do name=${list##*/}; echo "${name%.list}"; done |
    xargs -r dpkg-query --show --showformat='kib ${Installed-Size}\n' 2>/dev/null
fi
exit 0
