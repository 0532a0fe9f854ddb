#!/bin/sh
# On a throw-away layer only: places the unit that reports how the boot goes. Its parts are beside this
# script.
set -eu
parts=${0%/*}
units=/etc/systemd/system
unit=regild-qualification.service
mkdir -p "$units/sysinit.target.wants" /etc/systemd/journald.conf.d
cp "$parts/qualification.sh" /etc/regild-qualification.sh
cp "$parts/qualification-packages.sh" /etc/regild-packages.sh
cp "$parts/qualification.service" "$units/$unit"
cp "$parts/qualification-journald.conf" /etc/systemd/journald.conf.d/regild-qualification.conf
chmod 644 /etc/regild-qualification.sh /etc/regild-packages.sh "$units/$unit" \
  /etc/systemd/journald.conf.d/regild-qualification.conf
ln -s "$units/$unit" "$units/sysinit.target.wants/$unit"
