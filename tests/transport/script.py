"""A host script for tests of the transport: verbs that show what arrived and what ran."""

import hashlib

SCRIPT = rb"""
verb=$1
shift
for pair in "$@"; do
  case $pair in
    file=*) file=${pair#file=} ;;
    seconds=*) seconds=${pair#seconds=} ;;
  esac
done
case $verb in
  echo) printf '%s|' "$@" ;;
  cat) cat ;;
  sum) sha256sum ;;
  fail) echo no >&2; exit 3 ;;
  sleep) sleep "$seconds"; echo rested ;;
  note) echo run >>"$file"; sleep "${seconds:-0}"; echo noted ;;
  flood) head -c 8000000 /dev/zero | tr '\0' x; echo >&2; head -c 1000000 /dev/zero | tr '\0' y >&2 ;;
  hostile) printf 'a\377\033]52;c;eA==\007\000b\302\233' ;;
  die) kill -9 $$ ;;
  leave) sleep 30 & echo left ;;
  whoami) id -un ;;
esac
"""
DIGEST = hashlib.sha256(SCRIPT).hexdigest()[:16]
