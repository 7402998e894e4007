# shellcheck shell=sh
# Words to people go to stderr: stdout carries results alone.

say() {
    printf '%s\n' "$*" >&2
}

# die STATUS MESSAGE [HINT]: the exit codes are okamochi's own (2 usage, 7 engine, 1 other).
die() {
    _status=$1
    say "error: $2"
    [ -z "${3-}" ] || say "hint: $3"
    exit "$_status"
}

have() {
    command -v "$1" >/dev/null 2>&1
}
