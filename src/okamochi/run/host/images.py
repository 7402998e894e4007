"""Images that the host engine knows: unpacked in the cache, recorded by reference."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from okamochi.errors import EngineError
from okamochi.oci.native import native_platforms
from okamochi.run.host.unpack import unpack_layers
from okamochi.system.cache import Cache

if TYPE_CHECKING:
    from okamochi.oci.image import Image
    from okamochi.oci.reference import Reference

__all__ = ["HostImage", "HostImages"]

ROOTS = "roots"
REFERENCES = "host-images"
FORMAT = "1"  # of the unpacked folder: change it when unpacking changes


class HostImage(msgspec.Struct, frozen=True, kw_only=True):
    """`digest` is the manifest's; `env`, `working_dir` and `platform` are the configuration's."""

    digest: str
    root: str
    env: tuple[tuple[str, str], ...] = ()
    working_dir: str = "/"
    platform: str = ""

    @property
    def runs_here(self) -> bool:
        return self.platform in ("", *map(str, native_platforms()))


@dataclass(frozen=True)
class HostImages:
    cache: Cache

    def put(self, image: "Image", reference: "Reference") -> HostImage:
        """Unpacks the image unless it is there already."""
        root = self.cache.folder(
            ROOTS, root_key(str(image.digest)), lambda folder: unpack_layers(image.layers, folder)
        )
        config = image.config
        record = HostImage(
            digest=str(image.digest),
            root=str(root),
            env=config.env,
            working_dir=config.working_dir or "/",
            platform=str(config.platform),
        )
        self.cache.put_record(REFERENCES, str(reference.tagged), msgspec.json.encode(record))
        return record

    def find(self, reference: str) -> HostImage | None:
        """None when it was never put, or the cache has dropped its files."""
        content = self.cache.record(REFERENCES, reference)
        if content is None:
            return None
        try:
            record = msgspec.json.decode(content, type=HostImage)
        except msgspec.MsgspecError:
            return None
        return record if Path(record.root).is_dir() else None

    def get(self, reference: str) -> HostImage:
        found = self.find(reference)
        if found is None:
            raise EngineError(
                f"the image {reference} is not unpacked here",
                where="host",
                hint="build it again: okamochi up --engine host",
            )
        return found

    def hold(self, image: HostImage, *, process: int) -> None:
        """Keeps its files in the cache while that process runs."""
        self.cache.hold_folder(ROOTS, root_key(image.digest), pid=process)


def root_key(digest: str) -> str:
    return f"{digest.replace(':', '-')}-{FORMAT}"
