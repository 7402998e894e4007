"""Packages that Debian's relations ask for and that an image does without, each with its reason.

A package that somebody names as wanted is never cut.
"""

import fnmatch
from collections.abc import Mapping
from typing import Final

__all__ = ["CUT_PACKAGES", "is_cut"]

# fmt: off
CUT_PACKAGES: Final[tuple[tuple[str, str], ...]] = (
    ("awk", "asked for by maintainer scripts of base-files, which never run"),
    ("mawk", "as awk"),
    ("gawk", "as awk"),
    ("cdebconf", "asks questions at installation; maintainer scripts never run"),
    ("debconf", "asks questions at installation; maintainer scripts never run"),
    ("debconf-2.0", "as debconf"),
    ("debianutils", "programs for maintainer scripts (ischroot, run-parts)"),
    ("dpkg", "package manager: an image is replaced, never upgraded in place"),
    ("ucf", "keeps hand-edited configuration at upgrades; used by maintainer scripts only"),
    ("sensible-utils", "asked for by ucf"),
    ("install-info", "indexes of documentation that is not in the image"),
    ("openssl", "ca-certificates runs it to make hashed links; okamochi writes the bundle instead"),
    ("openssl-provider-legacy", "ciphers that OpenSSL retired (RC4, MD4 …); name it when a peer needs them"),
    ("gnupg", "signs and checks mail; libgpgme, which poppler links against, starts it only when asked to"),
    ("xfonts-utils", "font tables of X11"),
    ("libc-dev-bin", "development programs"),
    ("perl-base", "asked for by programs that are cut; no interpreter besides Python"),
    ("perl", "as perl-base"),
    ("perl:any", "as perl-base"),
    ("dash", "no shell in the image"),
    ("bash", "no shell in the image"),
    ("coreutils", "no shell, no programs for one"),
    ("init-system-helpers", "starts services after installation; a container has no init system"),
    ("systemd", "a container has no init system"),
    ("systemd-sysv", "a container has no init system"),
    ("adduser", "users are written by okamochi"),
    ("passwd", "users are written by okamochi"),
    ("login", "nobody logs in"),
    ("fontconfig", "programs (fc-cache, fc-list); fonts are found without their cache"),
    ("gettext-base", "translates texts of maintainer scripts"),
    ("readline-common", "only /etc/inputrc, key bindings of an interactive shell; the library works without"),
    ("ncurses-base", "terminal descriptions; curses is not a web app's"),
    ("shared-mime-info", "a desktop's database, built by a trigger; Python reads /etc/mime.types"),
    ("dictionaries-common", "registers dictionaries with editors, by Perl scripts that never run"),
    ("dbus", "message bus of a desktop"),
    ("hicolor-icon-theme", "icons of a desktop"),
    ("xdg-user-dirs", "folders of a desktop user"),
)

# who asks (a pattern of fnmatch), for what, and why only these do without it
ASKED_IN_VAIN: Final[tuple[tuple[str, str, str], ...]] = (
    ("libc6", "libcrypt1", "password hashes, for logins; until Debian 11"),
    ("libpython3.*-stdlib", "libdb5.3t64", "for the module dbm.ndbm; Python 3.13 has dbm.sqlite3"),
    ("libpython3.*-stdlib", "libgdbm6t64", "for the module dbm.gnu; as libdb5.3t64"),
    ("libpython3.*-stdlib", "libncursesw6", "for the module curses: text windows on a terminal"),
    ("libsasl2-modules-db", "libdb5.3", "a file of passwords, which servers have"),
    ("libsasl2-modules-db", "libdb5.3t64", "a file of passwords, which servers have"),
    ("libpython3.*-stdlib", "libdb5.3", "Berkeley DB for the module dbm.ndbm; shelve uses dbm.dumb then"),
    ("libpython3.*-stdlib", "libnsl2", "for the module nis, removed in Python 3.13"),
    ("libpython3.*-stdlib", "libtirpc3", "as libnsl2; it brings Kerberos"),
    ("libglx0", "libglx-mesa0", "drivers for a display, 120 MB; what links against libGL starts without one"),
    ("postgresql-client-*", "postgresql-client-common", "a choice in Perl: finisher versioned_programs"),
    ("postgresql-*", "libllvm19", "compiles long queries where jit is on; 120 MB"),
    ("postgresql-*", "postgresql-common", "Debian's clusters, in Perl; okamochi starts the server itself"),
    ("postgresql-*", "ssl-cert", "a certificate that signs itself; the server listens on the loopback"),
    ("postgresql-*", "locales", "the server brings a locale of its own since PostgreSQL 17"),
    ("python3-distutils", "python3", "only links to what python3.X-minimal has"),
    ("python3-distutils", "python3:any", "as python3"),
    ("python3-distutils", "python3-lib2to3", "translates Python 2 while packages are built"),
)
# fmt: on


def is_cut(asker: str, name: str, cut: Mapping[str, str]) -> bool:
    """Whether `asker`, a package, does without the package `name`; `cut` is the first table."""
    return name in cut or any(
        known == name and fnmatch.fnmatchcase(asker, who) for who, known, _ in ASKED_IN_VAIN
    )
