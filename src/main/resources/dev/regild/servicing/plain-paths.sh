# Read before mkinitramfs, which asks realpath, readlink and mkdir about each file that it copies: two
# thousand processes, of which most are told what they were given. These functions answer for paths
# in which nothing is to be resolved, and leave all others to the programs.

# What is asked for each file, and does not change meanwhile.
regild_bin=$(readlink -f /bin)

# Whether a path is absolute, and its text needs no change.
regild_is_plain() {
  case $1 in
  */ | *//* | */./* | */../* | */. | */..) return 1 ;;
  /*) ;;
  *) return 1 ;;
  esac
}

# Whether a path that is plain leads through no symbolic link to something that exists.
regild_is_direct() {
  [ -e "$1" ] || return 1
  regild_rest=$1
  while [ -n "$regild_rest" ]; do
    [ ! -h "$regild_rest" ] || return 1
    regild_rest=${regild_rest%/*}
  done
}

readlink() {
  if [ "$#" = 2 ] && [ "$1" = -f ]; then
    if [ "$2" = /bin ]; then
      printf '%s\n' "$regild_bin"
      return
    fi
    if regild_is_plain "$2" && regild_is_direct "$2"; then
      printf '%s\n' "$2"
      return
    fi
  fi
  command readlink "$@"
}

realpath() {
  if [ "$#" = 2 ]; then
    regild_path=$2
    case $1 in
    -ms)
      case $2 in //[!/]*) regild_path=${2#/} ;; esac
      if regild_is_plain "$regild_path"; then
        printf '%s\n' "$regild_path"
        return
      fi
      ;;
    -s)
      if regild_is_plain "$2" && [ -e "$2" ]; then
        printf '%s\n' "$2"
        return
      fi
      ;;
    esac
  fi
  command realpath "$@"
}

mkdir() {
  if [ "$#" = 2 ] && [ "$1" = -p ] && [ -d "$2" ]; then return; fi
  command mkdir "$@"
}
