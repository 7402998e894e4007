"""The image of the rendered Dockerfile is that of `okamochi build`: built for real, compared by --prove."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import Program
from tests.images.pythons import python_image
from tests.images.stand_ins import ensure

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").iterdir() if path.is_dir())
NOT_COPIED = shutil.ignore_patterns(
    *("*.lock.bak", "instance", "__pycache__", ".okamochi", "Dockerfile", ".dockerignore", "compose*.yaml"),
    *(".devcontainer", ".env.sample", "secrets"),
)

pytestmark = [pytest.mark.engine, pytest.mark.network, pytest.mark.slow]


def project(example: str, folder: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples" / example, folder / example, ignore=NOT_COPIED))


def proof(program: Program, folder: Path, *options: str) -> dict[str, Any]:
    answer = program("render", "dockerfile", folder, "--prove", "--format", "json", *options)
    assert answer.stdout, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)["proof"]
    assert answer.code == (1 if found["different"] else 0)
    return found


@pytest.fixture(scope="module")
def program(okamochi_cache: Path) -> Program:
    return Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)})


@pytest.fixture(scope="module")
def minimal(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Path:
    """With its Dockerfile, whichever of the tests runs first, and all else that is rendered."""
    python_image("3.13")
    folder = project("flask-minimal", tmp_path_factory.mktemp("equality"))
    program.ok("render", "all", folder)
    return folder


def python_of(folder: Path, program: Program) -> str:
    plan = json.loads(program.ok("plan", folder, "--format", "json").stdout)
    return str(plan.get("plan", plan)["python_version"])


def test_buildkit_makes_the_same_image(minimal: Path, program: Program) -> None:
    found = proof(program, minimal, "--builder", "docker")
    assert found["different"] == [] and found["paths"] > 300
    assert {one["reason"] for one in found["allowed"]} <= {"base-variables"}


@pytest.mark.matrix
def test_buildah_makes_the_same_image_of_another_app_too(tmp_path: Path, program: Program) -> None:
    if shutil.which("buildah") is None or shutil.which("skopeo") is None:
        pytest.skip("there is no buildah here")
    python_image("3.13")
    image = "docker.io/library/python:3.13-slim"
    subprocess.run(
        ("skopeo", "copy", "-q", "docker-daemon:python:3.13-slim", f"containers-storage:{image}"), check=True
    )
    isolated = program.with_environ(BUILDAH_ISOLATION=os.environ.get("BUILDAH_ISOLATION", "chroot"))
    found = proof(isolated, project("flask-factory", tmp_path), "--builder", "buildah")
    assert found["different"] == [] and found["builder"] == "buildah"


def test_a_package_with_a_link_to_a_key_is_the_same_in_both(tmp_path: Path, program: Program) -> None:
    python_image("3.13")
    app = tmp_path / "clone-of-shop"
    app.mkdir()
    (app / "requirements.txt").write_text("flask\n")
    (app / "models.py").write_text("ITEMS = 3\ndef key():\n    return open('keys/a.pem').read()\n")
    made = "from flask import Flask\nfrom shop.models import ITEMS\nfrom . import models\n"
    page = 'app = Flask(__name__)\napp.add_url_rule("/", view_func=lambda: f"{ITEMS} {models.ITEMS}")\n'
    (app / "__init__.py").write_text(made + page)
    found = proof(program, app, "--builder", "docker")
    assert found["different"] == []
    plan = json.loads(program.ok("plan", app, "--format", "json").stdout)
    assert plan["application"]["object_reference"] == "shop:app"
    assert plan["secret_files"] == [{"path": "/app/keys/a.pem", "name": "A_PEM"}]


def test_what_an_edit_changes_in_the_image_is_named(minimal: Path, program: Program) -> None:
    dockerfile = minimal / "Dockerfile"
    whole = dockerfile.read_text()
    changed = whole.replace("EXPOSE 8000", "EXPOSE 9000").replace(
        "WORKDIR /app\n# A", "RUN touch /app/left-behind && chmod 0777 /app/app.py\nWORKDIR /app\n# A"
    )
    assert "left-behind" in changed
    dockerfile.write_text(changed)
    try:
        told = "\n".join(proof(program, minimal, "--builder", "docker")["different"])
    finally:
        dockerfile.write_text(whole)
    assert "/app/left-behind: only in the Dockerfile's image" in told
    assert "/app/app.py: mode 0o644, the Dockerfile's has 0o777" in told
    assert "ExposedPorts" in told and len(told.splitlines()) == 3


@pytest.mark.matrix
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_s_dockerfile_makes_the_same_image(
    example: str, tmp_path: Path, program: Program
) -> None:
    folder = project(example, tmp_path)
    python_image(python_of(folder, program))
    assert proof(program, folder, "--builder", "docker")["different"] == []


@pytest.mark.matrix
def test_the_base_of_debian_packages_makes_the_same_image(tmp_path: Path, program: Program) -> None:
    ensure("debian:trixie-slim")
    folder = project("flask-minimal", tmp_path)
    assert proof(program, folder, "--base", "debian", "--builder", "docker")["different"] == []
    assert "FROM debian:trixie-slim AS base" in (folder / "Dockerfile").read_text()
