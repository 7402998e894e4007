"""`okamochi push` with real apps: to docker-registry, on Debian's packages and on a base image."""

import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from okamochi.oci.reference import Reference
from okamochi.oci.registry.push import referrers_tag
from okamochi.oci.registry.registries import PULL
from tests.cli.program import Program
from tests.registries.server import PROGRAM, Served, counted, registry
from tests.registries.test_real_registry import quick
from tests.registries.test_signing import pem
from tests.workflows.conftest import copied

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="docker-registry is not installed"),
]
STAND_IN = Path(__file__).parents[2] / "tools/stand_in_base.py"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


def test_a_change_sends_what_changed(minimal: Path, program: Program, served: Served) -> None:
    with counted(served) as gate:
        first = program.ok("push", f"{gate.host}/shop/app:1", minimal, "--format", "json")
        digest = json.loads(first.stdout)["digest"]
        assert json.loads(first.stdout)["answers"] == [f"{gate.host}/shop/app:1@{digest}"]
        # nothing changed
        before = gate.received_bytes
        again = program.ok("push", f"{gate.host}/shop/app:1", minimal)
        assert again.last_line == f"{gate.host}/shop/app:1@{digest}"
        assert gate.received_bytes - before < 10_000
        # a line of code: under 30 kB, as the wire has it, questions and headers included
        with (minimal / "app.py").open("a") as stream:
            stream.write("\n# a line\n")
        before = gate.received_bytes
        program.ok("push", f"{gate.host}/shop/app:2", minimal)
        assert 1_000 < gate.received_bytes - before < 30_000
        # another release of a wheel: the layer that it is in, neither the base nor other wheels
        (minimal / "requirements.txt").write_text("flask==3.1.1\n")
        before = gate.received_bytes
        third = json.loads(program.ok("push", f"{gate.host}/shop/app:3", minimal, "--format", "json").stdout)
        old = {one["digest"] for one in json.loads(first.stdout)["layers"]}
        anew = [one for one in third["layers"] if one["digest"] not in old and "wheels" in one["comment"]]
        assert len(anew) == 1 and "flask 3.1.1" in anew[0]["comment"]
        assert gate.received_bytes - before < anew[0]["size_bytes"] + 30_000


def test_a_newer_base_leaves_dependencies_and_app_as_they_are(
    minimal: Path, program: Program, served: Served
) -> None:
    name = f"{served.host}/shop/rebased"
    first = json.loads(program.ok("push", f"{name}:1", minimal, "--format", "json").stdout)
    (minimal / "okamochi.toml").write_text('packages = ["libpq5"]\n')  # another base, as a security update is
    second = json.loads(program.ok("push", f"{name}:2", minimal, "--format", "json").stdout)
    changed = {one["digest"] for one in second["layers"]} - {one["digest"] for one in first["layers"]}
    assert [one["comment"] for one in second["layers"] if one["digest"] in changed] == ["base"]


def test_documents_are_pushed_beside_the_image(minimal: Path, program: Program, served: Served) -> None:
    name = f"{served.host}/shop/told:1"
    key = minimal.parent / "key.pem"
    key.write_bytes(pem())
    options = ("--sbom", "cyclonedx", "--sbom", "spdx", "--provenance", "attach", "--sign", key)
    digest = json.loads(program.ok("push", name, minimal, *options, "--format", "json").stdout)["digest"]
    repository = quick({}).repository(Reference.parse(name), PULL)
    tag = referrers_tag(Reference.parse(f"{name}@{digest}").digest)  # type: ignore[arg-type]
    listed = json.loads(repository.manifest(tag).content)["manifests"]
    assert [one["artifactType"] for one in listed] == [
        "application/vnd.cyclonedx+json",
        "application/spdx+json",
        "application/vnd.in-toto+json",
    ]
    manifest = json.loads(repository.manifest(listed[2]["digest"]).content)
    assert manifest["subject"]["digest"] == digest
    (layer,) = manifest["layers"]
    url = repository.connection.address(f"blobs/{layer['digest']}")
    statement = json.loads(
        repository.connection.send("GET", url, lambda answer: answer.read(), expect=(200,), doing="reading")
    )
    assert statement["subject"][0]["digest"] == {"sha256": digest.removeprefix("sha256:")}
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    # the same statement, signed
    (attested,) = json.loads(repository.manifest(f"sha256-{digest.removeprefix('sha256:')}.att").content)[
        "layers"
    ]
    assert attested["annotations"]["predicateType"] == statement["predicateType"]
    url = repository.connection.address(f"blobs/{attested['digest']}")
    envelope = json.loads(
        repository.connection.send("GET", url, lambda answer: answer.read(), expect=(200,), doing="reading")
    )
    assert json.loads(base64.b64decode(envelope["payload"])) == statement
    locked = json.loads((minimal / "okamochi.lock").read_bytes())["platforms"][0]
    told = {
        one["digest"].get("sha256")
        for one in statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    }
    assert {one["sha256"] for one in (*locked["debs"], *locked["wheels"])} <= told


def test_what_is_wrong_with_a_push_costs_no_build(tmp_path: Path, program: Program) -> None:
    project = copied("flask-minimal", tmp_path / "shop")
    for options, told in (
        (("build", project, "--to", "registry"), "okamochi push"),
        (("push", "127.0.0.1:9/shop/app:1", project), "no connection"),
        (("push", "shop//app:1", project), "not a reference"),
        (("build", project, "--to", "layout:x", "--sign", "none.key"), "okamochi push REF --sign"),
    ):
        answer = program(*options)
        assert answer.code in (2, 6, 75) and told in answer.stderr, (options, answer.stderr)
    assert not (project / "okamochi.lock").exists()


@pytest.mark.engine
def test_an_app_on_a_base_image_of_a_registry(tmp_path: Path, program: Program, served: Served) -> None:
    """The stand-in of python:3.13-slim, in a registry that is docker.io's mirror here."""
    subprocess.run((sys.executable, STAND_IN, "3.13"), check=True, capture_output=True)
    inside = f"{served.host}/library/python:3.13-slim"
    subprocess.run(("docker", "tag", "python:3.13-slim", inside), check=True)
    subprocess.run(("docker", "push", "-q", inside), check=True, capture_output=True)
    subprocess.run(("docker", "rmi", inside), check=True, capture_output=True)
    project = copied("flask-minimal", tmp_path / "shop")
    (project / "okamochi.toml").write_text('base = "image"\n')
    mirrored = program.with_environ(OKAMOCHI_REGISTRY_MIRRORS=f"docker.io=http://{served.host}")
    name = f"{served.host}/shop/on-image:1"
    bill = tmp_path / "bill.json"
    answer = mirrored.ok("push", name, project, "--format", "json", "--sbom", f"cyclonedx:{bill}")
    report = json.loads(answer.stdout)
    repository = quick({}).repository(Reference.parse(inside), PULL)
    base = json.loads(repository.manifest("3.13-slim").content)
    count = len(base["layers"])
    assert [one["digest"] for one in report["layers"][:count]] == [one["digest"] for one in base["layers"]]
    mounted = re.search(r"(\d+) mounted", answer.stderr)
    assert mounted is not None and int(mounted[1]) >= count
    locked = json.loads((project / "okamochi.lock").read_bytes())["platforms"][0]["image"]
    assert locked["name"] == "python:3.13-slim"
    # every file is told, once
    document = json.loads(bill.read_bytes())
    told = [one["name"] for part in document["components"] for one in part.get("components", ())]
    assert len(told) == len(set(told)) > 3000
    kinds = {part["type"] for part in document["components"]}
    assert kinds == {"container", "library", "application"}
    # the lock's digests are all that is needed: no name is asked for again
    moved = mirrored(
        "build", project, "--locked", "--offline", "--to", f"layout:{tmp_path}/layout", "--tag", "x:1"
    )
    assert moved.code == 0, moved.stderr
    run = (
        *(
            "docker",
            "run",
            "--rm",
            "--read-only",
            "--network",
            "none",
            "--entrypoint",
            "/opt/venv/bin/python",
        ),
        *(
            name,
            "-c",
            "import app, json, os, pwd; print(app.app.name, pwd.getpwuid(os.getuid())[0], json.__cached__)",
        ),
    )
    try:
        done = subprocess.run(run, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.stdout.split() == [
            "app",
            "app",
            "/usr/lib/python3.13/json/__pycache__/__init__.cpython-313.pyc",
        ]
    finally:
        subprocess.run(("docker", "rmi", name), capture_output=True, check=False)


def test_without_a_registry_the_error_says_what_else_may_be_a_base(tmp_path: Path, program: Program) -> None:
    project = copied("flask-minimal", tmp_path / "shop")
    (project / "okamochi.toml").write_text('python = "3.12"\n')
    nowhere = program.with_environ(HTTPS_PROXY="http://127.0.0.1:9", https_proxy="")
    answer = nowhere("build", project, "--to", f"layout:{tmp_path}/layout")
    assert answer.code == 75, answer.stderr
    assert "OKAMOCHI_REGISTRY_MIRRORS" in answer.stderr and "[tool.okamochi] base" in answer.stderr
