"""The end points of the distribution-spec, one small function each; see there for their names."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlencode

from okamochi.errors import RegistryError
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.media_types import DOCKER_INDEX, DOCKER_MANIFEST, IMAGE_INDEX, IMAGE_MANIFEST
from okamochi.oci.registry.connection import Connection
from okamochi.oci.registry.errors import Refused
from okamochi.system.http_exchange import shown
from okamochi.system.http_interrupted import Interrupted
from okamochi.system.http_transfer import Transfer
from okamochi.system.retry import whole_number

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["MANIFEST_LIMIT_BYTES", "Repository", "StoredManifest"]

# The distribution-spec lets registries refuse larger ones.
MANIFEST_LIMIT_BYTES = 4 * 2**20
MANIFEST_TYPES = (IMAGE_INDEX, IMAGE_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST)
OLD_TYPES = "application/vnd.docker.distribution.manifest.v1+"


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest or an index as the registry has it; its digest is that of its bytes."""

    media_type: str
    content: bytes

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor.of(self.media_type, self.content)


@dataclass(frozen=True)
class Repository:
    """Safe among threads. All methods: RegistryError; transient when another try later may help."""

    connection: Connection

    @property
    def name(self) -> str:
        return self.connection.name

    def has_blob(self, descriptor: Descriptor) -> bool:
        """RegistryError when it has one of that digest and of another size: then it is not to be believed."""
        url = self.connection.address(f"blobs/{descriptor.digest}")

        def read(response: "BaseHTTPResponse") -> bool:
            length = whole_number(response.headers.get("Content-Length", ""))
            if response.status == 200 and length not in (None, descriptor.size_bytes):
                raise RegistryError(
                    f"the registry has this blob with {length} instead of {descriptor.size_bytes} bytes",
                    where=shown(url),
                    hint="its storage or a proxy before it is damaged: tell who runs it",
                )
            return response.status == 200

        return self.connection.send("HEAD", url, read, expect=(200, 404), doing="asking for a blob")

    def get_blob(self, descriptor: Descriptor, to: BinaryIO) -> None:
        """Streams the blob; goes on where a cut one ended. RegistryError unless size and digest are right."""
        url = self.connection.address(f"blobs/{descriptor.digest}")
        transfer = Transfer(url, to, descriptor.size_bytes, None, {}, self.connection.exchange.pace)
        self.connection.tried(
            lambda: self.connection.once(
                "GET",
                url,
                transfer.take,
                expect=(200, 206, 416),
                doing="pulling a blob",
                headers=transfer.headers,
            ),
            where=shown(url),
            progress=lambda: transfer.size_bytes,
        )
        if transfer.finish() != descriptor.digest.hex:
            raise not_as_said(descriptor.digest, shown(url))

    def read_blob(self, descriptor: Descriptor, *, limit_bytes: int) -> bytes:
        """A small blob, whole."""
        if descriptor.size_bytes > limit_bytes:
            raise RegistryError(
                f"a blob of {descriptor.size_bytes:,} bytes where at most {limit_bytes:,} make sense",
                where=f"{self.name}@{descriptor.digest}",
                hint="the image is damaged or hostile: choose another one",
            )
        content = io.BytesIO()
        self.get_blob(descriptor, content)
        return content.getvalue()

    def has_manifest(self, digest: Digest) -> bool:
        url = self.connection.address(f"manifests/{digest}")
        return self.connection.send(
            "HEAD",
            url,
            lambda response: response.status == 200,
            expect=(200, 404),
            doing="asking for a manifest",
            headers={"Accept": ", ".join(MANIFEST_TYPES)},
        )

    def find_manifest(self, name: str) -> StoredManifest | None:
        """As `manifest`; None when there is none."""
        try:
            return self.manifest(name)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def manifest(self, name: str) -> StoredManifest:
        """Of a tag or a digest. RegistryError when the bytes are not those of the digest."""
        url = self.connection.address(f"manifests/{name}")

        def read(response: "BaseHTTPResponse") -> StoredManifest:
            content = self.connection.exchange.pace.whole(response, MANIFEST_LIMIT_BYTES + 1)
            if len(content) > MANIFEST_LIMIT_BYTES:
                raise RegistryError(
                    f"a manifest of more than {MANIFEST_LIMIT_BYTES:,} bytes",
                    where=shown(url),
                    hint="the image is damaged or hostile: choose another one",
                )
            length = whole_number(response.headers.get("Content-Length", ""))
            if length is not None and len(content) < length:
                raise Interrupted("a manifest was cut")
            said = name if ":" in name else response.headers.get("Docker-Content-Digest", "")
            if said.startswith("sha256:") and str(Digest.of(content)) != said:
                raise not_as_said(Digest.parse(said), shown(url))
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
            return StoredManifest(self._checked_type(media_type, url), content)

        return self.connection.send(
            "GET",
            url,
            read,
            expect=(200,),
            doing="asking for a manifest",
            headers={"Accept": ", ".join(MANIFEST_TYPES)},
        )

    def _checked_type(self, media_type: str, url: str) -> str:
        if media_type in MANIFEST_TYPES:
            return media_type
        old = "; images of that age (schema 1) are not read" if media_type.startswith(OLD_TYPES) else ""
        raise RegistryError(
            f"no manifest of an image: {media_type[:100]!r}{old}",
            where=shown(url),
            hint="check the reference; pulling and pushing such an image with docker renews its format",
        )

    def put_manifest(self, name: str, manifest: StoredManifest) -> bool:
        """Under a tag or its digest; whether the registry keeps a list of referrers for its subject."""
        url = self.connection.address(f"manifests/{name}")
        digest = manifest.descriptor.digest

        def read(response: "BaseHTTPResponse") -> bool:
            said = response.headers.get("Docker-Content-Digest", "")
            if said.startswith("sha256:") and said != str(digest):
                raise RegistryError(
                    f"the registry stored another manifest than was sent: {said[:80]}",
                    where=shown(url),
                    hint="it, or a proxy before it, changes manifests: tell who runs it",
                )
            return "OCI-Subject" in response.headers

        return self.connection.send(
            "PUT",
            url,
            read,
            expect=(200, 201, 202),
            doing="pushing a manifest",
            headers={"Content-Type": manifest.media_type, "Content-Length": str(len(manifest.content))},
            body=manifest.content,
        )

    def start_upload(self, *, mount: Digest | None = None, source: str = "") -> tuple[str, int]:
        """Where the bytes go, and the least size of a chunk that the registry takes (0: any); the place is ""
        when it mounted the blob from the repository `source`."""
        query = f"?{urlencode({'mount': str(mount), 'from': source})}" if mount is not None else ""
        url = self.connection.address("blobs/uploads/") + query

        def read(response: "BaseHTTPResponse") -> tuple[str, int]:
            if response.status == 201:
                return "", 0
            least = whole_number(response.headers.get("OCI-Chunk-Min-Length", ""))
            return self._location(response, url), least or 0

        accepted = (201, 202) if mount is not None else (202,)
        return self.connection.send(
            "POST", url, read, expect=accepted, doing="starting an upload", headers={"Content-Length": "0"}
        )

    def upload_state(self, place: str) -> tuple[str, int]:
        """Where an upload goes on, and how many bytes have arrived. Refused when the registry forgot it."""

        def read(response: "BaseHTTPResponse") -> tuple[str, int]:
            last = whole_number(response.headers.get("Range", "").partition("-")[2])
            # "0-0" says one byte, and is what registries answer when there is none, too
            return self._location(response, place), last + 1 if last else 0

        return self.connection.send("GET", place, read, expect=(204,), doing="asking for an upload")

    def patch_upload(
        self, place: str, body: Callable[[], BinaryIO], *, start: int, size_bytes: int, chunked: bool
    ) -> str:
        """One try; where the upload goes on. Interrupted when it failed in a way that may pass."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size_bytes)}
        if chunked:
            headers["Content-Range"] = f"{start}-{start + size_bytes - 1}"
        return self.connection.once(
            "PATCH",
            place,
            lambda response: self._location(response, place),
            expect=(200, 201, 202, 204),
            doing="pushing a layer",
            headers=headers,
            body=body,
        )

    def finish_upload(self, place: str, digest: Digest, body: bytes = b"") -> None:
        """One try, with the last bytes or none. Interrupted when it failed in a way that may pass."""
        url = f"{place}{'&' if '?' in place else '?'}{urlencode({'digest': str(digest)})}"

        def read(response: "BaseHTTPResponse") -> None:
            said = response.headers.get("Docker-Content-Digest", "")
            if said.startswith("sha256:") and said != str(digest):
                raise not_as_said(digest, shown(url))

        self.connection.once(
            "PUT",
            url,
            read,
            expect=(200, 201, 204),
            doing="finishing an upload",
            headers={"Content-Type": "application/octet-stream", "Content-Length": str(len(body))},
            body=lambda: body,
        )

    def _location(self, response: "BaseHTTPResponse", place: str) -> str:
        location = response.headers.get("Location", "")
        if not location:
            raise RegistryError(
                "the registry does not say where an upload goes on",
                where=shown(place),
                hint="is this a registry? Check its name and port",
            )
        return self.connection.following(place, location)


def not_as_said(digest: Digest, where: str) -> RegistryError:
    return RegistryError(
        "what the registry has under a digest has another one",
        where=f"{where}, {digest.text[:19]}… expected",
        hint="the registry, a mirror or a proxy before it is damaged or lies: nothing of it was used",
    )
