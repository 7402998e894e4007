#!/bin/sh
# Makes .venv with okamochi (editable) and its tools, as the lock says. Does nothing when nothing changed.
set -eu

TOOLS=$(cd -- "$(dirname -- "$0")" && pwd)
ROOT=${TOOLS%/*}
VENV=$ROOT/.venv
STAMP=$VENV/okamochi-setup.stamp
# shellcheck source=tools/say.sh
. "$TOOLS/say.sh"

# The folder belongs to it: a virtual environment does not survive being moved.
fingerprint() {
    printf '%s\n' "$ROOT"
    cat "$ROOT/requirements/dev.txt" "$ROOT/pyproject.toml" "$TOOLS/setup.sh" "$TOOLS/install.py" | cksum
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_environments() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

# Prints the first Python that serves; the ways to fail are told apart, since their remedies differ.
find_python() {
    without_venv=
    for python in ${OKAMOCHI_RUN_PYTHON:+"$OKAMOCHI_RUN_PYTHON"} python3 python3.13 python3.14 python3.12 python3.11 python; do
        is_new_enough "$python" || continue
        if can_make_environments "$python"; then
            printf '%s\n' "$python"
            return 0
        fi
        without_venv=$python
    done
    [ -z "$without_venv" ] || die 1 "$without_venv has no venv module that works" \
        "Debian, Ubuntu: apt install python3-venv (or ${without_venv##*/}-venv)"
    die 1 "no Python 3.11 or newer found" \
        "Debian 12+, Ubuntu 24.04+: apt install python3 python3-venv; macOS: brew install python@3.13; or name one in OKAMOCHI_RUN_PYTHON"
}

# A virtual environment that was moved, or whose Python went away, is made anew.
environment_works() {
    grep -qF -- "$VENV" "$VENV/bin/activate" 2>/dev/null || return 1
    "$VENV/bin/uv" --version >/dev/null 2>&1 && "$VENV/bin/python" -c '' && return 0
    "$VENV/bin/python" -c 'import pip' >/dev/null 2>&1
}

make_environment() {
    python=$(find_python)
    say "setup: making .venv with $("$python" --version)"
    "$python" -m venv --clear "$VENV" || die 1 "cannot make $VENV" \
        "the lines above say why; a checkout that cannot be written has to be copied: cp -R '$ROOT' ~/okamochi"
}

is_up_to_date() {
    [ -x "$VENV/bin/okamochi" ] && [ -r "$STAMP" ] && [ "$(cat "$STAMP")" = "$current" ]
}

# Two commands started at once in a fresh clone: the second waits for the first (the lock is on this very file).
wait_for_others() {
    exec 9<"$TOOLS/setup.sh"
    ! have flock || flock 9 || true
}

current=$(fingerprint)
! is_up_to_date || exit 0
wait_for_others
! is_up_to_date || exit 0
rm -f "$STAMP"
environment_works || make_environment
"$VENV/bin/python" "$TOOLS/install.py" "$ROOT"
printf '%s\n' "$current" >"$STAMP"
say "setup: done; the program is .venv/bin/okamochi"
