"""Debian root file systems as tar archives, made once by mmdebstrap and kept in a cache folder.

For tests and benchmarks: bare machines, stand-ins for images that cannot be pulled. Standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

SNAPSHOT = "http://snapshot.debian.org/archive/debian/20251115T000000Z/"
CA_BUNDLE = Path("etc/ssl/certs/ca-certificates.crt")
CA_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class RootError(Exception):
    """No root file system could be made; the text says why."""


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where the archives are kept; beside okamochi's own cache, never in it."""
    base = environment.get("XDG_CACHE_HOME") or os.fspath(Path.home() / ".cache")
    return Path(base, "okamochi-development")


def debian_mirrors(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Mirrors to try, best first: the setting, the host's own Debian archives, the snapshot archive."""
    setting = environment.get("OKAMOCHI_DEBIAN_MIRROR", "")
    return tuple(dict.fromkeys(mirror for mirror in (setting, *host_mirrors(), SNAPSHOT) if mirror))


def host_mirrors() -> tuple[str, ...]:
    """What the host's apt reads as Debian's main archive, in any source format; none without apt."""
    command = ("apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)")
    try:
        listing = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ()
    rows = (line.split() for line in listing.splitlines())
    return tuple(sorted({row[0] for row in rows if row[1:] == ["Debian", "Debian"]}))


def root_archive(suite: str, packages: tuple[str, ...], environment: Mapping[str, str]) -> Path:
    """The minimal root of a suite with these packages, as a tar file; raises RootError.

    Two callers at once make it once: the second waits for the first.
    """
    name = hashlib.sha256("\n".join((suite, *sorted(packages))).encode()).hexdigest()[:12]
    folder = cache_folder(environment)
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"root-{suite}-{name}.tar"
    with (folder / f"{archive.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            make_archive(archive, suite, packages, environment)
    return archive


def make_archive(
    archive: Path, suite: str, packages: tuple[str, ...], environment: Mapping[str, str]
) -> None:
    """Raises RootError with the last words of mmdebstrap when no mirror served."""
    words = ""
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        unfinished = Path(folder, "root.tar")
        for mirror in debian_mirrors(environment):
            words = mmdebstrap(unfinished, suite, packages, mirror)
            if not words:
                unfinished.replace(archive)
                return
    raise RootError(f"mmdebstrap could not make a root of Debian {suite}: {words}")


def mmdebstrap(target: Path, suite: str, packages: tuple[str, ...], mirror: str) -> str:
    """Empty when it worked, else the end of what the program said."""
    # A snapshot's index is expired by its nature, and so may be that of a mirror which stands still.
    options = ("--quiet", "--variant=minbase", "--aptopt=Acquire::Check-Valid-Until false")
    command = ("mmdebstrap", *options, f"--include={','.join(packages)}", suite, os.fspath(target), mirror)
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        return "mmdebstrap is not installed (Debian, Ubuntu: apt install mmdebstrap)"
    return (
        ""
        if finished.returncode == 0
        else "\n".join(finished.stderr.strip().splitlines()[-8:]) or "no message"
    )


def host_ca_bundle(environment: Mapping[str, str]) -> Path | None:
    """The certificates that this host trusts, from its variables or its usual place; None without any."""
    named = (Path(environment[name]) for name in CA_VARIABLES if environment.get(name))
    return next((path for path in (*named, Path("/") / CA_BUNDLE) if path.is_file()), None)
