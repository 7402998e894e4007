"""What an earlier build wrote beside the app's files stays out of the next image."""

from pathlib import Path

import pytest

from okamochi.build.commit_files import Committed
from okamochi.build.components import Component
from okamochi.build.cyclonedx import cyclonedx
from okamochi.build.inventory import Inventory, Part
from okamochi.build.provenance import provenance
from okamochi.build.source_files import HELD_BYTES, read_source
from okamochi.build.spdx import spdx
from okamochi.oci.archive import write_archive
from okamochi.oci.image import Image
from okamochi.oci.image_config import ImageConfig
from okamochi.oci.layout import write_layout
from okamochi.oci.platform import LINUX_AMD64
from okamochi.oci.reference import Reference
from tests.detect.plans import FLASK_APP, planned

IMAGE = Image(ImageConfig(platform=LINUX_AMD64, created="1970-01-01T00:00:00Z"), ())
PARTS = tuple(
    Part(
        component=Component(kind="wheel", name=f"wheel-{number}", version="1.0", owner=f"wheel:{number}"),
        files=(),
    )
    for number in range(8000)
)
LARGE, SMALL = Inventory(parts=PARTS, system="debian-13"), Inventory(parts=PARTS[:1], system="debian-13")


def paths(root: Path) -> list[str]:
    return [entry.path for entry in read_source(root, ()).entries]


@pytest.mark.parametrize("inventory", [SMALL, LARGE])
def test_bills_of_materials_of_the_last_build_are_not_in_the_next_image(
    inventory: Inventory, tmp_path: Path
) -> None:
    bills = {"shop.cdx.json": cyclonedx(IMAGE, inventory, "shop"), "bill": spdx(IMAGE, inventory, "shop")}
    for name, content in bills.items():
        (tmp_path / name).write_bytes(content)
        assert (len(content) > HELD_BYTES) == (inventory is LARGE)
    (tmp_path / "app.py").write_text(FLASK_APP)
    assert paths(tmp_path) == ["app", "app/app.py"]


def test_a_provenance_of_the_last_build_is_not_in_the_next_image(tmp_path: Path) -> None:
    content = provenance(IMAGE, "shop", (), planned({"app.py": FLASK_APP}), Committed())
    (tmp_path / "provenance.json").write_bytes(content)
    assert paths(tmp_path) == ["app"]


def test_documents_that_other_programs_wrote_are_the_project_s_own(tmp_path: Path) -> None:
    foreign = cyclonedx(IMAGE, SMALL, "shop").replace(b'"okamochi"', b'"syft"')
    (tmp_path / "bom.json").write_bytes(foreign)
    (tmp_path / "notes.json").write_text('{"text": "we scan with okamochi"}')
    (tmp_path / "own.py").write_text(f"EXPECTED = {cyclonedx(IMAGE, SMALL, 'shop').decode()!r}\n")
    assert paths(tmp_path) == ["app", "app/bom.json", "app/notes.json", "app/own.py"]


def test_images_of_earlier_builds_are_not_in_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write_layout(IMAGE, tmp_path / "sub/out", reference="1")
    with (tmp_path / "shop.tar").open("wb") as stream:
        write_archive(IMAGE, stream, reference=Reference.parse("shop:1"))
    (tmp_path / "data.tar").write_bytes(b"another archive")
    (tmp_path / "index.json").write_text("{}")
    assert paths(tmp_path) == ["app", "app/data.tar", "app/index.json", "app/sub"]
