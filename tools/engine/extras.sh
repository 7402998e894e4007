# shellcheck shell=sh
# What --all adds: podman, buildah, skopeo, a registry, mmdebstrap, judges of layouts, and Chromium for screenshots.

CONTAINERS_DROP_IN=/etc/containers/containers.conf.d/50-okamochi.conf

ready_extras() {
    pod_tools_are_there || install_packages podman buildah skopeo catatonit uidmap
    names_are_known || install_packages netavark aardvark-dns
    have docker-registry || install_packages docker-registry
    have mmdebstrap || install_packages mmdebstrap
    ready_judges
    ready_browser
    configure_podman
    let_pods_talk
    podman_runs || die 7 "podman is installed but cannot start a container" "'podman info' and $PODMAN_LOG say why"
}

pod_tools_are_there() {
    have podman && have buildah && have skopeo
}

# What others say of our layouts. A release that lacks one goes without: its tests are skipped.
ready_judges() {
    for judge in umoci oci-image-tool; do
        have "$judge" || [ -z "$(candidate_version "$judge")" ] || install_packages "$judge"
    done
}

# Containers of a stack find each other by name.
names_are_known() {
    [ -x /usr/lib/podman/aardvark-dns ] || [ -x /usr/libexec/podman/aardvark-dns ]
}

# Docker has the firewall drop what it does not know, and that is what a podman network without a way out sends.
let_pods_talk() {
    have iptables || return 0
    iptables -C DOCKER-USER -i podman+ -o podman+ -j ACCEPT 2>/dev/null && return 0
    iptables -I DOCKER-USER -i podman+ -o podman+ -j ACCEPT 2>/dev/null || return 0
}

# Without systemd there is no journal and no cgroup manager, and crun refuses hybrid control groups.
configure_podman() {
    init_is_systemd && return 0
    have runc || install_packages runc
    mkdir -p "${CONTAINERS_DROP_IN%/*}"
    cat >"$CONTAINERS_DROP_IN" <<'EOF'
# Written by okamochi's ./run engine: this machine runs without systemd.
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
EOF
    drop_former_bridge
}

# Of the network that podman had before: two bridges with the same addresses, and nothing reaches either.
drop_former_bridge() {
    have ip || return 0
    [ -n "$(podman ps --quiet 2>/dev/null)" ] || ip link delete cni-podman0 2>/dev/null || return 0
}

PODMAN_LOG=${TMPDIR:-/tmp}/okamochi-podman.$$.log

# The proof is a container that really started: catatonit is a static program, so a root of one file will do.
podman_runs() {
    program=$(static_program) || return 0
    root=$(mktemp -d "${TMPDIR:-/tmp}/okamochi-root.XXXXXX")
    mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/etc" "$root/run" "$root/tmp"
    cp "$program" "$root/init"
    timeout 60 podman run --rm --network none --rootfs "$root" /init --version >"$PODMAN_LOG" 2>&1 </dev/null 9>&-
    podman_status=$?
    rm -rf "$root"
    [ "$podman_status" -ne 0 ] || rm -f "$PODMAN_LOG"
    return "$podman_status"
}

static_program() {
    for file in /usr/libexec/podman/catatonit /usr/bin/catatonit; do
        [ -x "$file" ] && printf '%s\n' "$file" && return 0
    done
    return 1
}

# Ubuntu's chromium package only points to a snap: a Chrome that is there serves as well.
ready_browser() {
    have pdftotext || install_packages poppler-utils
    fc-list :lang=ja 2>/dev/null | grep -q . || install_packages fontconfig fonts-ipafont-gothic
    have chromium || have google-chrome || have chromium-browser || install_packages chromium
    have chromedriver || ! installed chromium || install_packages chromium-driver
}
