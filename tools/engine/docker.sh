# shellcheck shell=sh
# A real Docker engine that answers, with Compose v2 and buildx.

DOCKERD_LOG=/var/log/okamochi-dockerd.log
DOCKERD_PID=/var/run/docker.pid
DOCKERD_WAIT_SECONDS=60

docker_answers() {
    have docker && timeout 20 docker info >/dev/null 2>&1
}

compose_answers() {
    timeout 20 docker compose version >/dev/null 2>&1
}

buildx_answers() {
    timeout 20 docker buildx version >/dev/null 2>&1
}

docker_is_ready() {
    docker_answers && compose_answers && buildx_answers
}

init_is_systemd() {
    [ -d /run/systemd/system ]
}

ready_docker() {
    docker_answers || start_docker
    missing_plugins
    [ -z "$plugins" ] || install_plugins
    docker_is_ready || die 7 "docker answers, but Compose v2 or buildx does not" \
        "'docker compose version' and 'docker buildx version' say why"
}

start_docker() {
    [ -z "${DOCKER_HOST-}" ] ||
        die 7 "DOCKER_HOST is $DOCKER_HOST, and nothing answers there" "unset DOCKER_HOST to have an engine started here"
    have dockerd || install_packages docker.io
    have docker || install_client
    if init_is_systemd; then start_docker_service; else start_dockerd; fi || start_failed
}

start_docker_service() {
    systemctl enable --now docker >/dev/null 2>&1 || say "engine: warning: systemctl could not start docker"
    wait_for_docker
}

# From trixie on the client is a package of its own.
install_client() {
    install_packages docker-cli
}

start_dockerd() {
    mount_control_groups
    remove_stale_pid
    say "engine: starting dockerd (log: $DOCKERD_LOG)"
    launch_dockerd
    wait_for_docker && return 0
    grep -qi iptables "$DOCKERD_LOG" || return 1
    use_legacy_iptables && launch_dockerd && wait_for_docker
}

launch_dockerd() {
    # The lock's descriptor (9) must not live on in the daemon.
    setsid dockerd >"$DOCKERD_LOG" 2>&1 </dev/null 9>&- &
    dockerd_pid=$!
}

mount_control_groups() {
    mountpoint -q /sys/fs/cgroup && return 0
    mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || say "engine: warning: cannot mount /sys/fs/cgroup"
}

remove_stale_pid() {
    [ -r "$DOCKERD_PID" ] || return 0
    pid=$(cat "$DOCKERD_PID")
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || rm -f "$DOCKERD_PID"
}

# Kernels without nf_tables want the older tables.
use_legacy_iptables() {
    [ -x /usr/sbin/iptables-legacy ] || return 1
    say "engine: trying again with iptables-legacy"
    update-alternatives --set iptables /usr/sbin/iptables-legacy >/dev/null
    update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy >/dev/null 2>&1
    remove_stale_pid
}

# Ends early when the daemon that we started has ended.
wait_for_docker() {
    end=$(($(date +%s) + DOCKERD_WAIT_SECONDS))
    while [ "$(date +%s)" -lt "$end" ]; do
        docker_answers && return 0
        [ -z "${dockerd_pid-}" ] || kill -0 "$dockerd_pid" 2>/dev/null || return 1
        sleep 1
    done
    return 1
}

start_failed() {
    say "--- last lines of the engine's log"
    if [ -n "${dockerd_pid-}" ]; then tail -n 25 "$DOCKERD_LOG" >&2; else journalctl -u docker -n 25 --no-pager >&2; fi
    if [ "$(command -v docker)" != /usr/bin/docker ] && DOCKER_HOST='' /usr/bin/docker info >/dev/null 2>&1; then
        die 7 "the engine runs, but $(command -v docker) cannot talk to it" "put /usr/bin first in PATH, or remove that client"
    fi
    die 7 "the docker engine did not answer within $DOCKERD_WAIT_SECONDS seconds" \
        "the lines above are its own; a container needs --privileged to run an engine inside"
}

missing_plugins() {
    plugins=
    compose_answers || plugins="docker-compose"
    buildx_answers || plugins="$plugins docker-buildx"
}

# Ubuntu calls it docker-compose-v2; Debian has v2 from trixie on (before, docker-compose is the old v1 program).
install_plugins() {
    [ -n "$(candidate_version docker.io)" ] || refresh_indexes
    from_newer=
    for plugin in $plugins; do
        case $plugin in
        docker-compose) candidates="docker-compose-v2 docker-compose-plugin docker-compose" ;;
        *) candidates="docker-buildx docker-buildx-plugin" ;;
        esac
        # shellcheck disable=SC2086  # a list of names
        chosen=$(first_modern $candidates)
        if [ -n "$chosen" ]; then install_packages "$chosen"; else from_newer="$from_newer $plugin"; fi
    done
    # shellcheck disable=SC2086  # a list of names
    [ -z "$from_newer" ] || install_newer_plugins $from_newer
}

first_modern() {
    for name in "$@"; do
        version=$(candidate_version "$name") || continue
        [ -n "$version" ] || continue
        case $name:$version in docker-compose:1.*) continue ;; esac
        printf '%s\n' "$name"
        return 0
    done
    return 0
}
