#!/bin/sh
# Keeps what belongs to an image's identity, and its logs, as they were before packages changed.
# Uses only what every system has: minimal ones have no tar.
#
# keep.sh save DIRECTORY [ROOT]      before
# keep.sh restore DIRECTORY [ROOT]   after
set -eu
directory=$2
cd "${3:-/}"

# Paths that exist now. Cloud-init's state counts: it decides what happens at the next boot.
identity() {
  for path in etc/machine-id var/lib/dbus/machine-id etc/hostname etc/ssh/ssh_host_* \
    var/lib/cloud var/lib/systemd/random-seed; do
    if [ -e "$path" ] || [ -L "$path" ]; then
      printf '%s\n' "$path"
    fi
  done
}

# What these paths are: kind, mode, owner, target, time and content of each file in them.
state() {
  while IFS= read -r path; do
    find "$path" -printf '%p\t%y\t%m\t%U\t%G\t%l\t%T@\n' | sort
    find "$path" -type f -exec sha256sum -- {} + | sort
  done
}

logs() {
  find var/log -xdev -type f ! -name '*
*' -printf '%i\t%s\t%T@\t%p\n'
}

case $1 in
save)
  mkdir -p "$directory"
  identity >"$directory/identity"
  state <"$directory/identity" >"$directory/identity-state"
  mkdir "$directory/identity-files"
  while IFS= read -r path; do
    cp --archive --parents -- "$path" "$directory/identity-files"
  done <"$directory/identity"
  logs >"$directory/logs"
  ;;
restore)
  identity >"$directory/identity-now"
  if [ "$(state <"$directory/identity-now")" != "$(cat "$directory/identity-state")" ]; then
    while IFS= read -r path; do
      rm -rf -- "$path"
    done <"$directory/identity-now"
    while IFS= read -r path; do
      mkdir -p -- "$(dirname "$path")"
      cp --archive --no-target-directory -- "$directory/identity-files/$path" "$path"
    done <"$directory/identity"
  fi
  logs >"$directory/logs-now"
  tab=$(printf '\t')
  while IFS=$tab read -r inode size time path; do
    before=$(LOG_PATH=$path awk -F '\t' 'ENVIRON["LOG_PATH"] == $4 { print; exit }' \
      "$directory/logs")
    if [ -z "$before" ]; then
      rm -f -- "$path"
    elif [ "$before" != "$inode$tab$size$tab$time$tab$path" ]; then
      IFS=$tab read -r old_inode old_size old_time _ <<EOF
$before
EOF
      if [ "$inode" = "$old_inode" ] && [ "$size" -ge "$old_size" ]; then
        truncate --size="$old_size" -- "$path"
        touch --no-create --date="@$old_time" -- "$path"
      fi
    fi
  done <"$directory/logs-now"
  ;;
esac
