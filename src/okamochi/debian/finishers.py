"""What maintainer scripts would have done, as data: each finisher looks at the unpacked root and says what to
add and what to leave out. They run in the order of `FINISHERS`, each on the root that the one before left."""

import fnmatch
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from okamochi.debian.alternatives import alternatives_of
from okamochi.debian.deb import Control
from okamochi.debian.dpkg_status import md5sums, status
from okamochi.debian.graphviz import PLUGIN, Plugin, plugin_table, read_plugin
from okamochi.debian.ld_cache import Library, find_libraries, ld_cache
from okamochi.debian.unpack import Row, within_usr
from okamochi.oci.platform import Platform

__all__ = [
    "FINISHERS",
    "OWNER",
    "Added",
    "Changes",
    "Finisher",
    "Unpacked",
    "alternatives",
    "ca_bundle",
    "copies",
    "graphviz_plugins",
    "versioned_programs",
]

OWNER = "kit"
MOST_LINKS = 4
FONT_RULES = "etc/fonts/conf.d"
FONT_CHOICES = "usr/share/fontconfig/conf.avail"
BUNDLE = "etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Unpacked:
    """The root on the disk, its rows by path, and the control files of its packages."""

    root: Path
    rows: dict[str, Row]
    controls: tuple[tuple[str, Control], ...]
    platform: Platform

    def has(self, package: str) -> bool:
        return any(name == package for name, _ in self.controls)

    def matching(self, pattern: str) -> tuple[str, ...]:
        return tuple(sorted(fnmatch.filter(self.rows, pattern)))

    def begins_with_env(self, path: str) -> bool:
        """Of a program, or of what a link leads to."""
        for _ in range(MOST_LINKS):
            row = self.rows.get(path)
            if row is None or row.kind != "l":
                break
            path = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), row.target)).lstrip("/")
        if row is None or row.kind != "f":
            return False
        with (self.root / path).open("rb") as stream:
            return re.match(rb"#![ \t]*/usr/bin/env[ \t]", stream.read(64)) is not None

    def library_folders(self) -> tuple[str, ...]:
        """Where ldconfig looks, in its order."""
        return (f"usr/lib/{self.platform.multiarch}", "usr/lib")


@dataclass(frozen=True)
class Added:
    path: str
    content: bytes
    mode: int = 0o644
    owner: str = OWNER


@dataclass(frozen=True)
class Changes:
    """`links` are (path, target); `folders` are (path, mode) of directories that stay although empty."""

    files: tuple[Added, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    folders: tuple[tuple[str, int], ...] = ()
    removed: tuple[str, ...] = ()


Finisher = Callable[[Unpacked], Changes]

PASSWD = b"""\
root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
app:x:10001:10001:app:/tmp:/usr/sbin/nologin
"""
GROUP = b"root:x:0:\nnogroup:x:65534:\napp:x:10001:\n"
NSSWITCH = b"""\
passwd: files
group: files
hosts: files dns
networks: files
protocols: files
services: files
"""
FOLDERS = (
    ("dev", 0o755),
    ("proc", 0o755),
    ("root", 0o700),
    ("run", 0o755),
    ("sys", 0o755),
    ("tmp", 0o1777),
    ("var/tmp", 0o1777),
)


def folders_and_links(unpacked: Unpacked) -> Changes:
    """Mount points, and the links of a merged-usr system."""
    merged = ("bin", "sbin", "lib", *(("lib64",) if unpacked.platform.loader.startswith("lib64/") else ()))
    links = [(name, f"usr/{name}") for name in merged]
    return Changes(links=(*links, ("var/run", "/run"), ("var/lock", "/run/lock")), folders=FOLDERS)


def users(_: Unpacked) -> Changes:
    """root, nobody and app (10001, the one that processes run as). No shadow file: nobody logs in."""
    return Changes(files=(Added("etc/passwd", PASSWD), Added("etc/group", GROUP)))


def name_service(unpacked: Unpacked) -> Changes:
    unused = unpacked.matching("usr/share/libc-bin/nsswitch.conf")
    return Changes(files=(Added("etc/nsswitch.conf", NSSWITCH),), removed=unused)


def time_zone(unpacked: Unpacked) -> Changes:
    if not unpacked.has("tzdata"):
        return Changes()
    link = () if "etc/localtime" in unpacked.rows else (("etc/localtime", "/usr/share/zoneinfo/Etc/UTC"),)
    return Changes(files=(Added("etc/timezone", b"Etc/UTC\n"),), links=link)


def ca_bundle(unpacked: Unpacked) -> Changes:
    """All certificates in one file, where Debian's programs look and where OpenSSL does (/usr/lib/ssl).

    The single files and the hashed links to them stay out: the same certificates again."""
    singles = unpacked.matching("usr/share/ca-certificates/*.crt")
    if not singles:
        return Changes()
    bundle = b"".join((unpacked.root / path).read_bytes().rstrip(b"\n") + b"\n" for path in singles)
    wanted = (("usr/lib/ssl/cert.pem", f"/{BUNDLE}"), ("usr/lib/ssl/certs", "/etc/ssl/certs"))
    links = tuple(link for link in wanted if link[0] not in unpacked.rows)
    return Changes(files=(Added(BUNDLE, bundle, owner="deb:ca-certificates"),), links=links, removed=singles)


# package, link, target: what a postinst chooses by variables or questions, which `alternatives_of` cannot see
ALTERNATIVES: Final[tuple[tuple[str, str, str], ...]] = (
    ("libopenblas0-pthread", "{lib}/libblas.so.3", "{lib}/openblas-pthread/libblas.so.3"),
    ("libopenblas0-pthread", "{lib}/liblapack.so.3", "{lib}/openblas-pthread/liblapack.so.3"),
    ("libopenblas0-pthread", "{lib}/libopenblas.so.0", "{lib}/openblas-pthread/libopenblas.so.0"),
    ("libblas3", "{lib}/libblas.so.3", "{lib}/blas/libblas.so.3"),
    ("liblapack3", "{lib}/liblapack.so.3", "{lib}/lapack/liblapack.so.3"),
    ("mariadb-common", "etc/mysql/my.cnf", "etc/mysql/mariadb.cnf"),
    ("mysql-common", "etc/mysql/my.cnf", "etc/mysql/my.cnf.fallback"),
    # of the images for the desk: production has none of these packages
    ("bash", "usr/bin/sh", "usr/bin/bash"),
    ("less", "usr/bin/pager", "usr/bin/less"),
    ("vim-tiny", "usr/bin/vi", "usr/bin/vim.tiny"),
    ("dash", "usr/bin/sh", "usr/bin/dash"),
    ("imagemagick-6.q16", "usr/bin/compare", "usr/bin/compare-im6.q16"),
    ("imagemagick-6.q16", "usr/bin/convert", "usr/bin/convert-im6.q16"),
    ("imagemagick-6.q16", "usr/bin/identify", "usr/bin/identify-im6.q16"),
    ("imagemagick-6.q16", "usr/bin/mogrify", "usr/bin/mogrify-im6.q16"),
    ("imagemagick-6.q16", "usr/bin/montage", "usr/bin/montage-im6.q16"),
    ("imagemagick-7.q16", "usr/bin/compare", "usr/bin/compare-im7.q16"),
    ("imagemagick-7.q16", "usr/bin/convert", "usr/bin/convert-im7.q16"),
    ("imagemagick-7.q16", "usr/bin/identify", "usr/bin/identify-im7.q16"),
    ("imagemagick-7.q16", "usr/bin/magick", "usr/bin/magick-im7.q16"),
    ("imagemagick-7.q16", "usr/bin/mogrify", "usr/bin/mogrify-im7.q16"),
    ("imagemagick-7.q16", "usr/bin/montage", "usr/bin/montage-im7.q16"),
    # what fontconfig-config's questions switch on by default
    ("fontconfig-config", f"{FONT_RULES}/10-hinting-slight.conf", f"{FONT_CHOICES}/10-hinting-slight.conf"),
    (
        "fontconfig-config",
        f"{FONT_RULES}/70-no-bitmaps-except-emoji.conf",
        f"{FONT_CHOICES}/70-no-bitmaps-except-emoji.conf",
    ),
)

# package, source, copy: what its postinst copies or adds when there is nothing yet
COPIES: Final[tuple[tuple[str, str, str], ...]] = (
    ("freetds-common", "usr/share/freetds/freetds.conf", "etc/freetds/freetds.conf"),
    ("odbc-postgresql", "usr/share/psqlodbc/odbcinst.ini.template", "etc/odbcinst.ini"),
    ("tdsodbc", "usr/share/tdsodbc/odbcinst.ini", "etc/odbcinst.ini"),
)


def alternatives(unpacked: Unpacked) -> Changes:
    """Links straight to the chosen file, without the detour over /etc/alternatives."""
    lib = f"usr/lib/{unpacked.platform.multiarch}"
    links: dict[str, str] = {}
    for package, link, target in ALTERNATIVES:
        path, source = link.format(lib=lib), target.format(lib=lib)
        if unpacked.has(package) and source in unpacked.rows and path not in unpacked.rows:
            links.setdefault(path, f"/{source}")
    scripts = (text for _, control in unpacked.controls for _, text in control.scripts)
    for one in alternatives_of(scripts):
        path, source = within_usr(one.link), within_usr(one.path)
        if source in unpacked.rows and path not in unpacked.rows:
            links.setdefault(path, f"/{source}")
    return Changes(links=tuple(sorted(links.items())))


def copies(unpacked: Unpacked) -> Changes:
    """Several packages may have a section each in one file: ODBC's drivers."""
    found: dict[str, list[bytes]] = {}
    for package, source, copy in COPIES:
        if unpacked.has(package) and source in unpacked.rows and copy not in unpacked.rows:
            found.setdefault(copy, []).append((unpacked.root / source).read_bytes())
    return Changes(files=tuple(Added(copy, b"\n".join(texts)) for copy, texts in found.items()))


# programs of which several versions may be installed, in a folder for each: a script of Perl would choose
VERSIONED_PROGRAM = re.compile(r"usr/lib/[^/]+/[0-9][^/]*/bin/(?P<name>[^/]+)")


def versioned_programs(unpacked: Unpacked) -> Changes:
    """On PATH as if chosen; the script that would choose has the same name in some package, and gives way."""
    found = {
        match["name"]: path for path in sorted(unpacked.rows) if (match := VERSIONED_PROGRAM.fullmatch(path))
    }
    places = {f"usr/bin/{name}": f"/{path}" for name, path in found.items()}
    taken = tuple(place for place in places if place in unpacked.rows)
    return Changes(links=tuple(places.items()), removed=taken)


def python_link(unpacked: Unpacked) -> Changes:
    """python3, as scripts of packages name it."""
    found = unpacked.matching("usr/bin/python3.[0-9]*")
    link = (("usr/bin/python3", found[-1].rpartition("/")[2]),) if found else ()
    return Changes(links=link if "usr/bin/python3" not in unpacked.rows else ())


def graphviz_plugins(unpacked: Unpacked) -> Changes:
    """Under both names that graphviz's releases look for: with and without an "a" after the version."""
    folders: dict[tuple[str, str], list[tuple[str, Plugin]]] = {}
    for path in sorted(unpacked.rows):
        match = PLUGIN.fullmatch(path)
        plugin = read_plugin((unpacked.root / path).read_bytes()) if match is not None else None
        if match is not None and plugin is not None:
            place = (match["folder"], match["version"])
            folders.setdefault(place, []).append((path.rpartition("/")[2], plugin))
    return Changes(
        files=tuple(
            Added(f"{folder}/config{version}{end}", plugin_table(plugins))
            for (folder, version), plugins in folders.items()
            for end in ("", "a")
        )
    )


LDCONFIG = b"""\
#!/usr/bin/python3 -IS
# Stands in for `ldconfig -p`, which is how ctypes.util.find_library finds libraries: prints /etc/ld.so.cache.
import struct
cache = open("/etc/ld.so.cache", "rb").read()
count, = struct.unpack_from("<I", cache, 20)
print(count, "libs found in cache `/etc/ld.so.cache'")
for place in range(48, 48 + 24 * count, 24):
    flags, key, value = struct.unpack_from("<iII", cache, place)
    name, path = (cache[at:cache.index(b"\\0", at)].decode() for at in (key, value))
    print(f"\\t{name} (libc6,{'x86-64' if flags == 0x303 else 'AArch64'}) => {path}")
"""


ENV = b"""\
#!/usr/bin/python3 -IS
# Stands in for env of coreutils: a package's program begins with #!/usr/bin/env, and would not be found.
import os, sys
words = sys.argv[1:]
if words and words[0].startswith("-S"):
    words = words[0][2:].split() + words[1:]
while words and "=" in words[0]:
    name, _, os.environ[name] = words.pop(0).partition("=")
try:
    os.execvp(words[0], words)
except OSError as error:
    print(f"env: {words[0]}: {error.strerror}", file=sys.stderr)
    sys.exit(127)
"""
ENV_PATH = "usr/bin/env"


def env_of_scripts(unpacked: Unpacked) -> Changes:
    """lessc and other programs of Node.js name their interpreter by way of env, which an image without
    coreutils has not."""
    if ENV_PATH in unpacked.rows or "usr/bin/python3" not in unpacked.rows:
        return Changes()
    asked = any(map(unpacked.begins_with_env, unpacked.matching("usr/bin/*")))
    return Changes(files=(Added(ENV_PATH, ENV, mode=0o755),) if asked else ())


def loader_cache(unpacked: Unpacked) -> Changes:
    libraries: tuple[Library, ...] = find_libraries(unpacked.root, unpacked.library_folders())
    files = [Added("etc/ld.so.cache", ld_cache(libraries, unpacked.platform))]
    if "usr/sbin/ldconfig" not in unpacked.rows and "usr/bin/python3" in unpacked.rows:
        files.append(Added("usr/sbin/ldconfig", LDCONFIG, mode=0o755))
    return Changes(files=tuple(files))


def package_records(unpacked: Unpacked) -> Changes:
    files = [Added("var/lib/dpkg/status", status(unpacked.controls))]
    kept: dict[str, set[str]] = {}
    for row in unpacked.rows.values():
        kept.setdefault(row.owner, set()).add(row.path)
    for package, control in unpacked.controls:
        files.append(Added(*md5sums(package, control, kept.get(f"deb:{package}", ()))))
    return Changes(files=tuple(files))


FINISHERS: Final[tuple[Finisher, ...]] = (
    folders_and_links,
    users,
    name_service,
    time_zone,
    ca_bundle,
    alternatives,
    copies,
    versioned_programs,
    graphviz_plugins,
    python_link,
    env_of_scripts,
    loader_cache,
    package_records,
)
