#!/usr/bin/env bash
# healthy.sh PORT [seldom [listens]]: ends with 0 where GET /health of this container answers 200, or with `listens` where
# anything listens at the port, asked of the kernel: a proxy's toxics may break a connection off, and count each. Neither
# curl nor node, and `seldom` takes 25 s over its answer once there was a good one: a health check costs 30 ms of CPU time by
# its `docker exec` alone, charged to the container that is being measured, and engines before 25 know no interval for the
# start alone.
is_healthy() {
  [[ -z ${2-} ]] || { grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; return; }
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return
  printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  IFS= read -r -t 2 -u 3 line && [[ $line == HTTP/1.?' 200'* ]]
}
if [[ ${2-} != seldom ]]; then (is_healthy "$1"); exit; fi
was_healthy=/tmp/.was-healthy
[[ ! -e $was_healthy ]] || sleep 25
if (is_healthy "$1" "${3-}"); then : >"$was_healthy"; else rm -f "$was_healthy"; exit 1; fi
