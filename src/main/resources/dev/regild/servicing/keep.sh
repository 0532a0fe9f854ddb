#!/bin/sh
# Keeps what belongs to an image's identity, and its logs, as they were before packages changed.
#
# keep.sh save DIRECTORY      before
# keep.sh restore DIRECTORY   after
set -eu
directory=$2
cd /

# Paths that exist now. Cloud-init's state counts: it decides what happens at the next boot.
identity() {
  for path in etc/machine-id var/lib/dbus/machine-id etc/hostname etc/ssh/ssh_host_* \
    var/lib/cloud var/lib/systemd/random-seed; do
    if [ -e "$path" ] || [ -L "$path" ]; then
      printf '%s\n' "$path"
    fi
  done
}

logs() {
  find var/log -xdev -type f ! -name '*
*' -printf '%i\t%s\t%T@\t%p\n'
}

case $1 in
save)
  identity >"$directory/identity"
  tar --create --file "$directory/identity.tar" --files-from "$directory/identity"
  logs >"$directory/logs"
  ;;
restore)
  identity >"$directory/identity-now"
  if ! cmp -s "$directory/identity" "$directory/identity-now" ||
    ! tar --compare --file "$directory/identity.tar" >/dev/null; then
    xargs --arg-file="$directory/identity-now" --delimiter='\n' --no-run-if-empty rm -rf --
    tar --extract --preserve-permissions --same-owner --numeric-owner \
      --file "$directory/identity.tar"
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
