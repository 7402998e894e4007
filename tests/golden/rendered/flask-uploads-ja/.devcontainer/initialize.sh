#!/bin/sh
# コンテナの起動前にホストで動く。マウントするものを用意する。
# okamochi render devcontainer が書き出したファイル。
set -eu
cd "$(dirname "$0")/.."

# 中の git のための ssh エージェント。Linux 以外ではエディタが転送する。
agent=/dev/null
if [ "$(uname)" = Linux ] && [ -S "${SSH_AUTH_SOCK-}" ]; then agent=$SSH_AUTH_SOCK; fi
ln -sfn "$agent" .devcontainer/ssh-agent

# サービスのパスワード。一度だけ作る。フォルダは自分自身を git から外す。
umask 077
mkdir -p secrets
chmod 755 secrets
echo '*' >secrets/.gitignore
made_up() {
    [ -s "secrets/$1" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"secrets/$1"
    chmod 644 "secrets/$1"
}
made_up DB_PASSWORD
made_up SECRET_KEY
printf 'postgresql+psycopg://app:%s@db:5432/flask_uploads' "$(cat secrets/DB_PASSWORD)" >secrets/DATABASE_URL
chmod 644 secrets/DATABASE_URL
: >secrets/desk.env
tell() { printf '%s=%s\n' "$1" "$(cat "secrets/$1")" >>secrets/desk.env; }
tell DATABASE_URL
tell SECRET_KEY
