"""Whose each file of an image is, and what bills of materials say of it."""

import json
import tarfile
from io import BytesIO
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from msgspec.structs import replace
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from okamochi.build.components import Component
from okamochi.build.cyclonedx import cyclonedx
from okamochi.build.inventory import Inventory, read_inventory
from okamochi.build.spdx import spdx
from okamochi.oci.descriptor import Descriptor
from okamochi.oci.digest import Digest
from okamochi.oci.image import Image
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layer import Layer
from okamochi.oci.media_types import LAYER_GZIP
from okamochi.oci.platform import LINUX_AMD64

SITE = "opt/venv/lib/python3.13/site-packages"
STATUS = """Package: libc6
Architecture: amd64
Version: 2.41-12+deb13u5
Source: glibc (2.41-12)

Package: zlib1g
Architecture: amd64
Version: 1:1.3
Depends: libc6 (>= 2.14), absent | missing
"""
CONTENTS = {
    "usr/lib/os-release": 'ID=debian\nVERSION_ID="13"\n',
    "var/lib/dpkg/status": STATUS,
    "usr/lib/libc.so.6": "c",
    "usr/lib/libz.so.1": "z",
    "usr/share/doc/zlib1g/copyright": "Format: x\n\nFiles: *\nLicense: Zlib\n text\n",
    f"{SITE}/a.py": "a",
    f"{SITE}/__pycache__/a.cpython-313.pyc": "pyc",
    f"{SITE}/A_b-1.0.dist-info/METADATA": (
        "Name: A_b\nVersion: 1.0\nLicense-Expression: MIT\nRequires-Dist: C\n"
        'Requires-Dist: c; extra == "x"\nRequires-Dist: nowhere\n\nText\n'
    ),
    f"{SITE}/A_b-1.0.dist-info/RECORD": "a.py,,\nA_b-1.0.dist-info/METADATA,,\n../../../bin/a,,\n",
    "opt/venv/bin/a": "script",
    f"{SITE}/c-2.dist-info/METADATA": "Name: c\nVersion: 2\nLicense: my own\n\n",
    f"{SITE}/c-2.dist-info/RECORD": "c-2.dist-info/METADATA,,\n",
    "opt/okamochi/healthcheck.py": "kit",
    "etc/passwd": "root",
    "app/app.py": "app",
    "app/site-packages/c-2.dist-info/METADATA": "Name: a-b\n\n",
    "app/site-packages/c-2.dist-info/RECORD": "../../etc/passwd,,\n",
}
BASE = {"usr/lib/libc.so.6": "deb:libc6", "usr/lib/libz.so.1": "deb:zlib1g"}
COMPONENTS = (
    Component(kind="deb", name="libc6", version="2.41-12+deb13u5", owner="deb:libc6", sha256="1" * 64),
    Component(kind="deb", name="zlib1g", version="1:1.3", owner="deb:zlib1g", sha256="2" * 64),
    Component(kind="wheel", name="a-b", version="1.0", owner="wheel:a-b", sha256="3" * 64),
    Component(kind="wheel", name="c", version="2", owner="wheel:c", sha256="4" * 64),
    Component(kind="kit", name="okamochi-base", version="1", owner="base"),
    Component(kind="kit", name="okamochi", version="1", owner="kit"),
    Component(kind="app", name="shop", version="", owner="app"),
)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    layer = layer_of(tmp_path / "layer", CONTENTS)
    return Image(ImageConfig(platform=LINUX_AMD64, created="1970-01-01T00:00:00Z"), (layer,))


def layer_of(path: Path, members: dict[str, str]) -> Layer:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(text.encode())
            archive.addfile(facts, BytesIO(text.encode()))
    digest = Digest.of_file(path)
    described = Descriptor(media_type=LAYER_GZIP, digest=digest, size_bytes=path.stat().st_size)
    return Layer(descriptor=described, diff_id=digest, path=path)


@pytest.fixture
def inventory(image: Image) -> Inventory:
    return read_inventory(image, COMPONENTS, BASE)


def paths(inventory: Inventory, owner: str) -> set[str]:
    return {
        found.path.lstrip("/")
        for part in inventory.parts
        for found in part.files
        if part.component.owner == owner
    }


def test_every_file_belongs_to_exactly_one_component(inventory: Inventory) -> None:
    every = [found.path for part in inventory.parts for found in part.files]
    assert sorted(every) == sorted(f"/{path}" for path in CONTENTS)
    assert paths(inventory, "deb:zlib1g") == {"usr/lib/libz.so.1"}
    assert paths(inventory, "kit") == {"opt/okamochi/healthcheck.py"}
    assert "etc/passwd" in paths(inventory, "base")


def test_a_wheel_has_what_its_record_lists_and_the_bytecode_of_that(inventory: Inventory) -> None:
    assert paths(inventory, "wheel:a-b") == {
        f"{SITE}/a.py",
        f"{SITE}/__pycache__/a.cpython-313.pyc",
        f"{SITE}/A_b-1.0.dist-info/METADATA",
        "opt/venv/bin/a",
    }


def test_metadata_below_the_app_is_the_apps_own_affair(inventory: Inventory) -> None:
    assert {path for path in CONTENTS if path.startswith("app/")} == paths(inventory, "app")


def test_licences_and_needs_are_what_the_image_says(inventory: Inventory) -> None:
    parts = {part.component.owner: part for part in inventory.parts}
    assert (parts["wheel:a-b"].licence, parts["wheel:a-b"].needs) == ("MIT", ("wheel:c",))
    assert (parts["wheel:c"].licence, parts["wheel:c"].licence_name) == ("", "my own")
    assert (parts["deb:zlib1g"].licence_name, parts["deb:zlib1g"].needs) == ("Zlib", ("deb:libc6",))
    assert parts["deb:libc6"].source == "glibc"


def test_cyclonedx_is_valid_and_always_the_same(image: Image, inventory: Inventory) -> None:
    document = cyclonedx(image, inventory, "shop")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(document.decode()) is None
    assert cyclonedx(image, read_inventory(image, COMPONENTS, BASE), "shop") == document
    purls = [one["purl"] for one in json.loads(document)["components"] if "purl" in one]
    assert purls == [
        "pkg:deb/debian/libc6@2.41-12%2Bdeb13u5?arch=amd64&distro=debian-13",
        "pkg:deb/debian/zlib1g@1:1.3?arch=amd64&distro=debian-13",
        "pkg:pypi/a-b@1.0",
        "pkg:pypi/c@2",
    ]


def test_spdx_is_valid_and_always_the_same(image: Image, inventory: Inventory, tmp_path: Path) -> None:
    document = spdx(image, inventory, "shop")
    path = tmp_path / "shop.spdx.json"
    path.write_bytes(document)
    parsed = parse_file(str(path))
    assert validate_full_spdx_document(parsed) == []
    assert len(parsed.files) == len(CONTENTS)
    assert spdx(image, read_inventory(image, COMPONENTS, BASE), "shop") == document


def test_what_a_later_layer_hides_is_not_told(tmp_path: Path, image: Image) -> None:
    hiding = layer_of(tmp_path / "hiding", {"usr/lib/.wh.libz.so.1": "", f"{SITE}/.wh..wh..opq": ""})
    hidden = replace(image, layers=(*image.layers, hiding))
    paths = {one.path for part in read_inventory(hidden, COMPONENTS, BASE).parts for one in part.files}
    assert "/usr/lib/libc.so.6" in paths and "/usr/lib/libz.so.1" not in paths
    assert not any(path.startswith(f"/{SITE}") for path in paths)


def test_what_a_base_image_has_installed_is_its_own(tmp_path: Path, image: Image) -> None:
    site = "usr/local/lib/python3.12/site-packages"
    brought = layer_of(
        tmp_path / "pip",
        {
            f"{site}/c.py": "c",
            f"{site}/other.py": "o",
            f"{site}/c-9.dist-info/METADATA": "Name: c\nVersion: 9\n\n",
            f"{site}/c-9.dist-info/RECORD": "c.py,,\n",
            f"{site}/other-1.dist-info/METADATA": "Name: other\nVersion: 1\n\n",
            f"{site}/other-1.dist-info/RECORD": "other.py,,\n",
        },
    )
    of_image = Component(kind="wheel", name="c", version="9", owner="image-wheel:c")
    whole = Component(kind="image", name="python:3.12-slim", version="sha256:1", owner="image")
    inventory = read_inventory(
        replace(image, layers=(brought, *image.layers)),
        (whole, *COMPONENTS, of_image),
        {f"{site}/other.py": "image", **BASE},
    )
    files = {part.component.owner: [one.path for one in part.files] for part in inventory.parts}
    assert files["image-wheel:c"] == [f"/{site}/c.py"]
    assert files["image"] == [f"/{site}/other.py"]
    assert f"/{SITE}/c-2.dist-info/METADATA" in files["wheel:c"]
