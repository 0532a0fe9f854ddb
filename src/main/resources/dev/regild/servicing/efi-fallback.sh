#!/bin/sh
# Places a boot loader where firmware that has no boot entries looks for one, if there is none. A
# machine whose variables are new has no entries; the disk's own machine has one for the vendor's.
# $1: the root; then the mount points of file systems that can be EFI system partitions.
set -e
root=$1
shift

# The vendor's directory of this system comes first, as there may be several.
id=$(sed -n 's/^ID=//p' "$root/etc/os-release" 2>/dev/null | tr -d '"' | head -n 1)
case $id in
  rhel | ol) vendors="redhat $id" ;;
  *) vendors=$id ;;
esac

place() { # DIRECTORY LOADER: as the fallback, with what shim starts beside it
  mkdir -p "$esp/EFI/BOOT"
  cp "$1/$2" "$esp/EFI/BOOT/BOOTX64.EFI"
  case $2 in
    shim*)
      cp "$1/grubx64.efi" "$esp/EFI/BOOT/grubx64.efi"
      [ ! -f "$1/mmx64.efi" ] || cp "$1/mmx64.efi" "$esp/EFI/BOOT/mmx64.efi"
      ;;
  esac
  echo "$1/$2"
  exit 0
}

for mounted; do
  esp=$root$mounted
  [ -d "$esp/EFI" ] || continue
  # FAT knows no case; a test's file system does.
  for fallback in "$esp"/EFI/[Bb][Oo][Oo][Tt]/[Bb][Oo][Oo][Tt][Xx]64.[Ee][Ff][Ii]; do
    [ ! -f "$fallback" ] || exit 0
  done
  for vendor in $vendors $(ls "$esp/EFI"); do
    directory=$esp/EFI/$vendor
    if [ -f "$directory/shimx64.efi" ] && [ -f "$directory/grubx64.efi" ]; then
      place "$directory" shimx64.efi
    fi
    for loader in grubx64.efi systemd-bootx64.efi; do
      [ ! -f "$directory/$loader" ] || place "$directory" "$loader"
    done
  done
done
