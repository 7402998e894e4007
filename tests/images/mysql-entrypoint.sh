#!/bin/sh
# What tests need of the official images' entry points, with MariaDB for both: first start, password from a
# file, initdb.d, own user. As healthcheck.sh it is the check of the official MariaDB image.
set -eu
case $0 in */healthcheck.sh) exec mariadb-admin ping -h 127.0.0.1 --silent ;; esac
case ${1:-} in sh | bash) exec "$@" ;; esac
DATA=/var/lib/mysql
USER_NAME=${MARIADB_USER:-${MYSQL_USER:-}}
DATABASE=${MARIADB_DATABASE:-${MYSQL_DATABASE:-}}
PASSWORD=${MARIADB_PASSWORD:-${MYSQL_PASSWORD:-}}
FILE=${MARIADB_PASSWORD_FILE:-${MYSQL_PASSWORD_FILE:-}}
[ -z "$FILE" ] || PASSWORD=$(cat "$FILE")
ROOT_PASSWORD=${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-${ROOT_PASSWORD:-}}}
FILE=${MARIADB_ROOT_PASSWORD_FILE:-${MYSQL_ROOT_PASSWORD_FILE:-}}
[ -z "$FILE" ] || ROOT_PASSWORD=$(cat "$FILE")
EMPTY=${MARIADB_ALLOW_EMPTY_PASSWORD:-${MYSQL_ALLOW_EMPTY_PASSWORD:-}}
[ "$USER_NAME" != root ] || { echo 'MYSQL_USER="root" cannot be used for the root user' >&2; exit 1; }

if [ "$(id -u)" = 0 ]; then
    mkdir -p "$DATA" /run/mysqld
    chown -R mysql: "$DATA" /run/mysqld
    export PASSWORD ROOT_PASSWORD
    exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi

statements() {
    echo 'FLUSH PRIVILEGES;'
    if [ -n "$ROOT_PASSWORD$EMPTY" ]; then
        printf "CREATE USER 'root'@'%%' IDENTIFIED BY '%s';\n" "$ROOT_PASSWORD"
        echo "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;"
    fi
    [ -z "$DATABASE" ] || printf 'CREATE DATABASE `%s`;\n' "$DATABASE"
    [ -z "$USER_NAME" ] || printf "CREATE USER '%s'@'%%' IDENTIFIED BY '%s';\n" "$USER_NAME" "$PASSWORD"
    [ -z "$USER_NAME" ] || printf "GRANT ALL ON \`%s\`.* TO '%s'@'%%';\n" "$DATABASE" "$USER_NAME"
}

if [ ! -d "$DATA/mysql" ]; then
    mariadb-install-db --datadir="$DATA" --auth-root-authentication-method=normal --skip-test-db >/dev/null
    statements | mariadbd --bootstrap --datadir="$DATA"
    for file in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -e "$file" ] || { echo "USE \`$DATABASE\`;" && cat "$file"; } | mariadbd --bootstrap --datadir="$DATA"
    done
fi
exec mariadbd --datadir="$DATA" --bind-address=0.0.0.0 --socket=/run/mysqld/mysqld.sock
