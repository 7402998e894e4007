# shellcheck shell=sh
# Single programs from Debian trixie, unpacked beside the system: Debian 12 has no Compose v2 and no buildx.
# Both are static Go programs, so they run on the older release. Verified by apt with Debian's own keys.

# A folder that every docker client looks into, whichever package it came from.
PLUGIN_FOLDER=/usr/local/lib/docker/cli-plugins
NEWER_SUITE=trixie
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Mirrors to try, best first: the setting, the host's own Debian archives (any source format; apt reads them), the snapshot.
debian_mirrors() {
    [ -z "${OKAMOCHI_DEBIAN_MIRROR-}" ] || printf '%s\n' "$OKAMOCHI_DEBIAN_MIRROR"
    # shellcheck disable=SC2016  # apt's own placeholders
    apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 2>/dev/null |
        awk '$2 == "Debian" && $3 == "Debian" { print $1 }' | sort -u
    printf '%s\n' http://snapshot.debian.org/archive/debian/20251115T000000Z/
}

private_apt_state() {
    mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial" "$1/preferences.d" "$1/packages"
    : >"$1/state/status"
    printf 'deb [signed-by=%s] %s %s main\n' "$DEBIAN_KEYRING" "$2" "$NEWER_SUITE" >"$1/sources.list"
    cat >"$1/apt.conf" <<EOF
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "/nonexistent";
Dir::Etc::preferencesparts "$1/preferences.d";
Dir::State "$1/state";
Dir::State::status "$1/state/status";
Dir::Cache "$1/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Check-Valid-Until "false";
EOF
}

# download_newer FOLDER PACKAGE...: the .deb files in FOLDER/packages; fails when no mirror has them.
download_newer() {
    folder=$1
    shift
    for mirror in $(debian_mirrors); do
        private_apt_state "$folder" "$mirror"
        (
            cd "$folder/packages" || exit 1
            APT_CONFIG=$folder/apt.conf
            export APT_CONFIG
            quiet_apt_get update && quiet_apt_get download "$@"
        ) && return 0
    done
    return 1
}

# install_newer_plugins PACKAGE...: their docker CLI plugins into a folder that every docker client reads.
install_newer_plugins() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/okamochi-newer.XXXXXX")
    [ -r "$DEBIAN_KEYRING" ] || install_packages debian-archive-keyring
    say "engine: unpacking $* from Debian $NEWER_SUITE"
    download_newer "$work" "$@" || apt_failed "cannot download $* of Debian $NEWER_SUITE from any mirror"
    for package in "$work"/packages/*.deb; do
        dpkg-deb --extract "$package" "$work/root"
    done
    mkdir -p "$PLUGIN_FOLDER"
    install -m 0755 "$work"/root/usr/libexec/docker/cli-plugins/* "$PLUGIN_FOLDER"/
    rm -rf "$work"
}
