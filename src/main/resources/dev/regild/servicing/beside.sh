#!/bin/sh
# Runs a command that installs packages, and beside it, on another processor, what can be done already.
#
# beside.sh MKINITRAMFS PLAIN COMMAND...
#   MKINITRAMFS   the guest's own, which has a stand-in: makes each initramfs as soon as it is asked for
#   PLAIN         a directory in which packages appear uncompressed: dpkg gets them as soon as it runs
# Either can be empty.
set -eu
workspace=/run/regild
scripts=${0%/*}
mkinitramfs=$1
plain=$2
shift 2

# apt knows the size of each package from its index, and looks at it before it runs dpkg.
hand_plain() {
  while [ ! -e "$workspace/installed" ]; do
    if [ -e "$workspace/dpkg-runs" ]; then
      for package in "$plain"/*.deb; do
        handed=$workspace/packages/${package##*/}
        if [ -e "$package" ] && [ ! "$handed" -ef "$package" ]; then
          ln -s "$package" "$handed.new"
          mv -f "$handed.new" "$handed"
        fi
      done
    fi
    sleep 0.1
  done
}

if [ -n "$plain" ]; then hand_plain </dev/null >/dev/null 2>&1 & fi
if [ -n "$mkinitramfs" ]; then
  sh "$scripts/initramfs.sh" early "$mkinitramfs" </dev/null >/dev/null 2>&1 &
fi
"$@"
touch "$workspace/installed"
wait
