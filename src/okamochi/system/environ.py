"""The environment variables that okamochi honours, in one table; documentation is made from it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from okamochi.system.stand_in_home import cannot_hold, stand_in_home

__all__ = ["VARIABLES", "cache_dir", "of_the_user", "state_dir", "without_a_home"]

Kind = Literal["cache", "state"]


class Variable(msgspec.Struct, frozen=True):
    name: str
    does: str


VARIABLES = (
    Variable("OKAMOCHI_CACHE_DIR", "the folder of the cache (default: okamochi in the user's cache folder)"),
    Variable("OKAMOCHI_STATE_DIR", "the folder of running stacks and generated secrets"),
    Variable("OKAMOCHI_DEBIAN_MIRROR", "where Debian packages come from, before the host's apt sources"),
    Variable("OKAMOCHI_DEBIAN_SECURITY_MIRROR", "the same for security updates; none: do without them"),
    Variable("OKAMOCHI_REGISTRY_MIRRORS", "registry=mirror, with commas: where images are pulled from first"),
    Variable("OKAMOCHI_INSECURE_REGISTRIES", "registries that may do without TLS or a trusted certificate"),
    Variable("DOCKER_CONFIG", "the folder of docker's config.json with the credentials of registries"),
    Variable("REGISTRY_AUTH_FILE", "podman's file with the credentials of registries"),
    Variable("OKAMOCHI_HTTP_PORT", "the port of the proxy of `up --domain` for http (default: 80)"),
    Variable("OKAMOCHI_HTTPS_PORT", "the port of the proxy of `up --domain` for https (default: 443)"),
    Variable("OKAMOCHI_PUBLIC_ADDRESS", "the address that the proxy listens on (default: 0.0.0.0)"),
    Variable("COSIGN_PASSWORD", "the password of the key that signs images"),
    Variable("SOURCE_DATE_EPOCH", "the time that images carry, in seconds since 1970 (default: 0)"),
    Variable("NO_COLOR", "no colours on the terminal"),
    Variable("HTTP_PROXY", "the proxy for http addresses (also in lower case)"),
    Variable("HTTPS_PROXY", "the proxy for https addresses (also in lower case)"),
    Variable("ALL_PROXY", "the proxy where no other is set (also in lower case)"),
    Variable("NO_PROXY", "hosts, domains and networks that need no proxy, with commas (also in lower case)"),
    Variable("SSL_CERT_FILE", "the CA bundle for downloads, before REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"),
    Variable("SSL_CERT_DIR", "a folder of CA certificates for downloads"),
    Variable("REQUESTS_CA_BUNDLE", "the CA bundle for downloads, where SSL_CERT_FILE is not set"),
    Variable("CURL_CA_BUNDLE", "the CA bundle for downloads, where neither of these is set"),
)


def cache_dir(environ: Mapping[str, str]) -> Path:
    """Where the cache is; nothing is made there."""
    return kept_in(environ, "cache")[0]


def state_dir(environ: Mapping[str, str]) -> Path:
    """Where the state of running stacks is; private to the user; nothing is made there."""
    return kept_in(environ, "state")[0]


def without_a_home(environ: Mapping[str, str]) -> str:
    """What to say where the home is not what keeps things, and no variable names another place; else ""."""
    places = {kind: kept_in(environ, kind) for kind in KINDS}
    moved = [kind for kind, (_, home_serves) in places.items() if not home_serves]
    if not moved:
        return ""
    things = {"cache": "the cache", "state": "the state of what runs"}
    what = " and ".join(things[kind] for kind in moved) + (" are" if moved[1:] else " is")
    names = " and ".join(f"OKAMOCHI_{kind.upper()}_DIR" for kind in moved)
    home = environ.get("HOME") or "this user's home"
    return f"{home} takes no files: {what} in {places[moved[0]][0].parent} ({names} can name a better place)"


KINDS: tuple[Kind, ...] = ("cache", "state")


def kept_in(environ: Mapping[str, str], kind: Kind) -> tuple[Path, bool]:
    """The folder, and whether it is where people look for it: one that a variable names, or one in the home.
    UsageError where there is no place at all."""
    variable = f"OKAMOCHI_{kind.upper()}_DIR"
    chosen = environ.get(variable, "").strip()
    if chosen:
        return expanded(chosen, environ), True
    base = environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
    if sys.platform == "linux" and base.startswith("/"):
        return Path(base, "okamochi"), True
    try:
        home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
        folder = xdg_folder(home, kind) if sys.platform == "linux" else usual_folder(kind)
    except RuntimeError:  # the system's list of users does not know this one
        return stand_in_home(environ, variable) / kind, False
    if cannot_hold(folder, home):
        return stand_in_home(environ, variable) / kind, False
    return folder, True


def xdg_folder(home: Path, kind: Kind) -> Path:
    """As platformdirs has it, whose import takes as long as a build in which little changed can spare:
    https://specifications.freedesktop.org/basedir/latest/"""
    return home / {"cache": ".cache", "state": ".local/state"}[kind] / "okamochi"


def usual_folder(kind: Kind) -> Path:
    from platformdirs import user_cache_dir, user_state_dir

    folder = user_cache_dir if kind == "cache" else user_state_dir
    return Path(folder("okamochi", appauthor=False))


def of_the_user(text: str) -> Path:
    """A path that may begin with "~"; as it is where nobody knows that home."""
    path = Path(text)
    try:
        return path.expanduser() if text.startswith("~") else path
    except RuntimeError:
        return path


def expanded(text: str, environ: Mapping[str, str]) -> Path:
    home = environ.get("HOME", "")
    if home and (text == "~" or text.startswith("~/")):
        return Path(home + text[1:])
    return Path(text).absolute()
