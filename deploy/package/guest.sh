# For the scripts that in-debian runs: what they say, and how they install.
set -E
export HOME=/root LANG=C.UTF-8 TERM=dumb
last=0
# What a command in a redirection says of its failure is said here, too.
exec 9>&1
trap '{ tail -n 40 /run/output; die "line $LINENO of $0"; } >&9' ERR

step() {
  printf 'ok  %4s s  %s\n' "$((SECONDS - last))" "$*"
  last=$SECONDS
}

die() {
  printf 'FAILED  %s\n' "$*"
  journalctl --no-pager -u regild -n 40 2>/dev/null || true
  exit 1
}

# Runs a command, whose output is shown only if it fails.
quietly() {
  "$@" </dev/null >/run/output 2>&1 || { tail -n 40 /run/output; die "$*"; }
}

# No terminal, no answers and no frontend that is set: a question would fail here or hang. Without what is
# only recommended, which takes several times as long.
apt() {
  quietly apt-get -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io "$@"
}

live() { # PORT
  { exec 3<>"/dev/tcp/127.0.0.1/$1" && printf 'GET /health/live HTTP/1.0\r\n\r\n' >&3 &&
    head -n 1 <&3 | grep -q ' 200'; } 2>/dev/null
}

answers() { # PORT
  local i
  for ((i = 0; i < 240; i++)); do
    ! live "$1" || return 0
    sleep 0.25
  done
  die "no answer within 60 s"
}
