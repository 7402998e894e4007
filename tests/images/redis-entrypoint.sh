#!/bin/sh
# As the official image: the server as its own user, in /data.
set -eu
if [ "$(id -u)" = 0 ]; then
    mkdir -p /data
    user=redis
    id valkey >/dev/null 2>&1 && user=valkey
    chown "$user:" /data
    cd /data
    exec setpriv --reuid="$user" --regid="$user" --init-groups "$@" --dir /data --protected-mode no --bind 0.0.0.0
fi
exec "$@"
