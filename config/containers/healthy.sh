#!/usr/bin/env bash
# healthy.sh PORT [once|seldom [listens]]: exits with 0 if GET /health on this port answers 200, or, with `listens`, if the kernel
# lists a listener on the port (the toxics of a proxy could break a test connection, and would count it). Uses neither curl
# nor node. With `seldom`, waits 25 s once the check has succeeded: each `docker exec` costs 30 ms of CPU time, charged to the
# container under measurement, and Docker before version 25 has no separate interval for the start.
is_healthy() {
  [[ -z ${2-} ]] || { grep -q ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; return; }
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return
  printf 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
  IFS= read -r -t 2 -u 3 line && [[ $line == HTTP/1.?' 200'* ]]
}
if [[ ${2-} != seldom ]]; then (is_healthy "$1" "${3-}"); exit; fi
was_healthy=/tmp/.was-healthy
[[ ! -e $was_healthy ]] || sleep 25
if (is_healthy "$1" "${3-}"); then : >"$was_healthy"; else rm -f "$was_healthy"; exit 1; fi
