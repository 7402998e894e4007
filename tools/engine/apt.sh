# shellcheck shell=sh
# Debian packages: the missing ones only, patient with locks and mirrors, no service started behind our back.

APT_LOG=${TMPDIR:-/tmp}/okamochi-apt.$$.log
POLICY=/usr/sbin/policy-rc.d

quiet_apt_get() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -yq \
        -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        "$@" </dev/null >>"$APT_LOG" 2>&1 9>&-
}

installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

candidate_version() {
    LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p' | grep -vxF '(none)'
}

# A maintainer script that starts a service can hang where no init system runs; we start daemons ourselves.
forbid_service_starts() {
    [ -e "$POLICY" ] && return 0
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 0755 "$POLICY"
    policy_is_ours=yes
}

allow_service_starts() {
    [ "${policy_is_ours-no}" = yes ] || return 0
    rm -f "$POLICY"
    policy_is_ours=no
}

# A third party's archive that is down makes `apt-get update` fail as a whole: the install after it decides.
refresh_indexes() {
    say "engine: reading the package indexes"
    quiet_apt_get update || say "engine: warning: 'apt-get update' did not succeed for every archive"
}

# install_packages NAME...: exits 7 when they cannot be installed.
install_packages() {
    missing=
    known=yes
    for package in "$@"; do
        installed "$package" && continue
        missing="$missing $package"
        [ -n "$(candidate_version "$package")" ] || known=no
    done
    [ -n "$missing" ] || return 0
    [ "$known" = yes ] || refresh_indexes
    forbid_service_starts
    for attempt in 1 2 3; do
        say "engine: installing$missing"
        # shellcheck disable=SC2086  # a list of names
        quiet_apt_get install --no-install-recommends $missing && break
        [ "$attempt" -lt 3 ] || apt_failed "cannot install$missing"
        sleep $((attempt * 3))
        refresh_indexes
    done
    allow_service_starts
}

apt_failed() {
    allow_service_starts
    say "--- last lines of $APT_LOG"
    tail -n 25 "$APT_LOG" >&2 2>/dev/null
    die 7 "$1" "see the lines above; when the mirror is at fault, run './run engine' again later"
}
