#!/bin/sh
# Runs on the host before the container starts: what must be there to be mounted.
# Written by okamochi render devcontainer.
set -eu
cd "$(dirname "$0")/.."

# The ssh agent of this session, for git inside. Elsewhere than on Linux editors forward it themselves.
agent=/dev/null
if [ "$(uname)" = Linux ] && [ -S "${SSH_AUTH_SOCK-}" ]; then agent=$SSH_AUTH_SOCK; fi
ln -sfn "$agent" .devcontainer/ssh-agent

# Passwords of the services, made up once; the folder ignores itself in git.
umask 077
mkdir -p .devcontainer/secrets
echo '*' >.devcontainer/secrets/.gitignore
made_up() {
    [ -s ".devcontainer/secrets/$1" ] || cp "secrets/$1" ".devcontainer/secrets/$1" 2>/dev/null ||
        head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >".devcontainer/secrets/$1"
}
