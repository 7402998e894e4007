#!/bin/sh
# A real Docker engine, started, with Compose v2 and buildx; --all adds podman, buildah, skopeo, umoci, docker-registry, Chromium.
# Debian and Ubuntu as root; elsewhere it says what to install. Safe to run again: what answers is left alone.
set -u

TOOLS=$(cd -- "$(dirname -- "$0")" && pwd) || exit 1
# shellcheck source=tools/say.sh
. "$TOOLS/say.sh"
# shellcheck source=tools/engine/apt.sh
. "$TOOLS/engine/apt.sh"
# shellcheck source=tools/engine/newer_debian.sh
. "$TOOLS/engine/newer_debian.sh"
# shellcheck source=tools/engine/docker.sh
. "$TOOLS/engine/docker.sh"
# shellcheck source=tools/engine/extras.sh
. "$TOOLS/engine/extras.sh"

LOCK=/run/lock/okamochi-engine.lock

usage() {
    say "usage: ./run engine [--all]"
    say "  starts a Docker engine with Compose v2 and buildx (Debian and Ubuntu, as root)"
    say "  --all  also podman, buildah, skopeo, docker-registry, Chromium, judges of layouts (umoci, oci-image-tool)"
}

say_what_to_install() {
    say "This needs a Docker engine with Compose v2 and buildx, running."
    case $(uname -s) in
    Darwin) say "  macOS: install Docker Desktop, or 'brew install colima docker docker-compose docker-buildx' and 'colima start'" ;;
    *) say "  Debian, Ubuntu: sudo ./run engine    (installs and starts it)" ;;
    esac
    say "  Fedora: sudo dnf install moby-engine docker-compose docker-buildx && sudo systemctl enable --now docker"
    say "  Arch: sudo pacman -S docker docker-compose docker-buildx && sudo systemctl enable --now docker"
    say "  Alpine: sudo apk add docker docker-cli-compose docker-cli-buildx && sudo rc-service docker start"
    [ "$all" = no ] || say "  and for --all: podman, buildah, skopeo, docker-registry (distribution), Chromium"
}

can_install() {
    have apt-get && have dpkg && [ "$(id -u)" = 0 ]
}

extras_are_there() {
    pod_tools_are_there && have docker-registry && have pdftotext &&
        { have chromium || have google-chrome || have chromium-browser; }
}

report() {
    say "engine: docker $(docker version --format '{{.Client.Version}} (client), {{.Server.Version}} (engine)')"
    say "engine: compose $(docker compose version --short), $(docker buildx version | cut -d' ' -f1,2)"
    [ "$all" = yes ] || return 0
    say "engine: $(podman --version), $(buildah --version | cut -d'(' -f1), $(skopeo --version)"
}

all=no
for argument in "$@"; do
    case $argument in
    --all) all=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage && die 2 "unknown argument: $argument" ;;
    esac
done

if ! can_install; then
    if docker_is_ready && { [ "$all" = no ] || extras_are_there; }; then report && exit 0; fi
    say_what_to_install
    exit 7
fi

mkdir -p "${LOCK%/*}"
exec 9>"$LOCK"
have flock && flock 9
trap 'allow_service_starts; rm -f "$APT_LOG"' EXIT
trap 'exit 130' INT TERM

ready_docker
[ "$all" = no ] || ready_extras
report
