# Takes away the programs that stood in for a guest's own, which Apt put there.
# While it was serviced, dpkg may have put a program itself in the place of ours: it knows the same
# file by another name where /sbin leads to /usr/sbin, and goes past the diversion then.
#
#   stand-ins.sh ROOT [PATH...]   ROOT is empty but in tests; each PATH has had a stand-in
set -e
root=$1
shift
ours="^# Stands in while a guest's disk is serviced"
diversions=$(LC_ALL=C dpkg-divert --list '*.regild')
listed() {
  printf '%s\n' "$diversions" | while IFS= read -r line; do
    path=${line#local diversion of }
    path=${path%% to *}
    if [ "$line" = "local diversion of $path to $path.regild" ]; then printf '%s\n' "$path"; fi
  done
  for path; do printf '%s\n' "$path"; done
}
listed "$@" | sort -u | while IFS= read -r path; do
  file=$root$path
  if [ -f "$file" ] && ! grep -q "$ours" "$file"; then
    rm -f "$file.regild"
  else
    rm -f "$file"
  fi
  dpkg-divert --quiet --local --rename --divert "$path.regild" --remove "$path" </dev/null
  if [ -e "$file.regild" ] && [ ! -e "$file" ]; then mv "$file.regild" "$file"; fi
done
