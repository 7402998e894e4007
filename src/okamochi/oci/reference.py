"""Names of images: [registry/]repository[:tag][@digest], read as Docker and the distribution-spec do."""

import msgspec
from msgspec.structs import replace

from okamochi.errors import BuildError, UsageError
from okamochi.oci.digest import Digest
from okamochi.system.patterns import regex

__all__ = ["DEFAULT_REGISTRY", "Reference", "bare_name", "tag_of"]

DEFAULT_REGISTRY = "docker.io"
OFFICIAL = "library/"

LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
REGISTRY = regex(rf"(?:{LABEL}(?:\.{LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = regex(rf"{COMPONENT}(?:/{COMPONENT})*")
TAG = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
MAX_NAME = 255


class Reference(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """`repository` is whole ("library/python"), `tag` may be empty, and then nothing is assumed for it."""

    registry: str
    repository: str
    tag: str = ""
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """As docker normalises: no registry is docker.io, no namespace there is library/.

        UsageError that shows the offending part.
        """
        name, at, digest = text.partition("@")
        path, colon, tag = split_tag(name)
        registry, repository = split_registry(path)
        if REGISTRY.fullmatch(registry) is None:
            raise wrong(
                text, "registry", registry, "a host name and perhaps a port, such as example.org:5000"
            )
        if REPOSITORY.fullmatch(repository) is None:
            raise wrong(text, "repository", repository, repository_hint(repository))
        if len(registry) + 1 + len(repository) > MAX_NAME:
            raise wrong(text, "repository", repository, f"at most {MAX_NAME} characters with its registry")
        if colon and TAG.fullmatch(tag) is None:
            raise wrong(
                text, "tag", tag, "1 to 128 letters, digits, '_', '.', '-', not beginning with '.' or '-'"
            )
        return cls(
            registry=registry,
            repository=repository,
            tag=tag,
            digest=parse_digest(text, digest) if at else None,
        )

    def with_digest(self, digest: Digest) -> "Reference":
        return replace(self, digest=digest)

    @property
    def tagged(self) -> "Reference":
        """Without a digest, and with the tag that engines assume when there is none: latest."""
        return replace(self, tag=self.tag or "latest", digest=None)

    @property
    def full(self) -> str:
        """With its registry: docker.io/library/python:3.13."""
        return f"{self.registry}/{self.repository}{self.suffix}"

    @property
    def suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return tag + (f"@{self.digest}" if self.digest is not None else "")

    def __str__(self) -> str:
        """The short form that engines show: python:3.13."""
        if self.registry != DEFAULT_REGISTRY:
            return self.full
        short = self.repository.removeprefix(OFFICIAL)
        return f"{self.repository if '/' in short else short}{self.suffix}"


def tag_of(text: str) -> str:
    """Of any text that may be an image's name, without a judgement; "" where there is none."""
    return split_tag(text.partition("@")[0])[2]


def bare_name(text: str) -> str:
    """ "shop" for "ghcr.io/me/shop:1@sha256:…", and of any text without a judgement."""
    return text.partition("@")[0].rpartition("/")[2].partition(":")[0]


def split_tag(name: str) -> tuple[str, str, str]:
    """A colon before the last slash belongs to the registry's port."""
    slash = name.rfind("/")
    path, colon, tag = name[slash + 1 :].partition(":")
    return name[: slash + 1] + path, colon, tag


def split_registry(path: str) -> tuple[str, str]:
    """The first component is a registry when no repository's can look so: a dot, a port, capitals."""
    first, slash, rest = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        named = DEFAULT_REGISTRY if first == "index.docker.io" else first
        return named, official(rest) if named == DEFAULT_REGISTRY else rest
    return DEFAULT_REGISTRY, official(path)


def official(repository: str) -> str:
    return repository if "/" in repository or not repository else OFFICIAL + repository


def parse_digest(text: str, digest: str) -> Digest:
    try:
        return Digest.parse(digest)
    except BuildError as error:
        raise wrong(text, "digest", digest, "'sha256:' and 64 lower-case hexadecimal digits") from error


def repository_hint(repository: str) -> str:
    lower = repository.lower()
    if lower != repository and REPOSITORY.fullmatch(lower) is not None:
        return f"lower case only, such as {lower}"
    return "lower-case letters and digits, separated by '.', '_', '__', '-' and '/'"


def wrong(text: str, part: str, found: str, wanted: str) -> UsageError:
    shown = f"the {part} {found[:100]!r} is not one" if found else f"it has no {part}"
    return UsageError(
        f"not a reference of an image: {shown}", where=text[:300], hint=f"write as {part}: {wanted}"
    )
