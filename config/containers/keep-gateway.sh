#!/usr/bin/env bash
# keep-gateway.sh KIND PORT COMMAND...: starts a gateway and keeps running after the gateway has ended. Otherwise the end of the
# container would end `docker compose up --abort-on-container-exit` before the runner can report what happened.
#
# Only the gateway's process has CCR_SSE_STRESS_GATEWAY=KIND in its environment: the runner, which shares the PID namespace,
# finds it by this variable. /tmp/gateway-ended then contains how it ended: `exit status 3`, `signal SIGKILL`, `signal SIGKILL (out
# of memory)`. If the gateway ends before it was healthy, the container ends too.
set -uo pipefail
here=$(dirname "$0")
kind=$1 port=$2
shift 2

stopping=
gateway=
stop_gateway() {
  stopping=yes
  [[ -z $gateway ]] || kill -s TERM "$gateway"
}
trap stop_gateway TERM INT

# Number of processes in this container killed by the kernel for lack of memory (cgroup v2 or v1).
oom_kills() { sed -n 's/^oom_kill //p' /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; }
oom_kills_before=$(oom_kills)

CCR_SSE_STRESS_GATEWAY=$kind "$@" &
gateway=$!
# Bash would print a message about a child that a signal ended.
exec 3>&2 2>/dev/null
is_running() { [[ -e /proc/$gateway ]]; }

healthy=
while [[ -z $healthy ]] && is_running; do
  if "$here/healthy.sh" "$port"; then healthy=yes; else sleep 0.1; fi
done
# A trap also ends a wait; only the wait after the gateway has ended returns its status.
while is_running; do wait "$gateway"; done
wait "$gateway"
status=$?

[[ -z $stopping ]] || exit "$status"
if ((status > 128)) && name=$(kill -l $((status - 128))); then how="signal SIG$name"; else how="exit status $status"; fi
[[ $(oom_kills) == "$oom_kills_before" ]] || how+=' (out of memory)'
if [[ -z $healthy ]]; then
  printf 'the gateway (%s) ended with %s before it was healthy\n' "$kind" "$how" >&3
  exit "$status"
fi
printf '%s\n' "$how" >/tmp/.gateway-ended && mv /tmp/.gateway-ended /tmp/gateway-ended
printf 'the gateway (%s) ended with %s\n' "$kind" "$how" >&3
sleep infinity &
trap 'kill $!; exit $status' TERM INT
[[ -z $stopping ]] || exit "$status"
wait
