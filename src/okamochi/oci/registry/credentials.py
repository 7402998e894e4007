"""Who we are to a registry: what docker login and podman login left, and credential helpers.

docker's config.json: https://docs.docker.com/reference/cli/docker/login/; podman's auth.json:
containers-auth.json(5), whose keys may name a repository, too.
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from okamochi.errors import OkamochiError, RegistryError
from okamochi.oci.reference import DEFAULT_REGISTRY
from okamochi.system.tables import table_of

if TYPE_CHECKING:
    from okamochi.system.process import Runner

__all__ = ["CredentialStore"]

DOCKER_HUB_KEY = "https://index.docker.io/v1/"
HELPER_SECONDS = 30
FILE_LIMIT_BYTES = 4_000_000
TOKEN_USER = "<token>"
ABSENT = "credentials not found"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user with a password, or an `identity_token` (OAuth2 refresh token). `source` is told in errors."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    source: str = ""

    @property
    def basic(self) -> str:
        """The value of an Authorization header; "" without a user."""
        if not self.username:
            return ""
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


ANONYMOUS = Credentials()


@dataclass(frozen=True)
class CredentialStore:
    """`files` are looked at in order. What is wrong with them is in `problems`, and told when a registry
    refuses: a broken helper must not stand in the way of what needs no password."""

    files: tuple[Path, ...]
    runner: "Runner"
    problems: list[str] = field(default_factory=list)
    known: dict[tuple[str, str], Credentials] = field(default_factory=dict)

    @classmethod
    def of(cls, environ: Mapping[str, str], runner: "Runner") -> "CredentialStore":
        return cls(tuple(files_of(environ)), runner)

    def of_registry(self, registry: str, repository: str) -> Credentials:
        """ANONYMOUS when nobody left any."""
        key = (registry, repository)
        if key not in self.known:
            found = (self._in_file(path, registry, repository) for path in self.files)
            self.known[key] = next((one for one in found if one is not None), ANONYMOUS)
        return self.known[key]

    def _in_file(self, path: Path, registry: str, repository: str) -> Credentials | None:
        config = self._read(path)
        host_key = DOCKER_HUB_KEY if registry == DEFAULT_REGISTRY else registry
        helpers = table_of(config, "credHelpers")
        helper = next((helpers[key] for key in keys_of(registry) if key in helpers), "")
        helper = helper or config.get("credsStore") or ""
        if helper and isinstance(helper, str):
            found = self._from_helper(helper, host_key, path)
            if found is not None:
                return found
        return self._from_table(table_of(config, "auths"), registry, repository, path)

    def _read(self, path: Path) -> dict[str, object]:
        try:
            if not path.is_file():
                return {}
            with path.open("rb") as stream:
                value = json.loads(stream.read(FILE_LIMIT_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            self.problems.append(f"{path} cannot be read: {error}")
            return {}
        return table_of(value)

    def _from_helper(self, name: str, key: str, path: Path) -> Credentials | None:
        """https://github.com/docker/docker-credential-helpers: get reads the key from stdin, answers JSON."""
        program = f"docker-credential-{name}"
        if "/" in name or self.runner.which(program) is None:
            self.problems.append(f"{path} names the credential helper {program}, which is not on PATH")
            return None
        try:
            done = self.runner.run((program, "get"), stdin=key.encode(), timeout_seconds=HELPER_SECONDS)
        except OkamochiError as error:
            self.problems.append(f"{program}: {error.message}")
            return None
        if not done.ok:
            if ABSENT not in done.text + done.error_text:
                self.problems.append(f"{program} failed: {(done.text or done.error_text)[:200]}")
            return None
        try:
            answer = json.loads(done.stdout)
            user, secret = str(answer.get("Username", "")), str(answer.get("Secret", ""))
        except (ValueError, AttributeError):
            self.problems.append(f"{program} answered what is no JSON")
            return None
        if not secret:
            return None
        if user == TOKEN_USER:
            return Credentials(identity_token=secret, source=program)
        return Credentials(user, secret, source=program)

    def _from_table(
        self, auths: Mapping[str, object], registry: str, repository: str, path: Path
    ) -> Credentials | None:
        by_name = {bare(key): value for key, value in auths.items()}
        for key in (*narrower_keys(registry, repository), *keys_of(registry)):
            entry = by_name.get(key)
            if isinstance(entry, dict) and (found := credentials_in(entry, str(path))) is not None:
                return found
        return None


def files_of(environ: Mapping[str, str]) -> Iterator[Path]:
    chosen = environ.get("DOCKER_CONFIG", "").strip()
    home = environ.get("HOME", "").strip()
    if chosen:
        yield Path(chosen) / "config.json"
    elif home:
        yield Path(home) / ".docker/config.json"
    named = environ.get("REGISTRY_AUTH_FILE", "").strip()
    if named:
        yield Path(named)
        return
    runtime = environ.get("XDG_RUNTIME_DIR", "").strip()
    if runtime:
        yield Path(runtime) / "containers/auth.json"
    if home:
        yield Path(home) / ".config/containers/auth.json"


def keys_of(registry: str) -> tuple[str, ...]:
    if registry == DEFAULT_REGISTRY:
        return ("index.docker.io", DEFAULT_REGISTRY, "registry-1.docker.io", DOCKER_HUB_KEY)
    return (registry,)


def narrower_keys(registry: str, repository: str) -> Iterator[str]:
    """registry/team/app, then registry/team."""
    parts = repository.split("/")
    for count in range(len(parts), 0, -1):
        yield "/".join((registry, *parts[:count]))


def bare(key: str) -> str:
    """Old versions of docker wrote addresses: https://host/v1/."""
    name = key.partition("://")[2] or key
    for ending in ("/", "/v1", "/v2"):
        name = name.removesuffix(ending)
    return name


def credentials_in(entry: Mapping[str, object], source: str) -> Credentials | None:
    token = entry.get("identitytoken")
    if isinstance(token, str) and token:
        return Credentials(identity_token=token, source=source)
    encoded = entry.get("auth")
    if isinstance(encoded, str) and encoded:
        try:
            user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise RegistryError(
                "the credentials of a registry are damaged", where=source, hint="log in again: docker login"
            ) from error
        return Credentials(user, password.rstrip("\0"), source=source) if colon else None
    named, secret = entry.get("username"), entry.get("password")
    if isinstance(named, str) and isinstance(secret, str) and named:
        return Credentials(named, secret, source=source)
    return None
