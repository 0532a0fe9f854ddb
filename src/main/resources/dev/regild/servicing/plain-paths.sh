# Read before mkinitramfs, which calls realpath, readlink and mkdir for each file that it copies: two
# thousand processes, most of which print their argument. These functions answer for paths without
# links, and call the programs for all others.

# Asked for each file, and always the same.
regild_bin=$(readlink -f /bin)

# Whether a path is absolute and normalized.
regild_is_plain() {
  case $1 in
  */ | *//* | */./* | */../* | */. | */..) return 1 ;;
  /*) ;;
  *) return 1 ;;
  esac
}

# Whether a plain path exists and contains no symbolic link.
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
