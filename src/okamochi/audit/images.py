"""Names of images: what they say of Python, of its C library, of how much else is there; which services
they are."""

import re

import msgspec

from okamochi.model.service_images import ServiceImage, server_of_image
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["Image", "database_of", "image_of", "repository_of", "without_check"]

# official images of what is no service to an app, and without a HEALTHCHECK as the others
PROXIES = word_set("nginx httpd traefik")
REFERENCE = regex(r"(?P<name>(?:[^/\s]+/)*[^/:@\s]+)(?::(?P<tag>[\w.-]+))?(?:@(?P<digest>\w+:[0-9a-f]+))?")
VERSION = regex(r"(?:^|python|py|-)([23]\.\d{1,2})(?=$|[.-])")


class Image(msgspec.Struct, frozen=True):
    """`name` without tag and digest; both are "" where they are not given."""

    name: str
    tag: str = ""
    digest: str = ""

    @property
    def is_python(self) -> bool:
        """Whether it is the official one, from wherever it is pulled."""
        return self.name.rpartition("/")[2] == "python"

    @property
    def python(self) -> str:
        """ "3.12", where its name says so."""
        last = self.name.rpartition("/")[2]
        text = self.tag if self.is_python or "python" in self.tag else ""
        if not text and re.fullmatch(r"python[\d.]+\w*", last):
            text = last
        found = VERSION.search(text)
        return found[1] if found is not None else ""

    @property
    def libc(self) -> str:
        """ "musl" or "glibc", "" where its name does not tell."""
        last = self.name.rpartition("/")[2]
        if "alpine" in self.tag or last == "alpine":
            return "musl"
        if (
            self.is_python
            or last in ("debian", "ubuntu")
            or re.search(r"slim|bookworm|trixie|bullseye", self.tag)
        ):
            return "glibc"
        return ""

    @property
    def is_slim(self) -> bool:
        return "slim" in self.tag and self.libc == "glibc"


def image_of(text: str) -> Image | None:
    """None for what is no reference: scratch, a variable that nobody knows."""
    found = REFERENCE.fullmatch(text)
    if found is None or text == "scratch" or "$" in text:
        return None
    return Image(found["name"], found["tag"] or "", found["digest"] or "")


def database_of(image: str) -> ServiceImage | None:
    """One that needs seconds before it answers, and whose image does as the official one does; None for
    everything else, and where variables decide."""
    server = server_of_image(image)
    if server is None or not server.check or "$" in image:
        return None
    return server if repository_of(image).rpartition("/")[2] in server.names else None


def repository_of(image: str) -> str:
    """Without tag and digest."""
    path, slash, name = image.partition("@")[0].rpartition("/")
    return path + slash + name.partition(":")[0]


def without_check(image: str) -> bool:
    """Whether it is an official image, of which none has a health check."""
    name = repository_of(image).removeprefix("docker.io/").removeprefix("library/")
    return "/" not in name and (name in PROXIES or server_of_image(name) is not None)
