"""Same project, same lock, same okamochi: same digest, whatever is around."""

import os
import shutil
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.workflows.conftest import Build, Built, building, strange_start

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def expected(locked_minimal: Path, okamochi_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    program = Program({"OKAMOCHI_CACHE_DIR": str(okamochi_cache)})
    return building(program, tmp_path_factory.mktemp("expected"))(locked_minimal)


def test_another_path_user_umask_time_zone_locale_hash_seed_and_number_of_cpus_change_nothing(
    expected: Built, locked_minimal: Path, build: Build, fresh_cache: Path, tmp_path: Path
) -> None:
    root = differently_written(locked_minimal, tmp_path / "ほか の 場所/project of 2/shop")
    (tmp_path / "home").mkdir()
    strange = Program(
        {
            "OKAMOCHI_CACHE_DIR": str(fresh_cache),
            "HOME": str(tmp_path / "home"),
            "USER": "somebody",
            "TZ": "Asia/Tokyo",
            "LC_ALL": "C",
            "LANG": "tr_TR.UTF-8",
            "PYTHONHASHSEED": "4711",
            "COLUMNS": "40",
        },
        strange_start("os.umask(0o077)", "os.cpu_count = lambda: 7", "os.chdir('/')"),
    )
    built = build(root, using=strange)
    assert built.digest == expected.digest
    assert built.image.config_bytes == expected.image.config_bytes


def differently_written(source: Path, to: Path) -> Path:
    """The same files, written in another order, at other times, with other modes."""
    to.mkdir(parents=True, mode=0o700)
    for path in sorted(source.rglob("*"), reverse=True):
        copy = to / path.relative_to(source)
        if path.is_dir():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy.write_bytes(path.read_bytes())
        copy.chmod(0o600)
        os.utime(copy, (1_000_000_000, 1_000_000_000))
    return to


def test_one_cpu_and_a_debug_python_environment_change_nothing(
    expected: Built, minimal: Path, build: Build, fresh_cache: Path
) -> None:
    strange = Program(
        {
            "OKAMOCHI_CACHE_DIR": str(fresh_cache),
            "PYTHONHASHSEED": "0",
            "PYTHONOPTIMIZE": "2",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": "/nonexistent",
            "TZ": "America/St_Johns",
        },
        strange_start("os.umask(0)", "os.cpu_count = lambda: 1"),
    )
    assert build(minimal, using=strange).digest == expected.digest


@pytest.mark.slow
def test_a_cache_that_is_empty_changes_nothing(
    expected: Built, minimal: Path, build: Build, tmp_path: Path
) -> None:
    cold = Program({"OKAMOCHI_CACHE_DIR": str(tmp_path / "cold")})
    assert build(minimal, using=cold).digest == expected.digest


def test_what_lies_around_the_sources_changes_nothing(expected: Built, minimal: Path, build: Build) -> None:
    shutil.copytree(minimal, minimal / ".venv/lib/python3.13/site-packages/flask")
    for name in ("__pycache__/app.cpython-311.pyc", ".env", ".env.local", ".mypy_cache/x", ".pytest_cache/y"):
        (minimal / name).parent.mkdir(exist_ok=True)
        (minimal / name).write_text("SECRET=hunter2\n")
    assert build(minimal).digest == expected.digest


def test_the_time_that_images_carry_is_source_date_epochs(
    expected: Built, minimal: Path, build: Build, program: Program
) -> None:
    built = build(minimal, using=program.with_environ(SOURCE_DATE_EPOCH="1700000000"))
    assert built.config["created"] == "2023-11-14T22:13:20Z"
    assert built.manifest["annotations"]["org.opencontainers.image.created"] == "2023-11-14T22:13:20Z"
    assert {member.facts.mtime for member in built.members.values()} == {1_700_000_000}
    assert expected.config["created"] == "1970-01-01T00:00:00Z"
    assert {member.facts.mtime for member in expected.members.values()} == {0}
    assert built.digest != expected.digest


def test_the_revision_is_told_and_changes_no_layer(expected: Built, minimal: Path, build: Build) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    (minimal / ".git").mkdir()
    (minimal / ".git/HEAD").write_text(commit + "\n")
    (minimal / ".git/config").write_text(
        '[remote "origin"]\n\turl = https://me:hunter2@example.org/shop.git\n'
    )
    built = build(minimal)
    annotations = built.manifest["annotations"]
    assert annotations["org.opencontainers.image.revision"] == commit
    assert annotations["org.opencontainers.image.source"] == "https://example.org/shop.git"
    assert built.layers == expected.layers
