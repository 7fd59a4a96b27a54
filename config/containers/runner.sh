#!/usr/bin/env bash
# Runs the harness as the gateway's user, because only that user can read the gateway's /proc, and then copies its results to
# /results as the owner of that folder. Both run without capabilities; root is only needed to switch to either user.
set -uo pipefail
work=/home/harness results=/results
fail() {
  printf 'error: %s\n' "$1" >&2
  exit 4
}
((EUID == 0)) || fail 'the runner container must start as root; it drops its privileges itself. Remove --user.'
[[ -d $results ]] || fail "no folder is mounted at $results. Add --volume DIR:$results."
owner=$(stat -c %u "$results") group=$(stat -c %g "$results")

drop=(setpriv --clear-groups --inh-caps=-all --bounding-set=-all)
as_harness=("${drop[@]}" --reuid 10001 --regid 10001)
as_owner=("${drop[@]}" --reuid "$owner" --regid "$group")
not_writable="the results folder (RESULTS) is not writable by its owner, uid $owner"

case ${1-} in
  run | stress)
    "${as_owner[@]}" bash -c 'probe=$(mktemp -d "$0/.writable-XXXXXX") && rmdir "$probe"' "$results" 2>/dev/null ||
      fail "$not_writable"
    ;;
esac

# A switch whose variable is not set is an empty argument.
words=()
for word; do [[ -z $word ]] || words+=("$word"); done
# A proxy in front of the gateway: docker-compose.runner-gateway.yml.
[[ ${1-} != run || -z ${LOAD_URL-} ]] || words+=("--load-url=$LOAD_URL")
report_toxics() {
  local hop=$1 word
  [[ -z $2 ]] || words+=("--proxy-control=$hop=http://$hop:9901")
  for word in $2; do [[ $word != --toxic=* ]] || words+=("--wire=$hop:${word#--toxic=}"); done
}
if [[ ${1-} == run ]]; then
  for word in ${PHASES-}; do words+=("--phase=$word"); done
  for word in ${MIX-}; do words+=("--mix=$word"); done
  for word in ${TURNS-}; do words+=("--turns=$word"); done
  for word in ${FAULTS-}; do words+=("--fault=$word"); done
  for word in ${CLIENT_FAULTS-}; do words+=("--client-fault=$word"); done
  for word in ${THRESHOLDS-}; do words+=("--threshold=$word"); done
  for word in ${GOODPUT-}; do words+=("--goodput=$word"); done
  report_toxics runner-gateway "${RUNNER_GATEWAY_TOXICS-}"
  report_toxics gateway-mock "${GATEWAY_MOCK_TOXICS-}"
fi

# Compose 2.26 does not show what a container prints after Ctrl-C. Compose 2.40 and `docker compose run` (with a terminal) do.
if [[ ${1-} == run && ! -t 2 && -n ${RESULTS_ON_HOST-} ]]; then
  printf '%s\n' "Ctrl-C: writes the partial report to $RESULTS_ON_HOST/latest; docker compose logs --no-log-prefix runner prints it" >&2
fi

# Root without CAP_KILL cannot signal the process of another user.
harness=
forward() {
  [[ -z $harness ]] || kill -s "$1" "$harness" || "${as_harness[@]}" bash -c 'kill -s "$0" "$1"' "$1" "$harness"
}
for signal in TERM INT HUP; do trap "forward $signal" "$signal"; done

cd "$work" || fail "$work is missing"
# In its own process group, so that a Ctrl-C at a terminal reaches it once, not twice.
set -m
HOME=$work "${as_harness[@]}" node /app/src/cli.ts "${words[@]}" &
harness=$!
set +m
# Otherwise bash prints a message about a child that was killed by a signal.
exec 3>&2 2>/dev/null
# A trap also ends a wait; only the wait after the harness has ended returns its status.
while [[ -e /proc/$harness ]]; do wait "$harness"; done
wait "$harness"
status=$?
exec 2>&3
trap '' TERM INT HUP

if "${as_harness[@]}" bash -c 'compgen -G "$0/results/*"' "$work" >/dev/null; then
  # Copied under another name first, so that a run's folder is complete or absent; `latest` sorts last and is moved last.
  output=$({
    "${as_harness[@]}" tar -C "$work/results" -cf - . | "${as_owner[@]}" bash -c '
      copy=$(mktemp -d "$0/.copying-XXXXXX") || exit 1
      trap "rm -rf \"\$copy\"" EXIT
      tar -C "$copy" --no-same-owner --no-same-permissions -xf - || exit 1
      # Keep a folder that is named `latest`, like the link to the newest run.
      [[ -L $0/latest || ! -e $0/latest ]] || rm -f -- "$copy/latest"
      mv -f -t "$0" -- "$copy"/*' "$results"
  } 2>&1) || fail "$not_writable: ${output%%$'\n'*}"
fi
outside=$("${as_harness[@]}" find "$work" -mindepth 1 -maxdepth 1 ! -name results -printf '%f ')
[[ -z $outside ]] || printf 'not kept, because it is outside results/: %s\n' "$outside" >&2
exit "$status"
