"""The rendered Dockerfile: what it says, that it builds, and that it means the same image."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from okamochi.render.dockerfile import DockerfileRenderer, dockerignore_pattern
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language
from tests.cli.program import Program
from tests.detect.plans import FLASK_APP, planned

ROOT = Path(__file__).resolve().parents[2]
LISTING = """
import hashlib, json, os
found = {}
for root in ("/app", "/opt/okamochi"):
    for folder, folders, files in os.walk(root):
        folders[:] = [one for one in folders if one != "__pycache__"]
        for name in files:
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
            found[path] = [oct(facts.st_mode), facts.st_uid, facts.st_gid, digest]
print(json.dumps(found, sort_keys=True))
"""


def text(**files: str) -> str:
    plan = planned({"app.py": FLASK_APP, **files})
    rendering = DockerfileRenderer().render(plan, Language.ENGLISH)
    return next(one.content.decode() for one in rendering.files if one.path == "Dockerfile")


def test_production_comes_last_runs_as_a_number_and_without_a_shell() -> None:
    stages = [line.split(" AS ")[1] for line in text().splitlines() if line.startswith("FROM")]
    assert stages == ["base", "builder", "source", "development", "production"]
    production = text().partition("AS production")[2]
    assert "USER 10001:10001" in production
    assert 'ENTRYPOINT ["/opt/venv/bin/gunicorn"' in production
    assert "apt-get" not in production and "pip install" not in production
    assert "# syntax" not in text()


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.pyc", "**/*.pyc"),
        ("__pycache__/", "**/__pycache__"),
        ("/tests/", "tests"),
        ("docs/build", "docs/build"),
        ("!keep.env", "!**/keep.env"),
        ("**/x", "**/x"),
    ],
)
def test_ignore_patterns_hold_at_every_depth_as_they_do_in_git(pattern: str, expected: str) -> None:
    assert dockerignore_pattern(pattern) == expected


def test_every_target_is_rendered_and_the_devcontainer_is_json() -> None:
    plan = planned({"app.py": FLASK_APP})
    files = {
        file.path: file.content for one in RENDERERS for file in one.render(plan, Language.JAPANESE).files
    }
    assert {"Dockerfile", ".dockerignore", "compose.yaml", ".env.sample", ".gitlab-ci.yml"} <= files.keys()
    assert json.loads(files[".devcontainer/devcontainer.json"])["build"]["target"] == "development"
    assert all(content.endswith(b"\n") for content in files.values())


def test_a_rendered_file_is_no_evidence_for_the_next_plan() -> None:
    files = {"app.py": FLASK_APP}
    before = planned(files)
    for language in Language:
        rendered = {
            file.path: file.content.decode()
            for one in RENDERERS
            for file in one.render(before, language).files
            if file.path in ("Dockerfile", "compose.yaml")
        }
        assert len(rendered) == 2
        assert planned({**files, **rendered}) == before
    foreign = {"Dockerfile": "FROM python:3.11-slim\n"}
    assert planned({**files, **foreign}).python_version == "3.11" != before.python_version


def test_nothing_is_written_over_a_folder_or_through_a_link(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (project / "app.py").write_text(FLASK_APP)
    (project / "requirements.txt").write_text("flask\n")
    (project / ".env.sample").mkdir()
    folder = Program()("render", "env-sample", project)
    assert folder.code == 2 and ".env.sample" in folder.stderr and "is no file" in folder.stderr
    (project / ".env.sample").rmdir()
    (project / ".github").symlink_to(elsewhere, target_is_directory=True)
    linked = Program()("render", "github-actions", project)
    assert linked.code == 2 and "symbolic link" in linked.stderr
    assert list(elsewhere.iterdir()) == []


@pytest.mark.network
def test_the_dockerfile_pins_what_the_project_requires_and_the_devcontainer_brings_it(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    program = Program()
    assert program("render", "dockerfile", tmp_path, "--check").code == 4
    assert not (tmp_path / "Dockerfile").exists()
    written = program.ok("render", "devcontainer", tmp_path).stdout.split()
    assert {"Dockerfile", ".devcontainer/devcontainer.json"} <= set(written)
    pins = (tmp_path / "okamochi/requirements.lock").read_text()
    assert all(f"\n{name}==" in f"\n{pins}" for name in ("flask", "werkzeug", "gunicorn"))
    program.ok("render", "dockerfile", tmp_path, "--check")


@pytest.mark.network
def test_hand_edits_are_refused_with_a_diff_and_drift_fails_the_check(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(FLASK_APP)
    (tmp_path / "requirements.txt").write_text("flask\n")
    program = Program()
    assert "Dockerfile" in program.ok("render", "dockerfile", tmp_path).stdout
    assert program.ok("render", "dockerfile", tmp_path).stdout == ""
    program.ok("render", "dockerfile", tmp_path, "--check")
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(dockerfile.read_text().replace("EXPOSE 8000", "EXPOSE 9999"))
    for flag in ((), ("--check",)):
        answer = program("render", "dockerfile", tmp_path, *flag)
        assert answer.code == 1 and "9999" in answer.stderr
    assert "EXPOSE 9999" in dockerfile.read_text()
    program.ok("render", "dockerfile", tmp_path, "--force")
    assert "EXPOSE 8000" in dockerfile.read_text()


def docker(*arguments: str) -> str:
    done = subprocess.run(("docker", *arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.engine
@pytest.mark.network
@pytest.mark.slow
def test_the_image_of_the_dockerfile_is_the_image_of_okamochi_above_its_base(
    okamochi_cache: Path, tmp_path: Path
) -> None:
    subprocess.run((sys.executable, ROOT / "tools/stand_in_base.py", "3.13"), check=True)
    project = tmp_path / "same"
    shutil.copytree(ROOT / "examples/flask-minimal", project, ignore=shutil.ignore_patterns("*.lock"))
    program = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)})
    own = program.ok("build", project, "--to", "docker").last_line
    program.ok("render", "dockerfile", project)
    docker("build", "--quiet", "--network", "host", "--tag", "okamochi-test-rendered", str(project))
    images = (own, "okamochi-test-rendered")
    trees = [
        json.loads(docker("run", "--rm", "--entrypoint", "/opt/venv/bin/python", one, "-c", LISTING))
        for one in images
    ]
    assert trees[0] == trees[1]
    configs = [json.loads(docker("inspect", "--format", "{{json .Config}}", one)) for one in images]
    for key in ("User", "WorkingDir", "Entrypoint", "StopSignal", "ExposedPorts"):
        assert configs[0][key] == configs[1][key], key
    assert configs[0]["Healthcheck"]["Test"] == configs[1]["Healthcheck"]["Test"]
    assert set(configs[0]["Env"]) <= set(configs[1]["Env"])  # the base brings variables of its own
    docker("rmi", "--force", "okamochi-test-rendered")
