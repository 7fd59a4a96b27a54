#!/usr/bin/env bash
# Builds ccr-rust for Dockerfile.ccr: reads /source (CCR_SOURCE), writes to /out, which is copied into the image.
# If the build fails, the last line says which variable to set.
set -uo pipefail
. "$(dirname "$0")/json.sh"
give_up() {
  printf '%s\n' '' "$@" >&2
  exit 1
}

ref=${CCR_REF:-an unnamed source}
[[ ! $CCR_REF =~ ^https?://[^/@]*@ ]] ||
  give_up 'CCR_SOURCE contains credentials, which would stay in the image: use a local checkout instead'
[[ -f /source/Cargo.toml ]] || give_up \
  "no Cargo.toml in $ref: not the source of ccr-rust" \
  'set CCR_SOURCE to a checkout (./ccr-rust) or to a git URL with a commit (https://host/ccr-rust.git#6410f18...)'

# Copied with new timestamps: cargo compares them, and files of another source may be older than the cached build.
mkdir -p /work /out/usr/local/bin /out/etc/ccr-sse-stress
tar -C /source --exclude=./target -cf - . | tar -C /work -xmf - && cd /work || exit 1

options=(--profile "$CCR_PROFILE" --bin "$CCR_BINARY" --target-dir /target)
[[ -z $CCR_FEATURES ]] || options+=(--features "$CCR_FEATURES")
[[ -z $CCR_NO_DEFAULT_FEATURES ]] || options+=(--no-default-features)
printf 'cargo build %s (%s; minutes the first time)\n' "${options[*]}" "$ref"
log=/tmp/cargo.log
(while sleep 20; do printf '  %s\n' "$(tail -n 1 "$log")"; done) &
ticker=$!
cargo build "${options[@]}" >"$log" 2>&1
status=$?
kill "$ticker"
if ((status != 0)); then
  tail -n 20 "$log" >&2
  case $(<"$log") in
    *'no bin target named'*) remedy="no binary $CCR_BINARY in $ref: set CCR_BINARY" ;;
    *'not contain this feature'* | *'contain these features'* | *'contains this feature'* | *'contains these features'*)
      remedy="no feature $CCR_FEATURES in $ref: set or unset CCR_FEATURES" ;;
    *'profile '*'is not defined'*) remedy="no profile $CCR_PROFILE in $ref: set or unset CCR_PROFILE (release)" ;;
    *'network failure'* | *'Could not resolve host'* | *'failed to download'* | *'failed to fetch'* | *'failed to query'* | *'download of '*' failed'*)
      remedy="cargo could not download the dependencies of $ref: they are on crates.io, and for ccr-rust 1.3.0 also on a git host" ;;
    *) remedy="$ref does not build with $(rustc --version): set CCR_SOURCE to another commit or checkout, RUST_IMAGE, or CCR_FEATURES" ;;
  esac
  give_up "$remedy"
fi

case $CCR_PROFILE in dev | test) folder=debug ;; bench) folder=release ;; *) folder=$CCR_PROFILE ;; esac
binary=/out/usr/local/bin/ccr-rust
install -m 755 "/target/$folder/$CCR_BINARY" "$binary" || give_up "cargo wrote no /target/$folder/$CCR_BINARY: set CCR_PROFILE or CCR_BINARY"

version=
for question in --version version; do
  answer=$(timeout -s KILL 5 "$binary" "$question" 2>&1) && [[ $answer =~ [0-9]+\.[0-9]+\.[0-9]+[[:alnum:]_.+-]* ]] || continue
  version=${BASH_REMATCH[0]}
  break
done
[[ -n $version ]] || version=$(cargo pkgid 2>/dev/null | sed -n 's/.*[#@]//p')
case $VERSION in
  unknown | "$version") ;;
  *) printf 'warning: the image label says version %s, but the binary is %s: set CCR_VERSION\n' "$VERSION" "${version:-unknown}" ;;
esac

printf '{"ref":%s,"version":%s,"features":%s,"profile":%s}\n' \
  "$(json_string "$CCR_REF")" "$(json_string "$version")" "$(json_string "$FEATURES")" "$(json_string "$CCR_PROFILE")" \
  >/out/etc/ccr-sse-stress/built.json
printf 'built %s\n' "$(</out/etc/ccr-sse-stress/built.json)"
