#!/bin/sh
# While packages change, has an initramfs made for the machine that the image is for: what it would
# be made for otherwise is the machine that it is serviced in, or none.
#
# initramfs.sh before [ROOT]   while nothing has changed
# initramfs.sh after [ROOT]    takes back what was done
set -eu
root=${2:-}
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

case $1 in
before)
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
after)
  rm -f "$tools/conf.d/zz-regild" "$tools/hooks/zz-regild" "$dracut/zz-regild.conf"
  ;;
esac
