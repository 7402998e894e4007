"""What former pushes saw of registries: which repositories have a blob, and the images they got last."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from okamochi.oci.digest import Digest
from okamochi.system.cache import Cache

__all__ = ["CachedPlaces"]

KIND = "registry-places"
IMAGES = "registry-images"
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

    def last_images(self, registry: str, repository: str) -> Mapping[Digest, frozenset[Digest]]:
        content = self.cache.record(IMAGES, f"{registry} {repository}")
        known = json.loads(content) if content is not None else {}
        return {
            Digest.parse(manifest): frozenset(map(Digest.parse, blobs)) for manifest, blobs in known.items()
        }

    def keep_images(self, registry: str, repository: str, images: Mapping[Digest, frozenset[Digest]]) -> None:
        content = {str(manifest): sorted(map(str, blobs)) for manifest, blobs in images.items()}
        self.cache.put_record(IMAGES, f"{registry} {repository}", json.dumps(content).encode())


def key_of(registry: str, digest: Digest) -> str:
    return f"{registry} {digest}"
