#!/bin/sh
# Reports to the host how this boot went, through a virtio-serial port, then powers off.
# One fact a line, fields parted by tabs, "end" last: a report without it is not whole.
#
# qualification.sh LISTING: a script that reports the packages
port=/dev/virtio-ports/dev.regild.qualification
# An emulated processor translates a program again for each address that it is loaded to.
if grep -qs 'QEMU TCG' /proc/cpuinfo; then
  echo 0 2>/dev/null >/proc/sys/kernel/randomize_va_space
fi
# Systemd waits by itself from 240 on: to ask it again and again would take a part of the processor
# from the start, which is emulated where there is no KVM. Before 240 it does not know --wait, or does
# not wait with it. The host has a limit for the whole boot.
how=--wait
while :; do
  state=$(timeout 120 systemctl is-system-running $how 2>/dev/null)
  how=
  case $state in
  '' | unknown | initializing | starting) sleep 1 ;;
  *) break ;;
  esac
done
tries=0
while [ ! -e "$port" ] && [ "$tries" -lt 60 ]; do
  sleep 1
  tries=$((tries + 1))
done
{
  printf 'kernel\t%s\n' "$(uname -r)"
  printf 'state\t%s\n' "$state"
  systemctl list-units --state=failed --plain --no-legend --no-pager |
    while read -r unit next _; do
      # Old systemd marks a failed unit even in a plain list.
      case $unit in '●' | '*') unit=$next ;; esac
      printf 'failed\t%s\n' "$unit"
    done
  # What the boot loader is told, to explain which kernel it chose.
  cat /etc/default/grub /etc/default/grub.d/*.cfg 2>/dev/null |
    sed -n 's/^[[:space:]]*GRUB_DEFAULT=[\"'"'"']*\([^\"'"'"']*\).*/boot-default\t\1/p' | tail -n 1
  cat /boot/grub/grub.cfg /boot/grub2/grub.cfg /boot/loader/entries/*.conf 2>/dev/null |
    grep -o '/vmlinuz-[^[:space:]]*' | sed 's/.*vmlinuz-/boot-entry\t/' | sort -u
  sh "$1"
  printf 'end\n'
} >"$port"
# systemd ends all processes, unmounts and powers off, without stopping unit by unit. That would prove
# nothing (whatever hangs is killed), and takes a sixth of an emulated boot.
systemctl poweroff --force
