# To be sourced. Prints why a service failed to the output of `docker compose up`, which shows only the runner and `pidns`.

# show_failure TEXT [FILE]: prints the text and the lines of the file here and on the output of process 1, which is that of `pidns`.
show_failure() {
  printf '%s\n' "$1" >&2
  [[ $$ != 1 ]] || return 0
  {
    printf '%s\n' "$1"
    [[ ! -s ${2-} ]] || LC_ALL=C tr -d '\000-\010\013-\037\177' <"$2" | cut -c 1-500 | sed 's/^/  /'
  } 2>/dev/null >/proc/1/fd/1
}
