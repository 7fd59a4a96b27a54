#!/usr/bin/env bash
# Configures ccr-rust for the mock, reads its --help to find its flags, and starts it, as src/gateways/ccr-rust*.ts do for a
# local process. HOME must be a writable folder.
set -uo pipefail
here=$(dirname "$0")
. "$here/json.sh"
. "$here/failure.sh"
binary=/usr/local/bin/ccr-rust
port=${CCR_PORT:-3456} model=${MODEL:-mock,mock-model}

# An HTTP proxy would be in the path between gateway and mock.
for name in $(compgen -e); do
  case ${name,,} in *_proxy | xdg_*) unset "$name" ;; esac
done
[[ -n ${RUST_LOG-} ]] || unset RUST_LOG
export CCR_MAX_STREAMS=${CCR_MAX_STREAMS:-0}

# `provider,model`, or a model alone, whose provider is then `mock`.
case $model in *,*) ;; *) model=mock,$model ;; esac
provider=${model%%,*} name=${model#*,}

# ccr-rust's own deadline must not end a long planned stream: twice the length of a stream, at least 10 minutes.
integer() { if [[ $1 =~ ^[0-9]{1,9} ]]; then printf '%d' "$((10#${BASH_REMATCH[0]}))"; else printf 0; fi; }
timeout_ms=$((2 * $(integer "${CHUNKS:-20}") * ($(integer "${DELAY_MS:-50}") + 1)))
((timeout_ms > 600000)) || timeout_ms=600000

umask 077
config=$HOME/ccr-rust.json
cat >"$config" <<JSON || { show_failure "$config cannot be written"; exit 4; }
{
  "HOST": "0.0.0.0",
  "PORT": $(integer "$port"),
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

# Current versions take the port after the command `start`, older ones at the top level. An error message is useful too.
run_for_help() { timeout -s KILL 5 "$binary" "$@" 2>&1; }
has_option() { grep -Eq -- "--$2([^[:alnum:]_-]|\$)" <<<"$1"; }
help=$(run_for_help --help)
usage=$help command=()
if grep -Eq '^[[:space:]]+start([^[:alnum:]_]|$)' <<<"$help" && start_help=$(run_for_help start --help) && has_option "$start_help" port; then
  usage=$start_help command=(start)
elif ! has_option "$help" port; then
  show_failure "$binary does not look like ccr-rust: neither \`--help\` nor \`start --help\` lists --port; output: $(head -n 1 <<<"${help:-nothing}")"
  exit 4
fi
listen=(--port "$port")
! has_option "$usage" host || listen=(--host 0.0.0.0 "${listen[@]}")

cd "$HOME" || exit 4
exec "$here/keep.sh" ccr-rust "$port" "$binary" --config "$config" "${command[@]}" "${listen[@]}"
