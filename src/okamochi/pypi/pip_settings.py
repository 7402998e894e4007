"""The host's pip settings: pip.conf and PIP_* variables, which uv does not read by itself.

pip's rules (https://pip.pypa.io/en/stable/topics/configuration/): later sources win: global files, user
files, the virtual environment's file, PIP_CONFIG_FILE, then environment variables; within files [global],
then [install]. Only settings that say where packages come from are taken, never those that choose versions.
"""

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from okamochi.pypi.index_options import NOTHING_SAID, IndexOptions
from okamochi.system.environ import of_the_user
from okamochi.system.words import word_tuple

__all__ = ["PipSettings", "read_pip_settings"]

SECTIONS = ("global", "install")
KEYS = word_tuple(
    "index-url extra-index-url find-links no-index trusted-host cert client-cert proxy timeout "
    "keyring-provider"
)
TRUE_WORDS = frozenset({"1", "true", "yes", "on", "y", "t"})


class PipSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`certificates` and `client_certificate` are paths of PEM files, `timeout` whole seconds as text; empty
    when not said. `notes` tell people what was left out, without credentials."""

    indexes: IndexOptions = NOTHING_SAID
    certificates: str = ""
    client_certificate: str = ""
    proxy: str = ""
    timeout: str = ""
    keyring_provider: str = ""
    notes: tuple[str, ...] = ()


def read_pip_settings(environ: Mapping[str, str], *, host_root: Path = Path("/")) -> PipSettings:
    """What pip would go by on this host; unreadable files count as absent, as they do for pip's readers."""
    values: dict[str, str] = {}
    for path in _config_files(environ, host_root):
        values |= _file_values(path)
    values |= _environment_values(environ)
    return _settings(values)


def _config_files(environ: Mapping[str, str], host_root: Path) -> tuple[Path, ...]:
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return ()
    home = Path(environ["HOME"]) if environ.get("HOME") else None
    xdg_dirs = [part for part in environ.get("XDG_CONFIG_DIRS", "").split(":") if part] or ["/etc/xdg"]
    files = [host_root / part.lstrip("/") / "pip/pip.conf" for part in reversed(xdg_dirs)]
    files.append(host_root / "Library/Application Support/pip/pip.conf")
    files.append(host_root / "etc/pip.conf")
    if home is not None:
        files.append(home / ".pip/pip.conf")
        files.append(home / "Library/Application Support/pip/pip.conf")
    if environ.get("XDG_CONFIG_HOME"):
        files.append(Path(environ["XDG_CONFIG_HOME"]) / "pip/pip.conf")
    elif home is not None:
        files.append(home / ".config/pip/pip.conf")
    if environ.get("VIRTUAL_ENV"):
        files.append(Path(environ["VIRTUAL_ENV"]) / "pip.conf")
    if named:
        files.append(of_the_user(named))
    return tuple(files)


def _file_values(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}
    return {
        key.replace("_", "-"): value
        for section in SECTIONS
        if parser.has_section(section)
        for key, value in parser.items(section)
        if key.replace("_", "-") in KEYS and value is not None
    }


def _environment_values(environ: Mapping[str, str]) -> dict[str, str]:
    names = {key: "PIP_" + key.upper().replace("-", "_") for key in KEYS}
    found = {key: environ[name] for key, name in names.items() if environ.get(name)}
    if "timeout" not in found and environ.get("PIP_DEFAULT_TIMEOUT"):
        found["timeout"] = environ["PIP_DEFAULT_TIMEOUT"]
    return found


def _settings(values: Mapping[str, str]) -> PipSettings:
    notes: list[str] = []
    indexes = IndexOptions(
        index_url=values.get("index-url", "").strip(),
        extra_index_urls=_existing(values.get("extra-index-url", ""), "extra-index-url", notes),
        find_links=_existing(values.get("find-links", ""), "find-links", notes),
        trusted_hosts=tuple(values.get("trusted-host", "").split()),
        no_index=values.get("no-index", "").strip().lower() in TRUE_WORDS,
    )
    timeout = values.get("timeout", "").strip()
    return PipSettings(
        indexes=indexes,
        certificates=values.get("cert", "").strip(),
        client_certificate=values.get("client-cert", "").strip(),
        proxy=values.get("proxy", "").strip(),
        timeout=timeout.partition(".")[0] if timeout.replace(".", "", 1).isdigit() else "",
        keyring_provider=values.get("keyring-provider", "").strip(),
        notes=tuple(notes),
    )


def _existing(text: str, key: str, notes: list[str]) -> tuple[str, ...]:
    """The words of a multi-line value; local folders that are not there are left out with a note, because uv
    stops where pip only warns."""
    kept: list[str] = []
    for word in text.split():
        local = word.removeprefix("file://") if word.startswith(("file://", "/", "~", ".")) else ""
        if local and not of_the_user(local).exists():
            notes.append(f"pip's {key} names {word}, which does not exist here: left out")
            continue
        kept.append(str(of_the_user(word)) if word.startswith("~") else word)
    return tuple(kept)
