#!/usr/bin/env bash
# apt takes nothing from a repository whose Release names its indexes in compressed forms alone:
# `apt-get update` ends with status 0 and warns that the repository "does not seem to provide"
# main/binary-amd64/Packages, "sources.list entry misspelt?", although Packages.gz is named with its
# size and SHA-256, and is there. As soon as Release names the uncompressed Packages besides, which
# need not be there, the same Packages.gz is fetched.
#
# Whoever hashes only the files that a server really keeps makes such a Release.
#
# Seen with apt 2.6.1 (Debian 12). This script fetches that version with the host's own apt, unpacks
# it into a temporary directory, and fails if what apt does is another thing now.
set -euo pipefail

version=2.6.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get -q download "apt=$version" "libapt-pkg6.0=$version" >download.log 2>&1 ||
  { cat download.log >&2; echo "apt $version cannot be fetched" >&2; exit 1; }
for package in ./*.deb; do dpkg-deb --extract "$package" root; done
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(dirname "$(find "$PWD/root" -name 'libapt-pkg.so.6.0')")

suite=repository/dists/stable
mkdir -p $suite/main/binary-amd64 state/lists/partial cache/archives/partial etc
: >status
echo "deb [trusted=yes arch=amd64] file:$work/repository stable main" >etc/sources.list
cat >$suite/main/binary-amd64/Packages <<'END'
Package: example
Version: 1.0
Architecture: amd64
Maintainer: Example <example@example.org>
Description: an example
Filename: pool/example_1.0_amd64.deb
Size: 1000
SHA256: 0000000000000000000000000000000000000000000000000000000000000000

END
gzip -9nk $suite/main/binary-amd64/Packages

entry() { # entry FILE: its line in Release
  printf ' %s %s %s\n' "$(sha256sum "$suite/$1" | cut -d' ' -f1)" "$(stat -c %s "$suite/$1")" "$1"
}

release() { # release FILE...: a Release that names these
  printf 'Suite: stable\nCodename: stable\nDate: Mon, 03 Nov 2025 10:00:00 UTC\nSHA256:\n' >$suite/Release
  for file; do entry "$file"; done >>$suite/Release
}

apt() { # apt PROGRAM WORD...: the pinned apt, on directories of its own
  local program=$1
  shift
  "root/usr/bin/$program" -o Dir="$work" -o Dir::Etc::sourcelist="$work/etc/sources.list" \
    -o Dir::Etc::sourceparts=- -o Dir::Etc::main=- -o Dir::Etc::parts=- -o Dir::State="$work/state" \
    -o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" \
    -o Dir::Bin::methods="$work/root/usr/lib/apt/methods" -o APT::Architecture=amd64 \
    -o APT::Architectures::=amd64 -o APT::Sandbox::User=root -o Dir::Log="$work" "$@"
}

seen() { # seen: the status of update, its warnings, and the version that apt would install
  local status=0
  rm -rf state/lists && mkdir -p state/lists/partial
  apt apt-get -q update >update.log 2>&1 || status=$?
  printf 'status %s, warnings: %s, candidate: %s\n' "$status" \
    "$(grep -o 'does not seem to provide it (sources.list entry misspelt?)' update.log || echo none)" \
    "$(apt apt-cache policy example 2>/dev/null | sed -n 's/ *Candidate: //p' | grep . || echo none)"
}

echo "$(root/usr/bin/apt-get --version | head -n 1)"
release main/binary-amd64/Packages.gz
compressed=$(seen)
echo "Release names Packages.gz alone:        $compressed"
release main/binary-amd64/Packages.gz main/binary-amd64/Packages
rm $suite/main/binary-amd64/Packages
both=$(seen)
echo "Release names Packages, too (not kept): $both"

unfetched='does not seem to provide it (sources.list entry misspelt?)'
[[ $compressed == "status 0, warnings: $unfetched, candidate: none" ]]
[[ $both == 'status 0, warnings: none, candidate: 1.0' ]]
