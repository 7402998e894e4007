"""Which repositories of a registry have a blob, as former pushes saw: it is mounted, not sent again."""

import json
from dataclasses import dataclass

from okamochi.oci.digest import Digest
from okamochi.system.cache import Cache

__all__ = ["CachedPlaces"]

KIND = "registry-places"
MOST_PLACES = 4


@dataclass(frozen=True)
class CachedPlaces:
    """Remembered in the cache, the newest first. A registry that no longer has it is no harm: it says so."""

    cache: Cache

    def of(self, registry: str, digest: Digest) -> tuple[str, ...]:
        content = self.cache.record(KIND, key_of(registry, digest))
        return tuple(json.loads(content)) if content is not None else ()

    def add(self, registry: str, digest: Digest, repository: str) -> None:
        known = self.of(registry, digest)
        if repository not in known:
            content = json.dumps([repository, *known[: MOST_PLACES - 1]]).encode()
            self.cache.put_record(KIND, key_of(registry, digest), content)


def key_of(registry: str, digest: Digest) -> str:
    return f"{registry} {digest}"
