#!/usr/bin/env bash
# keep.sh NAME PORT COMMAND...: starts the mock, a proxy or a gateway. If a healthy mock or gateway ends, keep.sh continues to run:
# `docker compose up --abort-on-container-exit` would otherwise stop the runner before it can report what happened. If a proxy
# ends, or any process before it was healthy, keep.sh ends too. The runner could not tell the end of a proxy from the gateway's.
#
# NAME is mock, the hop of a proxy, or the kind of the gateway. Only the gateway's process has CCR_SSE_STRESS_GATEWAY=NAME in its
# environment: the runner, which shares the PID namespace, finds it by this variable. If the process ends without being stopped,
# /tmp/ended contains the reason (`exit status 3`, `signal SIGKILL`, `signal SIGKILL (out of memory)`) and /tmp/last-lines the last
# lines of its output. `docker compose up` shows both.
set -uo pipefail
here=$(dirname "$0")
. "$here/failure.sh"
name=$1 port=$2
shift 2
# Less than the start period of the health checks in docker-compose.yml.
healthy_within_s=${HEALTHY_WITHIN_S:-80}
last_lines=/tmp/last-lines

case $name in
  mock) part=mock mark=() probe=(healthy.sh "$port") ;;
  runner-gateway | gateway-mock) part="the proxy $name" mark=() probe=(healthy.sh "$port" once listens) ;;
  *) part="the gateway ($name)" mark=(env "CCR_SSE_STRESS_GATEWAY=$name") probe=(healthy.sh "$port") ;;
esac

stopping=
process=
stop_process() {
  stopping=yes
  [[ -z $process ]] || kill -s TERM "$process"
}
trap stop_process TERM INT

# Number of processes in this container killed by the kernel for lack of memory (cgroup v2 or v1).
oom_kills() { sed -n 's/^oom_kill //p' /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; }
oom_kills_before=$(oom_kills)

rm -f /tmp/ended "$last_lines"
# Few and small processes, because they count toward the container's limits. `tail` writes its lines when the output ends.
exec {output}> >(exec tee >(exec tail -n 20 >"$last_lines"))
tee=$!
"${mark[@]}" "$@" >&"$output" 2>&1 {output}>&- &
process=$!
# The output ends when the process has ended.
exec {output}>&-
# Otherwise bash prints a message about a child that was killed by a signal.
exec 3>&2 2>/dev/null
is_running() { [[ -e /proc/$process ]]; }

healthy=
late=
while [[ -z $healthy ]] && is_running; do
  if "$here/${probe[0]}" "${probe[@]:1}"; then
    healthy=yes
  elif ((SECONDS >= healthy_within_s)) && [[ -z $late$stopping ]]; then
    late=yes
    kill -s KILL "$process"
  else
    sleep 0.1
  fi
done
# A trap also ends a wait; only the wait after the process has ended returns its status.
while is_running; do wait "$process"; done
wait "$process"
status=$?
exec 2>&3
# The output ends with the process, unless one of its children keeps it open.
for ((try = 0; try < 20; try++)); do [[ -e /proc/$tee || ! -s $last_lines ]] || break; sleep 0.05; done

[[ -z $stopping ]] || exit "$status"
if ((status > 128)) && signal=$(kill -l $((status - 128))); then how="signal SIG$signal"; else how="exit status $status"; fi
[[ $(oom_kills) == "$oom_kills_before" ]] || how+=' (out of memory)'
if [[ -n $late ]]; then
  show_failure "$part was not healthy within $healthy_within_s s" "$last_lines"
  exit 1
elif [[ -z $healthy ]]; then
  show_failure "$part ended with $how before it was healthy" "$last_lines"
  exit "$status"
fi
if [[ $part != 'the proxy '* ]]; then printf '%s\n' "$how" >/tmp/.ended && mv /tmp/.ended /tmp/ended; fi
show_failure "$part ended with $how" "$last_lines"
[[ $part != 'the proxy '* ]] || exit "$status"
sleep infinity &
trap 'kill $!; exit $status' TERM INT
[[ -z $stopping ]] || exit "$status"
wait
