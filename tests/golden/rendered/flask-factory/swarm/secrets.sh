#!/bin/sh
# Written by okamochi render swarm: makes each secret of the stack once, and keeps those that are there.
# A value of your own is the file swarm/secrets/NAME; what is made up is written there as well. Nothing of it
# is committed. To change one: docker stack rm, docker secret rm, and this again.
stack=parcel
set -eu
umask 077
cd "$(dirname "$0")/secrets"
random() { head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'; }
make() { [ -s "$1" ] || printf '%s' "$2" >"$1"; }
need() {
    [ -s "$1" ] && return
    echo "no value for $1: write it to the file swarm/secrets/$1" >&2
    exit 1
}
keep() {
    docker secret inspect "${stack}_$1" >/dev/null 2>&1 || docker secret create "${stack}_$1" "$1" >/dev/null
}

make SECRET_KEY "$(random)"

keep SECRET_KEY
