#!/bin/sh
# While packages change, has an initramfs made for the machine that the image is for: what it would
# be made for otherwise is the machine that it is serviced in, or none.
#
# initramfs.sh before [ROOT]             while nothing has changed
# initramfs.sh make MKINITRAMFS [ROOT]   makes what the stand-in for mkinitramfs was asked for, each
#                                        once; MKINITRAMFS is the guest's own
# initramfs.sh after [ROOT]              takes back what was done
set -eu
case $1 in
make) root=${3:-} ;;
*) root=${2:-} ;;
esac
workspace=$root/run/regild
tools=$root/etc/initramfs-tools
dracut=$root/etc/dracut.conf.d

# The setting MODULES that mkinitramfs comes to: the last one counts.
modules() {
  cat "$tools/initramfs.conf" "$tools"/conf.d/* 2>/dev/null |
    sed -n 's/^[[:space:]]*MODULES=["'\'']*\([a-z]*\).*/\1/p' | tail -n 1
}

# The modules in the newest initramfs that there is.
present() {
  newest=$(ls -t "$root"/boot/initrd.img-* 2>/dev/null | head -n 1)
  [ -n "$newest" ] || return 0
  lsinitramfs "$newest" 2>/dev/null | sed -n 's,.*/\([^/]*\)\.ko\(\.[a-z0-9]*\)*$,\1,p' | sort -u
}

# Whether a file is what the stand-in has put in the place of an initramfs.
is_mark() {
  [ -f "$1" ] && cmp -s "$1" "$workspace/initramfs-mark"
}

# mkinitramfs MKINITRAMFS ARGUMENT...: runs it. A shell script runs in a shell that has our functions.
# Its hooks, which are other processes, don't get them.
mkinitramfs() {
  if [ -f "$workspace/plain-paths.sh" ] && [ "$(head -n 1 "$1")" = '#!/bin/sh' ]; then
    REGILD_FUNCTIONS=$workspace/plain-paths.sh sh -c \
      '. "$REGILD_FUNCTIONS"; unset REGILD_FUNCTIONS; . "$0"' "$@"
  else
    "$@"
  fi
}

# make_one MKINITRAMFS VERSION FILE: as update-initramfs does.
make_one() {
  echo "update-initramfs: Generating $3"
  status=0
  mkinitramfs "$1" -o "$3.new" "$2" </dev/null || status=$?
  if [ "$status" != 0 ]; then
    rm -f "$3.new"
    echo "update-initramfs: failed for $3 with $status." >&2
    exit "$status"
  fi
  mv -f "$3.new" "$3"
}

case $1 in
before)
  if [ -d "$workspace" ]; then
    echo "In the place of an initramfs that is made when all packages are configured." \
      >"$workspace/initramfs-mark"
  fi
  if [ "$(modules)" = dep ]; then
    found=$(present)
    mkdir -p "$tools/conf.d" "$tools/hooks"
    if [ -n "$found" ]; then
      echo MODULES=list >"$tools/conf.d/zz-regild"
    else
      echo MODULES=most >"$tools/conf.d/zz-regild"
    fi
    {
      printf '#!/bin/sh\n[ "$1" != prereqs ] || exit 0\n'
      printf '. /usr/share/initramfs-tools/hook-functions\n'
      for module in $found; do
        printf 'manual_add_modules %s\n' "$module"
      done
    } >"$tools/hooks/zz-regild"
    chmod 755 "$tools/hooks/zz-regild"
  fi
  if [ -d "$dracut" ]; then
    printf 'hostonly="no"\nhostonly_cmdline="no"\n' >"$dracut/zz-regild.conf"
  fi
  ;;
make)
  [ -e "$workspace/initramfs-asked" ] || exit 0
  tab=$(printf '\t')
  sort -u "$workspace/initramfs-asked" >"$workspace/initramfs-to-make"
  while IFS=$tab read -r version file; do
    if is_mark "$file"; then make_one "$2" "$version" "$file"; fi
  done <"$workspace/initramfs-to-make"
  while IFS=$tab read -r _ file; do
    for each in "${file%/*}"/*; do
      if is_mark "$each"; then
        echo "No initramfs was made for $each." >&2
        exit 1
      fi
    done
  done <"$workspace/initramfs-to-make"
  ;;
after)
  rm -f "$tools/conf.d/zz-regild" "$tools/hooks/zz-regild" "$dracut/zz-regild.conf"
  ;;
esac
