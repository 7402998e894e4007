"""The environment in which uv runs: the host's network and index settings, and nothing else.

Everything here stays in the environment of one process. Addresses with credentials are never arguments, which
other users of the machine could read, and never reach a lock, an image or a message.
"""

import ssl
from collections.abc import Mapping
from pathlib import Path

from okamochi.pypi.index_options import IndexOptions
from okamochi.pypi.pip_settings import PipSettings
from okamochi.pypi.skipped_members import LOGGED
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.environ import of_the_user
from okamochi.system.network_settings import CA_VARIABLES
from okamochi.system.words import word_set

__all__ = ["uv_environment"]

KEPT = word_set(
    "UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX_STRATEGY "
    "UV_KEYRING_PROVIDER UV_INSECURE_HOST UV_NATIVE_TLS UV_SYSTEM_CERTS UV_HTTP_TIMEOUT UV_REQUEST_TIMEOUT "
    "UV_HTTP_CONNECT_TIMEOUT UV_HTTP_RETRIES UV_CONCURRENT_DOWNLOADS UV_CONCURRENT_INSTALLS UV_CONFIG_FILE "
    "UV_NO_CONFIG UV_CREDENTIALS_DIR UV_EXCLUDE_NEWER UV_OFFLINE"
)
INDEX_CREDENTIALS = ("_USERNAME", "_PASSWORD")
DROPPED = ("UV_", "PYTHON", "PIP_", "VIRTUAL_ENV", "CONDA_", "RUST_LOG", "CLICOLOR", "FORCE_COLOR")
PROXY_NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def uv_environment(
    environ: Mapping[str, str], *, pip: PipSettings, project: IndexOptions, cache_folder: Path
) -> dict[str, str]:
    """The whole environment for uv.

    A requirement file's index options rule over uv's variables, these over pip's settings; uv itself reads
    uv.toml of the user and the system, .netrc and keyrings. Where an index comes from pip's settings or a
    requirement file, all indexes are equal, as pip has it; uv's own settings keep uv's "first index" rule.
    """
    result = {name: value for name, value in environ.items() if _passes(name)}
    result |= _tls(environ, pip) | _proxies(environ, pip)
    result |= _indexes(result, _pip_indexes(environ, result, pip.indexes), project)
    if pip.timeout:
        result.setdefault("UV_HTTP_TIMEOUT", pip.timeout)
    if pip.keyring_provider in ("subprocess", "disabled"):
        result.setdefault("UV_KEYRING_PROVIDER", pip.keyring_provider)
    # a question to a name server that is lost costs one second instead of five (resolv.conf(5))
    result.setdefault("RES_OPTIONS", "timeout:1 attempts:5")
    return result | {
        "UV_CACHE_DIR": str(cache_folder),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
        "UV_LINK_MODE": "hardlink",
        "UV_NO_ENV_FILE": "1",
        "NO_COLOR": "1",
        **LOGGED,
    }


def _passes(name: str) -> bool:
    if name in KEPT or (name.startswith("UV_INDEX_") and name.endswith(INDEX_CREDENTIALS)):
        return True
    return not name.startswith(DROPPED)


def _tls(environ: Mapping[str, str], pip: PipSettings) -> dict[str, str]:
    """The first bundle that exists among pip's setting and the usual variables; else the system's store, in
    which companies install their own authorities, if there is one. uv stops at a bundle that is missing."""
    result: dict[str, str] = {}
    named = (
        environ.get("SSL_CERT_FILE", ""),
        pip.certificates,
        *(environ.get(n, "") for n in CA_VARIABLES[1:]),
    )
    bundle = next((path for path in named if path and of_the_user(path).is_file()), "")
    if bundle:
        result["SSL_CERT_FILE"] = str(of_the_user(bundle))
    elif _system_store_exists() and "UV_NATIVE_TLS" not in environ:
        result["UV_SYSTEM_CERTS"] = environ.get("UV_SYSTEM_CERTS", "true")
    if pip.client_certificate and not environ.get("SSL_CLIENT_CERT"):
        result["SSL_CLIENT_CERT"] = pip.client_certificate
    return result


def _system_store_exists() -> bool:
    paths = ssl.get_default_verify_paths()
    return paths.cafile is not None or paths.capath is not None


def _proxies(environ: Mapping[str, str], pip: PipSettings) -> dict[str, str]:
    said = any(environ.get(name) or environ.get(name.lower()) for name in PROXY_NAMES)
    return {} if said or not pip.proxy else {"ALL_PROXY": pip.proxy}


def _pip_indexes(environ: Mapping[str, str], kept: Mapping[str, str], pip: IndexOptions) -> IndexOptions:
    """pip's settings without its index where uv has been told one of its own."""
    uv_said = kept.get("UV_DEFAULT_INDEX") or kept.get("UV_INDEX_URL") or _uv_configured(environ)
    return IndexOptions(
        index_url="" if uv_said else pip.index_url,
        extra_index_urls=pip.extra_index_urls,
        find_links=pip.find_links,
        trusted_hosts=pip.trusted_hosts,
        no_index=pip.no_index,
    )


def _uv_configured(environ: Mapping[str, str]) -> bool:
    """Whether uv.toml of the user or the system names a default index."""
    if environ.get("UV_NO_CONFIG"):
        return False
    home = Path(environ.get("HOME") or "/nonexistent")
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "uv/uv.toml"
    named = environ.get("UV_CONFIG_FILE")
    return any(_names_default(path) for path in ([Path(named)] if named else [user, Path("/etc/uv/uv.toml")]))


def _names_default(path: Path) -> bool:
    try:
        table = toml_of(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, NoDataError):
        return False
    listed = table.get("index", [])
    return "index-url" in table or any(isinstance(item, dict) and item.get("default") for item in listed)


def _indexes(kept: Mapping[str, str], pip: IndexOptions, project: IndexOptions) -> dict[str, str]:
    joined = pip.overruled_by(project)
    result: dict[str, str] = {}
    if joined.index_url:
        result["UV_DEFAULT_INDEX"] = joined.index_url
    if joined.extra_index_urls:
        urls = map(undivided, joined.extra_index_urls)
        result["UV_INDEX"] = " ".join(filter(None, (kept.get("UV_INDEX"), *urls)))
    if joined.find_links:
        links = map(undivided, joined.find_links)
        result["UV_FIND_LINKS"] = ",".join(filter(None, (kept.get("UV_FIND_LINKS"), *links)))
    if joined.trusted_hosts:
        result["UV_INSECURE_HOST"] = " ".join(
            filter(None, (kept.get("UV_INSECURE_HOST"), *joined.trusted_hosts))
        )
    if joined.extra_index_urls:
        result["UV_INDEX_STRATEGY"] = kept.get("UV_INDEX_STRATEGY", "unsafe-best-match")
    return result


def undivided(place: str) -> str:
    """A folder or an address as one word of uv's lists: it divides one at commas, the other at blanks."""
    if not {",", " "} & set(place):
        return place
    if place.startswith("/"):
        return Path(place).as_uri()
    return place.replace(",", "%2C").replace(" ", "%20")
