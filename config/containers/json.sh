# To be sourced. json_string TEXT: prints the text as a JSON string.
json_string() {
  local text=$1 out='' at char code
  for ((at = 0; at < ${#text}; at++)); do
    char=${text:at:1}
    case $char in
      '"' | '\') char="\\$char" ;;
      [[:cntrl:]]) printf -v code '%d' "'$char" && printf -v char '\\u%04x' "$code" ;;
    esac
    out+=$char
  done
  printf '"%s"' "$out"
}
