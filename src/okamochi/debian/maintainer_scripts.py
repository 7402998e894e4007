"""Maintainer scripts never run. Each one is harmless to leave out, or replaced by a finisher, or an error.

A script is harmless when nothing is left of it after the snippets that debhelper writes
(`HARMLESS_SNIPPETS`), alternatives that are written out (the finisher makes them) and the frame around them;
every other one was read by a person, and stands in `REVIEWED` with what was found.
"""

import re
from collections.abc import Iterable
from typing import Final

from okamochi.debian.alternatives import joined_lines
from okamochi.debian.deb import Control
from okamochi.errors import BuildError

__all__ = ["HARMLESS_SNIPPETS", "REVIEWED", "remainder", "require_reviewed", "unreviewed"]

# fmt: off
HARMLESS_SNIPPETS: Final[tuple[tuple[str, str], ...]] = (
    ("dh_installdeb", "moves configuration files at upgrades"),
    ("dh_makeshlibs", "runs ldconfig; okamochi writes ld.so.cache"),
    ("dh_installsystemd", "starts services; a container has no init system"),
    ("dh_installsystemduser", "starts services; a container has no init system"),
    ("dh_installinit", "starts services; a container has no init system"),
    ("dh_installtmpfiles", "makes folders below /run for services"),
    ("dh_python3", "compiles bytecode for Debian's own Python packages"),
    ("dh_strip", "moves debug files at upgrades"),
    ("dh_installmenu", "menus of a desktop"),
    ("dh_installmime", "desktop database"),
    ("dh_icons", "icons of a desktop"),
    ("dh_installcatalogs", "SGML catalogues of documentation"),
    ("dh_installxmlcatalogs", "XML catalogues of documentation"),
    ("dh_installdocs", "documentation"),
    ("dh_bugfiles", "documentation"),
    ("dh_installinfo", "documentation"),
    ("installdeb-hunspell", "registers dictionaries with editors"),
    ("installdeb-aspell", "registers dictionaries with editors"),
    ("dh_installdebconf", "purges answers of debconf"),
)

REVIEWED: Final[tuple[tuple[str, str], ...]] = (
    ("base-files", "checks merged /usr and makes folders: folders and links are in finishers.py"),
    ("bash", "links sh to it when no other shell is there: finisher alternatives"),
    ("ca-certificates", "writes the bundle: finisher ca_bundle"),
    ("coreutils", "a second path to touch where /bin is not /usr/bin; here it is"),
    ("cups-client", "a group for administrators of printers"),
    ("dash", "takes /bin/sh over from another shell: finisher alternatives"),
    ("dbus-broker", "asks for a restart of the machine"),
    ("dbus-daemon", "a name for the machine: the engine's"),
    ("dbus-system-bus-common", "a user for the system's bus, which does not run in a container"),
    ("dbus-user-session", "tells a session's manager, which a container has none of"),
    ("fontconfig", "makes a cache of fonts; they are found without"),
    ("fontconfig-config", "links configuration into conf.d: finisher fontconfig_links"),
    ("fonts-ipaexfont-gothic", "a second name of the font"),
    ("fonts-ipaexfont-mincho", "a second name of the font"),
    ("fonts-ipafont", "removes files of old versions"),
    ("fonts-ipafont-gothic", "a second name of the font"),
    ("fonts-ipafont-mincho", "a second name of the font"),
    ("fonts-takao-gothic", "a second name of the font"),
    ("fonts-takao-mincho", "a second name of the font"),
    ("fonts-urw-base35", "font tables of X11"),
    ("fonts-vlgothic", "a second name of the font"),
    ("freetds-common", "copies a default: finisher copies"),
    ("ghostscript", "a table of fonts of other packages; its own are found without"),
    ("git", "moves repositories of 2013"),
    ("graphviz", "a table of plug-ins: finisher graphviz_plugins"),
    ("gsettings-desktop-schemas", "a mark for upgrades of a desktop"),
    ("gtk-update-icon-cache", "diversions of old versions"),
    ("gzip", "diversions for upgrades to merged /usr"),
    ("imagemagick-6.q16", "alternatives by a loop: finisher alternatives"),
    ("imagemagick-7.q16", "alternatives by a loop: finisher alternatives"),
    ("iproute2", "capabilities on a file: processes here have none"),
    ("iputils-ping", "capabilities on a file: processes here have none"),
    ("less", "an alternative: finisher alternatives"),
    ("libblas3", "an alternative: finisher alternatives"),
    ("libc6", "checks the running system before upgrades, restarts services"),
    ("libc-bin", "nsswitch.conf and ldconfig: finishers name_service and loader_cache"),
    ("libgcrypt20", "cleans up after upgrades"),
    ("libgdk-pixbuf-2.0-0", "lists plug-ins; PNG and JPEG are built in"),
    ("libglib2.0-0", "compiles schemas and lists modules of a desktop; both may be missing"),
    ("libglib2.0-0t64", "compiles schemas and lists modules of a desktop; both may be missing"),
    ("libgssapi-krb5-2", "moves a file of old versions"),
    ("libgstreamer1.0-0", "capabilities on a file: processes here have none"),
    ("libgtk2.0-0", "lists input methods of a desktop"),
    ("libgtk2.0-0t64", "lists input methods of a desktop"),
    ("libgtk-3-0", "lists input methods of a desktop"),
    ("libgtk-3-0t64", "lists input methods of a desktop"),
    ("libgtk-4-1", "lists input methods of a desktop"),
    ("liblapack3", "an alternative: finisher alternatives"),
    ("libopenblas0-pthread", "an alternative: finisher alternatives"),
    ("libgvc6", "a table of plug-ins: finisher graphviz_plugins"),
    ("libgvc6-plugins-gtk", "a table of plug-ins: finisher graphviz_plugins"),
    ("libgvc7", "a table of plug-ins: finisher graphviz_plugins"),
    ("libpam0g", "restarts services at upgrades"),
    ("libpam-modules", "logins, which a container has none of"),
    ("libpam-runtime", "logins, which a container has none of"),
    ("libpam-systemd", "logins, which a container has none of"),
    ("libpaper1", "asks for the size of paper; A4 or letter by the locale"),
    ("libpaper2", "asks for the size of paper; A4 or letter by the locale"),
    ("libpython3.9-minimal", "an empty sitecustomize.py"),
    ("libpython3.11-minimal", "an empty sitecustomize.py"),
    ("libpython3.12-minimal", "an empty sitecustomize.py"),
    ("libpython3.13-minimal", "an empty sitecustomize.py"),
    ("libpython3.14-minimal", "an empty sitecustomize.py"),
    ("libqt5core5a", "removes a folder of old versions"),
    ("libreadline8t64", "diversions for upgrades to merged /usr"),
    ("librsvg2-common", "a plug-in of gdk-pixbuf; PNG and JPEG are built in"),
    ("libselinux1", "removes files of old versions"),
    ("libsensors5", "moves a file of old versions"),
    ("libssl1.1", "restarts services at upgrades"),
    ("libsybdb5", "removes a link of old versions"),
    ("libtirpc3t64", "diversions for upgrades to merged /usr"),
    ("libwrap0", "empty lists of hosts"),
    ("locales-all", "removes an archive that is not there"),
    ("mailcap", "which programs of a desktop open which files"),
    ("mariadb-common", "an alternative: finisher alternatives"),
    ("mecab", "compiles dictionaries again; these are packages of their own"),
    ("mysql-common", "an alternative: finisher alternatives"),
    ("netbase", "/etc/hosts is the engine's, /etc/networks is not used"),
    ("nodejs", "a second name of the program"),
    ("odbc-postgresql", "registers the driver: finisher copies"),
    ("openssh-client", "the group of ssh-agent, which keeps keys of a person at a desk"),
    ("openssl", "a link to /etc/ssl where the library has none"),
    ("pinentry-curses", "a second name of the program"),
    ("poppler-data", "font tables of ghostscript"),
    ("postgresql-client-13", "a choice among versions: finisher versioned_programs"),
    ("postgresql-client-15", "a choice among versions: finisher versioned_programs"),
    ("postgresql-client-16", "alternatives: finisher versioned_programs"),
    ("postgresql-client-17", "a choice among versions: finisher versioned_programs"),
    ("postgresql-client-18", "alternatives: finisher versioned_programs"),
    ("procps", "moves configuration files at upgrades; settings of the kernel are the host's"),
    ("python3", "compiles bytecode: the build does"),
    ("python3-distutils", "compiles bytecode: the build does"),
    ("python3-minimal", "compiles bytecode: the build does"),
    ("python3-tk", "compiles bytecode: the build does"),
    ("python3.9", "compiles bytecode: the build does"),
    ("python3.9-minimal", "compiles bytecode: the build does"),
    ("python3.11", "compiles bytecode: the build does"),
    ("python3.11-minimal", "compiles bytecode: the build does"),
    ("python3.12-minimal", "compiles bytecode: the build does"),
    ("python3.13", "compiles bytecode: the build does"),
    ("python3.13-minimal", "compiles bytecode: the build does"),
    ("python3.13-tk", "compiles bytecode: the build does"),
    ("python3.14", "compiles bytecode: the build does"),
    ("python3.14-minimal", "compiles bytecode: the build does"),
    ("python3.14-tk", "compiles bytecode: the build does"),
    ("redis-tools", "a user and folders for the server"),
    ("shared-mime-info", "the database of a desktop's file types"),
    ("tar", "a second name of rmt, for tape drives of other machines"),
    ("tdsodbc", "registers the driver: finisher copies"),
    ("tzdata", "asks for the time zone: finisher time_zone sets UTC"),
    ("unixodbc-common", "an empty configuration file"),
    ("unzip", "which programs of a desktop open which files"),
    ("util-linux", "an alternative: finisher alternatives"),
    ("vim-tiny", "an alternative: finisher alternatives"),
    ("x11-common", "purges answers of debconf"),
    ("xz-utils", "further names of the program, of an older format"),
)

# Packages whose scripts cannot be replaced, and what to do instead.
ADVICE: Final[tuple[tuple[str, str], ...]] = (
    ("locales", "name locales-all: it has all locales compiled (C.UTF-8 is there without)"),
    ("mecab-jumandic-utf8", "use a wheel that has its dictionary inside: unidic-lite, ipadic"),
    ("mecab-ipadic", "use a wheel that has its dictionary inside: unidic-lite, ipadic"),
    ("mecab-ipadic-utf8", "use a wheel that has its dictionary inside: unidic-lite, ipadic"),
)
# fmt: on

SNIPPET = re.compile(
    r"# Automatically added by (\S+?)(?:/\S*)?\n.*?# End automatically added section\n?", re.DOTALL
)
# nothing is given back, where a long row of them would be tried in all ways
CONDITION = r"(!\s*+)?(\[[^`\]]*+\]++\s*+|test\s[^`;&|]*+)"
FRAME = re.compile(
    r"""\#.*|:|set\s+-e[ux]*|exit\s+0|esac|;;|true
    |case\s+"?\$\{?1\}?"?\s+in
    |[\w|*\ \-]+\)(\s*;;)?
    |(\*\)\s*)?echo\s+.*(unknown|called).*
    |exit\s+1(\s*;;)?
    |(el)?if\s+CONDITION((\|\||&&)\s*+CONDITION)*(;\s*then)?|then|else|fi
    |ldconfig|dpkg-trigger\s[^`;|&]*
    |update-alternatives(\s+--(quiet|force))*\s+--install(\s+[\w./+-]+)+
    |update-alternatives\s+(--quiet\s+)?--remove(-all)?(\s+[\w./+-]+)+
    """.replace("CONDITION", CONDITION),
    re.VERBOSE,
)


def require_reviewed(controls: Iterable[tuple[str, Control]]) -> None:
    """BuildError that names every package of which a script is neither harmless nor reviewed."""
    unknown = unreviewed(controls)
    if unknown:
        names = ", ".join(sorted({line.partition(":")[0] for line in unknown}))
        raise BuildError(
            f"{names}: has a script for its installation that okamochi does not know how to replace",
            where="tool.okamochi.packages",
            hint=advice(unknown),
            details=unknown,
        )


def unreviewed(controls: Iterable[tuple[str, Control]]) -> tuple[str, ...]:
    """ "package: script: its first line that nobody has read" for each such script."""
    reviewed = {name for name, _ in REVIEWED}
    return tuple(
        f"{package}: {script}: {rest[0]}"
        for package, control in controls
        for script, text in control.scripts
        if package not in reviewed and (rest := remainder(text))
    )


def advice(unknown: tuple[str, ...]) -> str:
    packages = {line.partition(":")[0] for line in unknown}
    known = [text for name, text in ADVICE if name in packages]
    return known[0] if known else "use another package; scripts of packages are never run"


def remainder(text: str) -> tuple[str, ...]:
    """Lines of a script that do something which is not known to be harmless."""
    harmless = {name for name, _ in HARMLESS_SNIPPETS}
    rest = SNIPPET.sub(lambda found: "" if found[1] in harmless else found[0], text)
    lines = (line.strip() for line in joined_lines(rest).splitlines())
    return tuple(line for line in lines if line and ("$(" in line or FRAME.fullmatch(line) is None))
