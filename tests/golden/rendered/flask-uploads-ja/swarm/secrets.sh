#!/bin/sh
# okamochi render swarm が書き出したファイル。スタックのシークレットを一度だけ作り、既にあるものは残す。
# 自分の値は swarm/secrets/NAME に置く。生成した値もそこに書かれる（コミットされない）。
# 変えるには docker stack rm、docker secret rm のあと、もう一度実行する。
stack=flask-uploads
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

make DB_PASSWORD "$(random)"
make SECRET_KEY "$(random)"
make DATABASE_URL "postgresql+psycopg://app:$(cat DB_PASSWORD)@db:5432/flask_uploads"

keep DATABASE_URL
keep DB_PASSWORD
keep SECRET_KEY
