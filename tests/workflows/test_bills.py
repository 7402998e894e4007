"""Bills of materials of real images: every file, valid documents, and a scanner that agrees."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.build.real_git import git
from tests.cli.program import Program
from tests.oci.validate import validate_layout
from tests.registries.server import PROGRAM, registry
from tests.workflows.conftest import Build, copied
from tests.workflows.scanner import packages, scanned

pytestmark = pytest.mark.network


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


def test_documents_beside_the_app_change_nothing_in_the_next_image(minimal: Path, build: Build) -> None:
    documents = ("--sbom", f"spdx:{minimal}/bill.json", "--provenance", f"{minimal}/how.json")
    first, again = build(minimal, *documents), build(minimal, *documents, layout="again")
    assert (minimal / "bill.json").exists() and (minimal / "how.json").exists()
    assert first.digest == again.digest


@pytest.mark.needs("git")
def test_a_provenance_tells_what_its_commit_has_not(minimal: Path, build: Build, tmp_path: Path) -> None:
    place = tmp_path / "how.json"

    def told() -> dict[str, object]:
        sources = json.loads(place.read_bytes())["predicate"]["buildDefinition"]["resolvedDependencies"]
        return dict(next(one for one in sources if one["uri"] == "git+local")["annotations"])

    for words in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "all")):
        git(minimal, *words)
    clean = build(minimal, "--provenance", str(place))
    assert told() == {"appFilesInCommit": "all", "appFilesNotInCommit": []}
    with (minimal / "app.py").open("a") as stream:
        stream.write("# changed\n")
    changed = build(minimal, "--provenance", str(place))
    assert told() == {"appFilesInCommit": "some", "appFilesNotInCommit": ["app.py"]}
    assert "app.py" in changed.stderr.partition("not all of the app is in the commit")[2]
    assert "not all of the app" not in clean.stderr


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
def test_a_scanner_finds_the_same_packages(example: str, build: Build, tmp_path: Path) -> None:
    place = tmp_path / "bom.json"
    built = build(copied(example, tmp_path / "app"), "--sbom", f"cyclonedx:{place}")
    found = scanned(f"oci-dir:{built.layout}", tmp_path / "scanner")
    assert found == packages(json.loads(place.read_bytes()))


@pytest.mark.matrix
@pytest.mark.slow
@pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed")
def test_a_scanner_that_pulls_finds_the_same_packages(program: Program, tmp_path: Path) -> None:
    place = tmp_path / "bom.json"
    with registry(tmp_path / "registry") as served:
        name = f"{served.host}/shop/app:1"
        options = ("--sbom", f"cyclonedx:{place}", "--sbom", "spdx", "--provenance", "attach")
        program.ok("push", name, copied("flask-minimal", tmp_path / "app"), *options)
        found = scanned(f"registry:{name}", tmp_path / "scanner")
    assert found == packages(json.loads(place.read_bytes()))
