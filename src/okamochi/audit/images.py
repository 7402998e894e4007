"""Names of base images: what they say of Python, of its C library, of how much else is there."""

import re

import msgspec

from okamochi.system.patterns import regex

__all__ = ["Image", "image_of"]

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
