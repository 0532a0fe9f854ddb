#!/bin/sh
# While packages change, has GRUB for BIOS installed on the image's own disk: debconf may name one
# of the machine that the image comes from, and then every upgrade of grub-pc fails.
#
# boot-disk.sh before DIRECTORY   while nothing has changed; DIRECTORY keeps what debconf said
# boot-disk.sh after DIRECTORY    has debconf say it again
set -eu
directory=$2
command -v debconf-communicate >/dev/null || exit 0

answer() {
  echo "GET grub-pc/$1" | debconf-communicate grub-pc 2>/dev/null | sed -n 's/^0 //p'
}

set_to() {
  printf 'SET grub-pc/install_devices %s\nSET grub-pc/install_devices_empty %s\n' "$1" "$2" |
    debconf-communicate grub-pc >/dev/null
}

# The disk that the boot files are on. No name of a disk is fixed: a kernel that finds disks side by
# side may call any of them /dev/sda. Nothing where only the file systems are to be seen.
own_disk() {
  device=$(grub-probe --target=disk /boot/grub 2>/dev/null | head -n 1)
  [ -b "$device" ] || return 0
  # grub-probe stops at a logical volume or an array; GRUB belongs on the disk below it.
  below=$(lsblk --inverse --list --noheadings --paths --output NAME,TYPE "$device" 2>/dev/null |
    awk '$2 == "disk" { print $1; exit }')
  printf '%s' "${below:-$device}"
}

case $1 in
before)
  devices=$(answer install_devices)
  own=$(own_disk)
  [ -n "$devices" ] && [ "$devices" != "$own" ] || exit 0
  printf '%s\n' "$devices" >"$directory/boot-disk"
  answer install_devices_empty >"$directory/boot-disk-empty"
  if [ -n "$own" ]; then
    set_to "$own" false
  else
    # The boot code on the disk stays as it is, and with it the modules that it loads.
    set_to '' true
  fi
  ;;
after)
  if [ -e "$directory/boot-disk" ]; then
    set_to "$(cat "$directory/boot-disk")" "$(cat "$directory/boot-disk-empty")"
  fi
  ;;
esac
