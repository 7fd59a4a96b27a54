#!/usr/bin/env bash
# Configures ccr-rust for the mock, asks it how it wants to be started, and starts it: what src/topology/ccr-rust*.ts do
# where it is a process of this machine. HOME is a folder that it may write to.
set -uo pipefail
here=$(dirname "$0")
. "$here/json.sh"
binary=/usr/local/bin/ccr-rust
port=${CCR_PORT:-3456} model=${MODEL:-mock,mock-model}

# A proxy would come between gateway and mock.
for name in $(compgen -e); do
  case ${name,,} in *_proxy | xdg_*) unset "$name" ;; esac
done
[[ -n ${RUST_LOG-} ]] || unset RUST_LOG
export CCR_MAX_STREAMS=${CCR_MAX_STREAMS:-0}

# `provider,model`, or a model alone, which is then the provider mock's.
case $model in *,*) ;; *) model=mock,$model ;; esac
provider=${model%%,*} name=${model#*,}

# Its own deadline must not end a stream that the plan makes long: twice that stream, and 10 minutes at least.
whole() { if [[ $1 =~ ^[0-9]{1,9} ]]; then printf '%d' "$((10#${BASH_REMATCH[0]}))"; else printf 0; fi; }
timeout_ms=$((2 * $(whole "${CHUNKS:-20}") * ($(whole "${DELAY_MS:-50}") + 1)))
((timeout_ms > 600000)) || timeout_ms=600000

umask 077
config=$HOME/ccr-rust.json
cat >"$config" <<JSON || exit 4
{
  "HOST": "0.0.0.0",
  "PORT": $(whole "$port"),
  "API_TIMEOUT_MS": $timeout_ms,
  "Providers": [
    {
      "name": $(json_string "$provider"),
      "api_base_url": $(json_string "${UPSTREAM:-http://mock:9999/v1}"),
      "api_key": "dummy",
      "models": [$(json_string "$name")]
    }
  ],
  "Router": { "default": $(json_string "$provider,$name") }
}
JSON

# Today's takes the port after its command `start`, older ones take it at the top. A refusal is an answer too.
ask() { timeout -s KILL 5 "$binary" "$@" 2>&1; }
has_option() { grep -Eq -- "--$2([^[:alnum:]_-]|\$)" <<<"$1"; }
help=$(ask --help)
usage=$help command=()
if grep -Eq '^[[:space:]]+start([^[:alnum:]_]|$)' <<<"$help" && start_help=$(ask start --help) && has_option "$start_help" port; then
  usage=$start_help command=(start)
elif ! has_option "$help" port; then
  printf '%s does not look like ccr-rust: neither its --help nor that of its command start names --port; it says: %s\n' \
    "$binary" "$(head -n 1 <<<"${help:-nothing}")" >&2
  exit 4
fi
listen=(--port "$port")
! has_option "$usage" host || listen=(--host 0.0.0.0 "${listen[@]}")

cd "$HOME" || exit 4
exec "$here/keep-gateway.sh" ccr-rust "$port" "$binary" --config "$config" "${command[@]}" "${listen[@]}"
