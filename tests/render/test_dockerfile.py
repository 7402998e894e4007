"""The rendered Dockerfile: what it says, that it builds, and that it means the same image."""

import json
from pathlib import Path

import pytest

from okamochi.model.lock import BuiltFrom, Lock, LockedPlatform, LockedWheel
from okamochi.model.lock_codec import lock_to_json
from okamochi.render.dockerfile import DockerfileRenderer
from okamochi.render.dockerignore import dockerignore_pattern
from okamochi.render.renderers import RENDERERS
from okamochi.render.rendering import Language
from tests.cli.program import Program
from tests.detect.plans import FLASK_APP, planned


def text(**files: str) -> str:
    plan = planned({"app.py": FLASK_APP, **files})
    rendering = DockerfileRenderer().render(plan, Language.ENGLISH)
    return next(one.content.decode() for one in rendering.files if one.path == "Dockerfile")


def test_production_comes_last_runs_as_a_number_and_without_a_shell() -> None:
    stages = [line.split(" AS ")[1] for line in text().splitlines() if line.startswith("FROM")]
    assert stages == ["base", "builder", "source", "development-builder", "development", "production"]
    production = text().partition("AS production")[2]
    assert "USER 10001:10001" in production
    assert 'ENTRYPOINT ["/opt/venv/bin/gunicorn"' in production
    assert "RUN" not in production
    assert "# syntax" not in text() and "|| true" not in text()


def test_it_begins_from_the_same_debian_packages_when_asked() -> None:
    plan = planned({"app.py": FLASK_APP})
    (content,) = (
        one.content.decode()
        for one in DockerfileRenderer("debian").render(plan, Language.ENGLISH).files
        if one.path == "Dockerfile"
    )
    assert "FROM debian:trixie-slim AS base" in content
    assert "python3.13 \\" in content.partition("AS builder")[0]


def test_a_setting_is_named_beside_the_line_that_it_decides() -> None:
    settings = {"okamochi.toml": 'port = 9000\npackages = ["libpq5"]\n'}
    lines = text(**settings).splitlines()
    assert lines[lines.index("EXPOSE 9000") - 1] == "# Set in okamochi.toml."
    assert lines[next(n for n, one in enumerate(lines) if "apt-get update" in one) - 1] == (
        "# Set in okamochi.toml."
    )


def test_what_an_image_cannot_say_is_a_finding() -> None:
    rules = {
        one.rule
        for one in DockerfileRenderer().render(planned({"app.py": FLASK_APP}), Language.ENGLISH).findings
    }
    assert "dockerfile/run-time-only" in rules


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
    lines = files[".devcontainer/devcontainer.json"].decode().splitlines()
    plain = "\n".join(line for line in lines if not line.lstrip().startswith("//"))
    assert json.loads(plain)["build"]["target"] == "development"
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
    pins = (tmp_path / ".okamochi/requirements.lock").read_text()
    assert all(f"\n{name}==" in f"\n{pins}" for name in ("flask", "werkzeug", "gunicorn"))
    program.ok("render", "dockerfile", tmp_path, "--check")


def test_what_compiling_needs_is_in_the_builder_only() -> None:
    source = BuiltFrom(filename="fast-1.0.tar.gz", sha256="1" * 64, packages=("libpq-dev",))
    wheel = LockedWheel(
        name="fast", version="1.0", filename="fast-1.0-py3-none-any.whl", sha256="2" * 64, built_from=source
    )
    platform = LockedPlatform(platform="linux/amd64", debs=(), wheels=(wheel,))
    lock = Lock(
        base_inputs="",
        wheel_inputs="",
        python_version="3.13",
        suite="trixie",
        snapshot="",
        platforms=(platform,),
    )
    assert b'"packages": ["libpq-dev"]' in lock_to_json(lock)
    rendering = DockerfileRenderer().render(planned({"app.py": FLASK_APP}), Language.ENGLISH, lock)
    files = {one.path: one.content.decode() for one in rendering.files}
    before, _, after = files["Dockerfile"].partition("AS builder\n")
    assert "build-essential" in after.partition("\nFROM")[0] and "libpq-dev" in after.partition("\nFROM")[0]
    assert "libpq-dev" not in before + after.partition("\nFROM")[2]
    assert f"fast==1.0 --hash=sha256:{'1' * 64}" in files[".okamochi/requirements.lock"]
    assert "dockerfile/built-from-source" in [one.rule for one in rendering.findings]
