#!/bin/sh
# What tests need of the official image's entry point (3.9 and newer): the server and its tools as their own user,
# variables of older images refused; everything else is the server's own affair.
set -eu
case ${1:-} in
rabbitmq*)
    if [ "$(id -u)" = 0 ]; then
        [ "$1" != rabbitmq-server ] || find /var/lib/rabbitmq ! -user rabbitmq -exec chown rabbitmq '{}' +
        exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups "$0" "$@"
    fi
    ;;
esac
if [ -n "${RABBITMQ_DEFAULT_PASS_FILE:-}${RABBITMQ_DEFAULT_USER_FILE:-}" ]; then
    echo 'error: deprecated environment variables detected' >&2
    exit 1
fi
exec "$@"
