#!/usr/bin/env bash
# keep-gateway.sh KIND PORT COMMAND...: starts a gateway and stays when it ends, as the end of its container would end
# `docker compose up --abort-on-container-exit` with the gateway's status before the runner has said what happened.
#
# The gateway's process alone gets CCR_SSE_STRESS_GATEWAY=KIND: the runner, which shares its PID namespace, finds it by that.
# How it ended is left in /tmp/gateway-ended, in words: `exit status 3`, `signal SIGKILL`, `signal SIGKILL (out of memory)`.
# One that ends before it was ever healthy ends the container with it: it never started.
set -uo pipefail
here=$(dirname "$0")
kind=$1 port=$2
shift 2

told=
gateway=
tell_gateway() {
  told=yes
  [[ -z $gateway ]] || kill -s TERM "$gateway"
}
trap tell_gateway TERM INT

# Processes of this container that the kernel killed for memory, by cgroup v2 or v1.
oom_kills() { sed -n 's/^oom_kill //p' /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; }
oom_kills_before=$(oom_kills)

CCR_SSE_STRESS_GATEWAY=$kind "$@" &
gateway=$!
# Else bash has its own word on a child that a signal ended.
exec 3>&2 2>/dev/null
is_running() { [[ -e /proc/$gateway ]]; }

healthy=
while [[ -z $healthy ]] && is_running; do
  if "$here/healthy.sh" "$port"; then healthy=yes; else sleep 0.1; fi
done
# A trap ends a wait too, so that only the one after the gateway's end tells its status.
while is_running; do wait "$gateway"; done
wait "$gateway"
status=$?

[[ -z $told ]] || exit "$status"
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
[[ -z $told ]] || exit "$status"
wait
