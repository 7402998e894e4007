#!/bin/sh
# What tests need of the official image's entry point: first start, password from a file, initdb.d, own user.
set -eu
PGDATA=${PGDATA:-/var/lib/postgresql/data}
export PGDATA
USER_NAME=${POSTGRES_USER:-postgres}
DATABASE=${POSTGRES_DB:-$USER_NAME}
[ -z "${POSTGRES_PASSWORD_FILE:-}" ] || POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /run/postgresql
    chown -R postgres: "$PGDATA" /run/postgresql
    chmod 0700 "$PGDATA"
    export POSTGRES_PASSWORD
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    umask 077
    METHOD=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    [ "$METHOD" != trust ] || POSTGRES_PASSWORD=${POSTGRES_PASSWORD:-unused}
    printf '%s' "${POSTGRES_PASSWORD:?the password is not set}" >/tmp/password
    initdb --username="$USER_NAME" --pwfile=/tmp/password --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    rm /tmp/password
    printf 'host all all all %s\n' "$METHOD" >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
    [ "$DATABASE" = postgres ] || createdb -h /run/postgresql -U "$USER_NAME" "$DATABASE"
    for file in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -e "$file" ] || psql -h /run/postgresql -U "$USER_NAME" -d "$DATABASE" -v ON_ERROR_STOP=1 -f "$file"
    done
    pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
fi
# the official image is stopped by SIGINT, which waits for no client
postgres -D "$PGDATA" -c listen_addresses='*' &
server=$!
trap 'kill -INT "$server"' TERM INT
while :; do
    code=0
    wait "$server" || code=$?
    kill -0 "$server" 2>/dev/null || exit "$code"
done
