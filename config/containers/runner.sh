#!/usr/bin/env bash
# Runs the harness as the gateway's user, who alone may look into the gateway's process, and then copies its results to
# /results as the owner of that folder, whoever it is. Both without any capability: root is needed to become either.
set -uo pipefail
work=/run/harness results=/results
fail() {
  printf 'error: %s\n' "$1" >&2
  exit 4
}
((EUID == 0)) || fail 'the container of the runner starts as root, and gives its rights up by itself: leave out --user'
[[ -d $results ]] || fail "no folder is mounted at $results: give one with --volume DIR:$results"
owner=$(stat -c %u "$results") group=$(stat -c %g "$results")

drop=(setpriv --clear-groups --inh-caps=-all --bounding-set=-all)
as_harness=("${drop[@]}" --reuid 10001 --regid 10001)
as_owner=("${drop[@]}" --reuid "$owner" --regid "$group")
not_writable="the results folder (RESULTS) cannot be written by its owner, uid $owner"

case ${1-} in
  run | stress)
    "${as_owner[@]}" bash -c 'probe=$(mktemp -d "$0/.writable-XXXXXX") && rmdir "$probe"' "$results" 2>/dev/null ||
      fail "$not_writable"
    ;;
esac

# A switch whose variable is not set is an empty word.
words=()
for word; do [[ -z $word ]] || words+=("$word"); done
# A proxy before the gateway, see docker-compose.runner-gateway.yml.
[[ ${1-} != run || -z ${LOAD_URL-} ]] || words+=("--load-url=$LOAD_URL")
tell_toxics() {
  local hop=$1 word
  for word in $2; do [[ $word != --toxic=* ]] || words+=("--wire=$hop:${word#--toxic=}"); done
}
if [[ ${1-} == run ]]; then
  for word in ${FAULTS-}; do words+=("--fault=$word"); done
  for word in ${CLIENT_FAULTS-}; do words+=("--client-fault=$word"); done
  tell_toxics runner-gateway "${RUNNER_GATEWAY_TOXICS-}"
  tell_toxics gateway-mock "${GATEWAY_MOCK_TOXICS-}"
fi

# Root without CAP_KILL may not signal another user's process.
harness=
forward() {
  [[ -z $harness ]] || kill -s "$1" "$harness" || "${as_harness[@]}" bash -c 'kill -s "$0" "$1"' "$1" "$harness"
}
for signal in TERM INT HUP; do trap "forward $signal" "$signal"; done

cd "$work" || fail "$work is missing"
# A process group of its own: a Ctrl-C at a terminal must reach it once, not twice.
set -m
HOME=$work "${as_harness[@]}" node /app/src/cli.ts "${words[@]}" &
harness=$!
set +m
# Else bash has its own word on a child that a signal ended.
exec 3>&2 2>/dev/null
# A trap ends a wait too, so that only the one after the harness's end tells its status.
while [[ -e /proc/$harness ]]; do wait "$harness"; done
wait "$harness"
status=$?
exec 2>&3
trap '' TERM INT HUP

if "${as_harness[@]}" bash -c 'compgen -G "$0/results/*"' "$work" >/dev/null; then
  # To another name first, as a run's folder is whole or not there; moved in the order of names, `latest` is the last.
  said=$({
    "${as_harness[@]}" tar -C "$work/results" -cf - . | "${as_owner[@]}" bash -c '
      copy=$(mktemp -d "$0/.copying-XXXXXX") || exit 1
      trap "rm -rf \"\$copy\"" EXIT
      tar -C "$copy" --no-same-owner --no-same-permissions -xf - && mv -f -t "$0" -- "$copy"/*' "$results"
  } 2>&1) || fail "$not_writable: ${said%%$'\n'*}"
fi
elsewhere=$("${as_harness[@]}" find "$work" -mindepth 1 -maxdepth 1 ! -name results -printf '%f ')
[[ -z $elsewhere ]] || printf 'not kept, as it is not below results/: %s\n' "$elsewhere" >&2
exit "$status"
