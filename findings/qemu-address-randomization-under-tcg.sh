#!/usr/bin/env bash
# Under emulation (TCG), address space randomization in the guest makes programs slow to start: a fork
# and an exec take QEMU about four times the processor time that they take with "norandmaps" on the
# guest's command line. QEMU translates the code of a shared library again in each process that has it
# at another address, and finds its translation where the addresses are the same. It is so with two
# processors, too.
#
# A package manager, mkinitramfs or any large shell script in an emulated guest starts thousands of
# programs. With KVM there is nothing to gain.
#
# Seen with QEMU 7.2 and Linux 6.1 (Debian 12). This script fetches those versions with the host's own
# apt, unpacks them into a temporary directory, starts a program 300 times in a guest of nothing but
# busybox, and fails if what QEMU does is another thing now.
set -euo pipefail

packages=(qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3 busybox=1:1.35.0-4+deb12u1+b1
  libc6=2.36-9+deb12u14 cpio=2.13+dfsg-7.1 linux-image-6.1.0-57-cloud-amd64=6.1.192-3)
starts=300
libraries=lib/x86_64-linux-gnu
work=$(mktemp -d)
root=$work/root
trap 'rm -rf "$work"' EXIT
cd "$work"

mkdir -p archives/partial
: >status
apt-get -q -y --no-install-recommends --download-only -o Dir::State::status="$work/status" \
  -o Dir::Cache::archives="$work/archives" install "${packages[@]}" >download.log 2>&1 ||
  { cat download.log >&2; echo "these versions cannot be fetched: ${packages[*]}" >&2; exit 1; }
for package in archives/*.deb; do dpkg-deb --extract "$package" "$root"; done

mkdir -p guest/{bin,proc,lib64,$libraries}
cp "$root"/bin/busybox guest/bin/
cp -L "$root"/$libraries/{libc.so.6,libresolv.so.2} guest/$libraries/
cp -L "$root"/lib64/ld-linux-x86-64.so.2 guest/lib64/
cat >guest/init <<'END'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
read -r line </proc/cmdline
count=${line##*count=}
while [ "$count" -gt 0 ]; do
  /bin/busybox true
  count=$((count - 1))
done
echo "starts are done"
/bin/busybox poweroff -f
END
chmod +x guest/init

run() { # run PROGRAM WORD...: one of the fetched programs, with its own libraries
  local program=$1
  shift
  QEMU_MODULE_DIR=$root/usr/$libraries/qemu "$root/lib64/ld-linux-x86-64.so.2" \
    --library-path "$root/$libraries:$root/usr/$libraries" "$root/$program" "$@"
}

(cd guest && find . | run bin/cpio --quiet -o -H newc) >initrd

boot() { # boot CPUS OPTION COUNT: starts the program so often in a guest
  run usr/bin/qemu-system-x86_64 -L "$root/usr/share/seabios" -L "$root/usr/share/qemu" \
    -nodefaults -no-user-config -display none -accel tcg -cpu max -m 512 -smp "$1" -no-reboot \
    -kernel "$root"/boot/vmlinuz-* -initrd initrd -append "console=ttyS0 quiet panic=-1 $2 count=$3" \
    -serial file:console.log </dev/null
  grep -q 'starts are done' console.log
}

milliseconds() { # milliseconds CPUS OPTION: the processor time of the starts, without that of the boot
  local TIMEFORMAT='%3U %3S' without with
  without=$({ time boot "$1" "$2" 0 >&2; } 2>&1 | tail -n 1)
  with=$({ time boot "$1" "$2" $starts >&2; } 2>&1 | tail -n 1)
  awk "BEGIN { split(\"$without $with\", t); printf \"%d\", (t[3] + t[4] - t[1] - t[2]) * 1000 / $starts }"
}

run usr/bin/qemu-system-x86_64 --version | head -n 1
random=$(milliseconds 1 '')
fixed=$(milliseconds 1 norandmaps)
random2=$(milliseconds 2 '')
fixed2=$(milliseconds 2 norandmaps)
echo "processor time of a fork and an exec: 1 processor: $random ms, with norandmaps $fixed ms;" \
  "2 processors: $random2 ms, with norandmaps $fixed2 ms"

((random > 2 * fixed)) && ((random2 > 2 * fixed2))
