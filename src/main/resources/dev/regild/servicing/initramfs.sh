#!/bin/sh
# While packages change, has an initramfs made for the machine that the image is for: what it would
# be made for otherwise is the machine that it is serviced in, or none.
#
# initramfs.sh before [ROOT]             while nothing has changed
# initramfs.sh early MKINITRAMFS [ROOT]  until packages are installed: makes each as soon as it is asked
#                                        for, beside what installs packages
# initramfs.sh make MKINITRAMFS [ROOT]   makes what the stand-in for mkinitramfs was asked for, each
#                                        once, or takes the early one if that would be the same;
#                                        MKINITRAMFS is the guest's own, and gets the functions
#                                        of plain-paths.sh if that is beside this script
# initramfs.sh after [ROOT]              takes back what was done
set -eu
case $1 in
early | make) root=${3:-} ;;
*) root=${2:-} ;;
esac
workspace=$root/run/regild
early=$workspace/initramfs-early
functions=${0%/*}/plain-paths.sh
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
  if [ -f "$functions" ] && [ "$(head -n 1 "$1")" = '#!/bin/sh' ]; then
    REGILD_FUNCTIONS=$functions sh -c \
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

# Whether all hooks read only what `inputs` lists, and what does not change while packages do. Those in
# /etc are the image's owner's, whatever their names are.
hooks_are_known() {
  for hook in "$tools"/hooks/*; do
    case ${hook##*/} in
    zz-regild) ;;
    *) [ ! -e "$hook" ] || return 1 ;;
    esac
  done
  for hook in "$root"/usr/share/initramfs-tools/hooks/*; do
    case ${hook##*/} in
    amd64_microcode | busybox | dmsetup | framebuffer | fsck | fuse | intel_microcode | keymap | klibc-utils | \
      kmod | lvm2 | resume | thermal | udev | zz-busybox) ;;
    *) [ ! -e "$hook" ] || return 1 ;;
    esac
  done
}

# What an initramfs is made of: each file with its inode and the time of its last change. The list of
# libraries is written again by each run of ldconfig, mostly with the same content. Configuration that
# dpkg has yet to put in place counts where a hook copies whole directories.
inputs() {
  find "$root"/etc "$root"/bin "$root"/sbin "$root"/lib* "$root"/usr/bin "$root"/usr/sbin "$root"/usr/lib* \
    "$root"/usr/local/lib* "$root"/usr/local/bin "$root"/usr/local/sbin "$root"/usr/share/initramfs-tools \
    "$root"/usr/share/keymaps "$root"/usr/share/console* "$root"/usr/share/X11/xkb "$root"/boot/config-* \
    \( -path "$root"/etc/ssl -o -path "$root"/etc/ca-certificates.conf -o -path "$root"/etc/systemd/system \
    -o -path "$root"/etc/ld.so.cache -o -name __pycache__ -o -name '*.dpkg-*' ! -path '*/initramfs-tools/*' \
    ! -path '*/lvm/*' ! -path '*/modprobe.d/*' ! -path '*/udev/*' \) -prune \
    -o ! -type d -printf '%p\t%i\t%C@\t%l\n' 2>/dev/null || true
  cksum <"$root"/etc/ld.so.cache 2>/dev/null || true
}

# The first version that is asked for and was not begun.
next_asked() {
  cut -f 1 "$workspace/initramfs-asked" 2>/dev/null | while IFS= read -r version; do
    if [ ! -e "$early/$version.inputs" ]; then
      printf '%s\n' "$version"
      break
    fi
  done
}

# make_early MKINITRAMFS VERSION: leaves nothing if that fails; then it is made, and fails, at the end.
make_early() {
  inputs >"$early/$2.inputs"
  # Times of files have steps of up to 10 ms: what changes from now on is to have another one.
  sleep 0.02
  if mkinitramfs "$1" -o "$early/$2.new" "$2" </dev/null; then mv "$early/$2.new" "$early/$2"; fi
}

# Whether an early initramfs is what would be made now.
is_current() {
  [ -f "$early/$1" ] && inputs | cmp -s - "$early/$1.inputs"
}

# put VERSION FILE: as update-initramfs does.
put() {
  echo "update-initramfs: Generating $2"
  cp -p "$early/$1" "$2.new"
  mv -f "$2.new" "$2"
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
early)
  mkdir -p "$early"
  while [ ! -e "$workspace/installed" ] && hooks_are_known; do
    version=$(next_asked)
    case $version in
    '') sleep 0.1 ;;
    */*) break ;;
    *) make_early "$2" "$version" ;;
    esac
  done
  ;;
make)
  [ -e "$workspace/initramfs-asked" ] || exit 0
  tab=$(printf '\t')
  sort -u "$workspace/initramfs-asked" >"$workspace/initramfs-to-make"
  while IFS=$tab read -r version file; do
    if ! is_mark "$file"; then
      continue
    elif is_current "$version"; then
      put "$version" "$file"
    else
      make_one "$2" "$version" "$file"
    fi
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
