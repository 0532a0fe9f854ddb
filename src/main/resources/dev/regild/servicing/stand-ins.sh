#!/bin/sh
# Puts programs of ours in the place of a guest's own while it is serviced, and takes them away. The
# programs are beside this script. ROOT is empty except in tests.
#
# stand-ins.sh put ROOT [PATH...]      also for each PATH that exists; prints every path that has one now
# stand-ins.sh remove ROOT [PATH...]   each PATH has had one
set -eu
ours="^# Stands in while a guest's disk is serviced"
programs=${0%/*}
action=$1
root=$2
shift 2
policy=$root/usr/sbin/policy-rc.d

exists() { [ -e "$1" ] || [ -L "$1" ]; }

copy() {
  cp "$1" "$2"
  chmod 755 "$2"
}

divert() {
  dpkg-divert --quiet --local --rename --divert "$1.regild" --add "$1" </dev/null
  copy "$programs/${1##*/}" "$root$1"
  printf '%s\n' "$1"
}

# Where dpkg's package has it: releases differ.
start_stop_daemon() {
  dpkg-query --listfiles dpkg | sed -n '/\/sbin\/start-stop-daemon$/{p;q;}'
}

# Paths that dpkg knows as diverted by us, and those that are named.
diverted() {
  printf '%s\n' "$diversions" | while IFS= read -r line; do
    path=${line#local diversion of }
    path=${path%% to *}
    if [ "$line" = "local diversion of $path to $path.regild" ]; then printf '%s\n' "$path"; fi
  done
  for path; do printf '%s\n' "$path"; done
}

# dpkg may have put a program itself in the place of ours: it knows the same file by another name where
# /sbin leads to /usr/sbin, and goes past the diversion then.
undo() {
  file=$root$1
  if [ -f "$file" ] && ! grep -q "$ours" "$file"; then
    rm -f "$file.regild"
  else
    rm -f "$file"
  fi
  dpkg-divert --quiet --local --rename --divert "$1.regild" --remove "$1" </dev/null
  if [ -e "$file.regild" ] && [ ! -e "$file" ]; then mv "$file.regild" "$file"; fi
}

case $action in
put)
  if exists "$policy"; then mv "$policy" "$policy.regild"; fi
  copy "$programs/policy-rc.d" "$policy"
  daemon=$(start_stop_daemon)
  if [ -z "$daemon" ]; then
    echo "The guest's dpkg has no start-stop-daemon." >&2
    exit 1
  fi
  divert "$daemon"
  for path in /usr/bin/systemd-detect-virt /bin/systemd-detect-virt; do
    if exists "$root$path"; then
      divert "$path"
      break
    fi
  done
  for path; do
    if exists "$root$path"; then divert "$path"; fi
  done
  ;;
remove)
  diversions=$(LC_ALL=C dpkg-divert --list '*.regild')
  diverted "$@" | sort -u | while IFS= read -r path; do undo "$path"; done
  rm "$policy"
  if exists "$policy.regild"; then mv "$policy.regild" "$policy"; fi
  ;;
esac
