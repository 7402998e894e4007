"""What an image holds, file by file: read from its layers, each file with its digests and its owner."""

import csv
import hashlib
import io
import posixpath
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

import msgspec
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

from okamochi.build.components import IMAGE_WHEEL, Component
from okamochi.debian.control import Stanza, parse_stanzas
from okamochi.debian.dpkg_status import STATUS
from okamochi.debian.relations import parse_relations
from okamochi.model.plan import VENV_ROOT
from okamochi.oci.image import Image
from okamochi.oci.layer import OPAQUE, WHITEOUT
from okamochi.pypi.specifiers import parsed_specifier

__all__ = ["Inventory", "OwnedFile", "Part", "read_inventory"]

APP_FOLDER = "app/"
KIT_FOLDER = "opt/okamochi/"
VENV_FOLDER = f"{VENV_ROOT.strip('/')}/"
OS_RELEASE = "usr/lib/os-release"
METADATA = re.compile(r"(.*/site-packages)/[^/]+\.dist-info/METADATA")
TOLD = re.compile(r".*\.dist-info/(?:METADATA|RECORD)|usr/share/doc/[^/]+/copyright")
BYTECODE = re.compile(r"(.*/)__pycache__/([^/]+)\.cpython-\d+(?:\.opt-\d)?\.pyc")
LONGEST_LICENCE = 100


class OwnedFile(msgspec.Struct, frozen=True, order=True):
    """A regular file of the image; `path` is absolute."""

    path: str
    sha256: str
    sha1: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A component with what the image itself says of it. `licence` is an SPDX expression, `licence_name` what
    else it calls its licence; `needs` are owners of other parts; `architecture` and `source` are Debian's."""

    component: Component
    files: tuple[OwnedFile, ...]
    needs: tuple[str, ...] = ()
    licence: str = ""
    licence_name: str = ""
    architecture: str = ""
    source: str = ""


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """`parts` are in the order of the components. `system` is what os-release calls the base: "debian-13"."""

    parts: tuple[Part, ...]
    system: str


class Content(msgspec.Struct):
    """Files and metadata as the topmost layer leaves them."""

    files: dict[str, OwnedFile]
    texts: dict[str, str]


def read_inventory(
    image: Image, components: tuple[Component, ...], base_owners: Mapping[str, str]
) -> Inventory:
    """`base_owners` says which component has a path of the base. Each file belongs to exactly one part."""
    content = read_content(image)
    known = {component.owner for component in components}
    by_record = {path: owner for path, owner in wheel_owners(content).items() if owner in known}
    owners = {**base_owners, **by_record}
    shares: dict[str, list[OwnedFile]] = {owner: [] for owner in known}
    for path, found in sorted(content.files.items()):
        owner = owner_of(path, owners)
        shares[owner if owner in known else "base"].append(found)
    stanzas = {stanza["package"]: stanza for stanza in parse_stanzas(content.texts.get(STATUS, ""))}
    messages = {wheel_owner(path, message): message for path, message in distributions(content)}
    said = Said(stanzas, messages, content.texts)
    parts = tuple(part_of(component, tuple(shares[component.owner]), said, known) for component in components)
    return Inventory(parts=parts, system=system_of(content.texts.get(OS_RELEASE, "")))


def read_content(image: Image) -> Content:
    content = Content({}, {})
    for layer in image.layers:
        with tarfile.open(layer.path, "r:gz") as archive:
            for member in archive:
                if posixpath.basename(member.name).startswith(WHITEOUT):
                    take_away(content, member.name.removeprefix("./"))
                    continue
                stream = archive.extractfile(member) if member.isreg() or member.islnk() else None
                if stream is not None:
                    take(content, member.name.removeprefix("./"), stream.read())
    return content


def take_away(content: Content, whiteout: str) -> None:
    """What a whiteout hides of the layers below it (image-spec, layer.md)."""
    folder, _, name = whiteout.rpartition("/")
    hidden = posixpath.join(folder, name.removeprefix(WHITEOUT)) if name != OPAQUE else folder
    gone = [path for path in content.files if path == hidden or path.startswith(f"{hidden}/")]
    for path in gone:
        del content.files[path]
        content.texts.pop(path, None)


def take(content: Content, path: str, found: bytes) -> None:
    sha1 = hashlib.sha1(found, usedforsecurity=False).hexdigest()
    content.files[path] = OwnedFile(f"/{path}", hashlib.sha256(found).hexdigest(), sha1)
    if path in (STATUS, OS_RELEASE) or TOLD.fullmatch(path):
        content.texts[path] = found.decode("utf-8", "replace")


def distributions(content: Content) -> Iterator[tuple[str, Message]]:
    """The path and the core metadata of each installed distribution below a site-packages."""
    for path, text in sorted(content.texts.items()):
        if METADATA.fullmatch(path) and not path.startswith(APP_FOLDER):
            yield path, HeaderParser().parsestr(text)


def name_of(message: Message) -> str:
    return canonicalize_name(str(message["Name"]))


def wheel_owner(path: str, message: Message) -> str:
    """What the image brought beside the virtual environment is not the app's."""
    kind = "wheel" if path.startswith(VENV_FOLDER) else IMAGE_WHEEL
    return f"{kind}:{name_of(message)}"


def wheel_owners(content: Content) -> dict[str, str]:
    """By each wheel's RECORD (PEP 376)."""
    owners: dict[str, str] = {}
    for path, message in distributions(content):
        folder = posixpath.dirname(path)
        record = content.texts.get(f"{folder}/RECORD", "")
        for row in csv.reader(io.StringIO(record)):
            if row:
                place = posixpath.normpath(posixpath.join(posixpath.dirname(folder), row[0]))
                owners[place] = wheel_owner(path, message)
    return owners


def owner_of(path: str, owners: Mapping[str, str]) -> str:
    """Bytecode belongs to whom its source belongs; what nobody else claims was written by okamochi."""
    if path.startswith(APP_FOLDER):
        return "app"
    if path.startswith(KIT_FOLDER):
        return "kit"
    if path in owners:
        return owners[path]
    compiled = BYTECODE.fullmatch(path)
    return owners.get(f"{compiled[1]}{compiled[2]}.py", "base") if compiled is not None else "base"


@dataclass(frozen=True)
class Said:
    """What the image's own records say: stanzas by package, core metadata by owner, texts by path."""

    stanzas: Mapping[str, Stanza]
    messages: Mapping[str, Message]
    texts: Mapping[str, str]


def part_of(component: Component, files: tuple[OwnedFile, ...], said: Said, known: Iterable[str]) -> Part:
    stanzas, messages = said.stanzas, said.messages
    if component.kind == "deb" and component.name in stanzas:
        stanza = stanzas[component.name]
        return Part(
            component=component,
            files=files,
            needs=tuple(sorted(deb_needs(stanza, stanzas) & frozenset(known))),
            licence_name=debian_licences(said.texts.get(f"usr/share/doc/{component.name}/copyright", "")),
            architecture=stanza.get("architecture", ""),
            source=stanza.get("source", component.name).split(" ")[0],
        )
    if component.owner in messages:
        message = messages[component.owner]
        licence, name = licence_of(message)
        return Part(
            component=component,
            files=files,
            needs=tuple(sorted(wheel_needs(message) & frozenset(known) - {component.owner})),
            licence=licence,
            licence_name=name,
        )
    return Part(component=component, files=files)


def deb_needs(stanza: Stanza, stanzas: Mapping[str, Stanza]) -> frozenset[str]:
    groups = (*parse_relations(stanza.get("pre-depends", "")), *parse_relations(stanza.get("depends", "")))
    names = {relation.name for group in groups for relation in group}
    virtual = {
        relation.name: name
        for name, other in stanzas.items()
        for group in parse_relations(other.get("provides", ""))
        for relation in group
    }
    return frozenset(f"deb:{name if name in stanzas else virtual.get(name, name)}" for name in names)


def wheel_needs(message: Message) -> frozenset[str]:
    """Without those of extras: metadata does not tell which extras were asked for."""
    found = set()
    for text in message.get_all("Requires-Dist", []):
        requirement = parsed_specifier(str(text))
        if requirement is None:
            continue
        if requirement.marker is None or "extra" not in str(requirement.marker):
            found.add(f"wheel:{canonicalize_name(requirement.name)}")
    return frozenset(found)


def licence_of(message: Message) -> tuple[str, str]:
    """(SPDX expression, other name); PEP 639's field first, then the older ones."""
    for field in ("License-Expression", "License"):
        text = str(message.get(field, "")).strip()
        if not text:
            continue
        try:
            return str(canonicalize_license_expression(text)), ""
        except InvalidLicenseExpression:
            if len(text) <= LONGEST_LICENCE and text.isprintable():
                return "", text
    classified = (str(one) for one in message.get_all("Classifier", []))
    names = [one.rpartition(" :: ")[2] for one in classified if one.startswith("License :: ")]
    return "", " / ".join(names)


def debian_licences(text: str) -> str:
    """The short names in a machine-readable copyright file (DEP-5), which are not SPDX's; "" for others."""
    if not text.startswith("Format:"):
        return ""
    stanzas = parse_stanzas(text)
    names = {stanza.get("license", "").partition("\n")[0].strip() for stanza in stanzas if "files" in stanza}
    return " / ".join(sorted(name for name in names if name and len(name) <= LONGEST_LICENCE))


def system_of(text: str) -> str:
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    name, version = (fields.get(field, "").strip('"') for field in ("ID", "VERSION_ID"))
    return f"{name}-{version}" if version else name
