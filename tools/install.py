"""Installs the locked requirements and okamochi itself into the environment whose Python runs this.

uv does it in seconds; pip, which reads every setting of the host by itself, is the way when uv cannot.
Every file is checked by digest against the lock, whichever index or folder it came from.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping
from pathlib import Path

LOCK = Path("requirements", "dev.txt")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
# Settings of a host's pip or uv that would send our installation elsewhere, or ask hashes of our own folder.
NEUTRAL = {"PIP_USER": "0", "PIP_REQUIRE_HASHES": "0", "UV_REQUIRE_HASHES": "0", "UV_SYSTEM_PYTHON": "0"}
FOREIGN = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "UV_TARGET", "UV_PREFIX", "UV_PYTHON")
# hatchling needs the second one for an editable installation.
BUILD_BACKEND = {"hatchling", "editables"}


class InstallationError(Exception):
    """Neither uv nor pip could install; the text is what the last one said."""


def pip_settings(listing: str) -> dict[str, str]:
    """The settings of `pip config list`; as in pip, the environment's come last and win."""
    settings: dict[str, str] = {}
    for line in sorted(listing.splitlines(), key=lambda text: text.startswith(":env:")):
        key, separator, value = line.partition("=")
        if separator:
            settings[key.rpartition(".")[2].replace("_", "-")] = unquoted(value)
    return settings


def unquoted(value: str) -> str:
    """The text that pip printed with repr()."""
    stripped = value.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] and stripped[0] in "'\"":
        return stripped[1:-1].replace("\\n", " ")
    return stripped


def uv_settings(pip: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """What pip was told about indexes, proxies and certificates, in uv's words; uv's own settings stay."""
    wanted = {
        "UV_DEFAULT_INDEX": pip.get("index-url", ""),
        "UV_INDEX": " ".join(usable_indexes(pip.get("extra-index-url", ""))),
        "UV_FIND_LINKS": ",".join(usable_links(pip.get("find-links", ""))),
        "UV_NO_INDEX": "1" if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"} else "",
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        # As pip does; safe because every digest is pinned.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": pip.get("cert", "") or environment.get("REQUESTS_CA_BUNDLE", ""),
        "ALL_PROXY": pip.get("proxy", ""),
    }
    synonyms = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
    return {
        name: value
        for name, value in wanted.items()
        if value and name not in environment and synonyms.get(name) not in environment
    }


def usable_indexes(value: str) -> tuple[str, ...]:
    """The indexes on the network, and the local ones that exist: pip skips a missing one, uv stops at it."""
    return tuple(url for url in value.split() if not is_missing(url))


def usable_links(value: str) -> tuple[str, ...]:
    """The folders and pages to find wheels in that are there."""
    return tuple(place for place in value.split() if not is_missing(place))


def is_missing(place: str) -> bool:
    """True for a local path, plain or as a file: address, where nothing is."""
    if "://" in place and not place.startswith("file://"):
        return False
    return not Path(place.removeprefix("file://")).exists()


def without_missing_links(environment: Mapping[str, str]) -> dict[str, str]:
    """UV_FIND_LINKS of the host without the folders that are not there."""
    places = environment.get("UV_FIND_LINKS", "").split(",")
    kept = [place for place in places if place and not is_missing(place)]
    rest = {name: value for name, value in environment.items() if name != "UV_FIND_LINKS"}
    return rest | ({"UV_FIND_LINKS": ",".join(kept)} if kept else {})


def without_a_cache(environment: Mapping[str, str]) -> dict[str, str]:
    """uv stops where it can make no folder for its cache: for a number in a container, whose home is /."""
    if environment.get("UV_CACHE_DIR") or environment.get("UV_NO_CACHE"):
        return {}
    place = Path(environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME") or "/", ".cache"), "uv")
    while not place.exists() and place != place.parent:
        place = place.parent
    return {} if os.access(place, os.W_OK | os.X_OK) else {"UV_NO_CACHE": "1"}


def lock_entry(lock: str, name: str) -> str:
    """The lines of one requirement in a lock: its pin and its hashes."""
    lines: list[str] = []
    inside = False
    for line in lock.splitlines():
        if line[:1] not in {"", " ", "\t", "#"}:
            inside = line.startswith(f"{name}==")
        if inside and not line.lstrip().startswith("#"):
            lines.append(line)
    return "\n".join(lines) + "\n"


def run(arguments: tuple[str, ...], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The finished program, its output kept for the case that it failed."""
    return subprocess.run(arguments, env=dict(environment), capture_output=True, text=True, check=False)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def bootstrap_uv(root: Path, environment: Mapping[str, str]) -> Path | None:
    """The environment's own uv, installed by pip as the lock pins it; None when pip cannot."""
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        return uv
    with tempfile.TemporaryDirectory() as folder:
        entry = Path(folder, "uv.txt")
        entry.write_text(lock_entry((root / LOCK).read_text(encoding="utf-8"), "uv"), encoding="utf-8")
        options = ("--quiet", "--require-hashes", "--no-deps", "-r", os.fspath(entry))
        run((*PIP, "install", *options), environment)
    return uv if uv.exists() else None


def steps(root: Path, installer: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The two installations: what the lock pins, then this checkout, with the build backend of the lock."""
    lock = root / LOCK
    pinned = {line.partition("==")[0] for line in lock.read_text(encoding="utf-8").splitlines()}
    isolation = ("--no-build-isolation",) if pinned >= BUILD_BACKEND else ()
    return (
        (*installer, "--require-hashes", "-r", os.fspath(lock)),
        (*installer, "--no-deps", *isolation, "--editable", os.fspath(root)),
    )


def install(root: Path, installer: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Raises InstallationError with the program's own words."""
    for arguments in steps(root, installer):
        finished = run(arguments, environment)
        if finished.returncode != 0:
            raise InstallationError((finished.stderr or finished.stdout).strip())


def install_with_uv(root: Path, environment: Mapping[str, str]) -> None:
    """Raises InstallationError, also when there is no uv to be had."""
    uv = bootstrap_uv(root, environment)
    if uv is None:
        raise InstallationError("pip could not install uv first")
    listing = run((*PIP, "config", "list"), environment).stdout
    settings = without_missing_links(environment) | uv_settings(pip_settings(listing), environment)
    settings |= without_a_cache(environment)
    install(root, (os.fspath(uv), "pip", "install", "--quiet", "--python", sys.executable), settings)


def compile_ahead(root: Path) -> None:
    """Bytecode of all that was installed and of this checkout: where PYTHONDONTWRITEBYTECODE is set, as in
    many containers, every start would compile it again (0.3 s of 0.5 for a build in which nothing changed).

    What does not compile is left as it is: some packages ship templates that end in .py."""
    folders = (sysconfig.get_path("purelib"), os.fspath(root / "src"))
    run((sys.executable, "-m", "compileall", "-q", "-j", "0", *folders), os.environ)


def main(root: Path) -> int:
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN} | NEUTRAL
    say("setup: installing the locked tools and okamochi")
    try:
        install_with_uv(root, environment)
        compile_ahead(root)
        return 0
    except InstallationError as error:
        say(f"setup: uv could not install ({last_line(str(error))}); trying pip")
    try:
        install(root, (*PIP, "install", "--quiet"), environment)
        compile_ahead(root)
        return 0
    except InstallationError as error:
        say(str(error))
        say("error: the tools could not be installed (pip's words above)")
        say("hint: is the package index reachable? pip.conf, PIP_INDEX_URL or UV_DEFAULT_INDEX name another")
        return 1


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1].strip() if text.strip() else "no message"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
