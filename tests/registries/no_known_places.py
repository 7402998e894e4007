"""A push that knows of no former one."""

from collections.abc import Mapping

from okamochi.oci.digest import Digest


class NoKnownPlaces:
    def of(self, registry: str, digest: Digest) -> tuple[str, ...]:
        return ()

    def add(self, registry: str, digest: Digest, repository: str) -> None:
        pass

    def last_images(self, registry: str, repository: str) -> Mapping[Digest, frozenset[Digest]]:
        return {}

    def keep_images(self, registry: str, repository: str, images: Mapping[Digest, frozenset[Digest]]) -> None:
        pass
