"""Which changes of a project make its lock one that does not fit."""

from pathlib import Path

import msgspec
import pytest

from okamochi.model.lock_codec import lock_from_json
from okamochi.oci.platform import LINUX_AMD64
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.locking.inputs import base_inputs, wheel_inputs
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.bad_projects.conftest import FLASK_APP
from tests.bad_projects.test_usage import lock
from tests.cli.program import Program

PYPROJECT = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["flask"]\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "shop")


def make_project(root: Path) -> Path:
    root.mkdir(parents=True)
    (root / "app.py").write_text(FLASK_APP)
    (root / "requirements.txt").write_text("flask\n")
    return root


def planned(root: Path) -> PlannedProject:
    return plan_project(root, World.real({}, SilentReporter(), cache_root=root.parent / "cache"))


def inputs(root: Path) -> str:
    return wheel_inputs(planned(root))


@pytest.mark.parametrize(
    "setting",
    [
        'constraint-dependencies = ["flask<3"]',
        'override-dependencies = ["werkzeug==3.0"]',
        'prerelease = "allow"',
        'exclude-newer = "2026-01-01T00:00:00Z"',
        "exclude-newer = 2026-01-01T00:00:00Z",
        'find-links = ["wheels"]',
        '[[index]]\nname = "ours"\nurl = "https://example.org/simple"',
    ],
)
def test_a_setting_of_uv_that_decides_the_resolution_is_part_of_the_question(
    project: Path, setting: str
) -> None:
    before = inputs(project)
    (project / "uv.toml").write_text(setting + "\n")
    from_uv_toml = inputs(project)
    assert from_uv_toml != before
    (project / "uv.toml").unlink()
    (project / "pyproject.toml").write_text("[tool.uv]\n" + setting.replace("[[index]]", "[[tool.uv.index]]"))
    assert inputs(project) == from_uv_toml
    (project / "pyproject.toml").unlink()
    assert inputs(project) == before


def test_a_package_tied_to_another_index_is_another_question(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "app.py").write_text(FLASK_APP)
    asked = set()
    for tie in ("", '[tool.uv.sources]\nflask = { index = "a" }\n', '[tool.uv.sources]\nflask.index = "b"\n'):
        (root / "pyproject.toml").write_text(PYPROJECT + tie)
        asked.add(inputs(root))
    assert len(asked) == 3


def test_what_does_not_decide_the_resolution_leaves_the_lock_fitting(project: Path) -> None:
    before = inputs(project)
    (project / "pyproject.toml").write_text("[tool.uv]\npackage = false\n[tool.ruff]\nline-length = 99\n")
    assert inputs(project) == before


def test_the_place_of_the_project_is_no_part_of_the_question(tmp_path: Path) -> None:
    asked = set()
    for place in ("here", "there/deeper"):
        root = make_project(tmp_path / place / "shop")
        (root / "uv.toml").write_text('find-links = ["wheels"]\nindex-url = "./simple"\n')
        asked.add(inputs(root))
    assert len(asked) == 1


REQUIREMENTS = "flask>=3 \\\n    --hash=sha256:{digest}\nclick\n".format(digest="0" * 64)
SAME = (
    "# the app\n\nflask>=3 \\\n    --hash=sha256:{digest}  # of the wheel\n\n  click\n".format(
        digest="0" * 64
    ),
    "flask>=3   --hash=sha256:{digest}\r\n# pip-compile\r\nclick\r\n".format(digest="0" * 64),
)


@pytest.mark.parametrize("name", ["requirements.txt", "more.in"])
def test_comments_and_blank_lines_of_requirement_files_are_no_part_of_the_question(
    project: Path, name: str
) -> None:
    (project / "requirements.txt").write_text("flask\n-r more.in\n")
    (project / "more.in").write_text("click\n")
    (project / name).write_text(REQUIREMENTS)
    before = inputs(project)
    for text in SAME:
        (project / name).write_bytes(text.encode())
        assert inputs(project) == before
    for text in (
        REQUIREMENTS.replace("click", "click<9"),
        REQUIREMENTS.replace("0", "1"),
        "--pre\n" + REQUIREMENTS,
    ):
        (project / name).write_text(text)
        assert inputs(project) != before


def test_comments_of_a_pipfile_are_no_part_of_the_question(project: Path) -> None:
    (project / "requirements.txt").unlink()
    (project / "Pipfile").write_text('[packages]\nflask = "*"\n')
    before = inputs(project)
    (project / "Pipfile").write_text('# ours\n[packages]\nflask = "*"  # web\n')
    assert inputs(project) == before
    (project / "Pipfile").write_text('[packages]\nflask = "<4"\n')
    assert inputs(project) != before


MANAGED = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"

[project]
name = "shop"
version = "1"
dependencies = ["flask"]

[tool.hatch.version]
source = "vcs"

[tool.ruff]
line-length = 99
"""


def test_of_pyproject_only_what_concerns_packages_is_part_of_the_question(project: Path) -> None:
    (project / "requirements.txt").unlink()
    path = project / "pyproject.toml"

    def asked(old: str = "", new: str = "") -> str:
        assert old in MANAGED
        path.write_text(MANAGED.replace(old, new))
        return inputs(project)

    before = asked()
    assert asked("[project]\n", "# what it is\n[project]\n\n") == before
    assert asked("line-length = 99", "line-length = 88") == before
    assert asked('"flask"', '"flask<4"') != before
    assert asked('source = "vcs"', 'source = "env"') != before
    assert asked('"hatchling", ', "") != before
    assert asked("[tool.ruff]\n", '[tool.poetry]\nname = "shop"\n[tool.ruff]\n') != before


def test_code_that_only_imports_is_no_part_of_the_question(project: Path) -> None:
    (project / "requirements.txt").unlink()
    before = inputs(project)
    (project / "app.py").write_text(FLASK_APP + "\n# a comment\nVALUE = 1\n")
    assert inputs(project) == before
    (project / "app.py").write_text("import redis\n" + FLASK_APP)
    assert inputs(project) != before


def test_an_edited_comment_leaves_a_lock_that_locked_accepts(project: Path) -> None:
    world = World.real({}, SilentReporter(), cache_root=project.parent / "cache")
    (project / "okamochi.lock").write_bytes(fitting_lock(project))
    (project / "requirements.txt").write_text("# what the app needs\n\nflask  # web\n")
    session = LockSession.open(world, planned(project), LINUX_AMD64, LockMode.LOCKED)
    assert session.fitting is not None


def fitting_lock(root: Path) -> bytes:
    plan = planned(root)
    fields = {"base_inputs": base_inputs(plan), "wheel_inputs": wheel_inputs(plan)}
    old = msgspec.json.decode(lock())
    return msgspec.json.encode({**old, **fields})


def test_a_constraint_that_was_added_is_told_by_locked(project: Path) -> None:
    world = World.real({}, SilentReporter(), cache_root=project.parent / "cache")
    (project / "okamochi.lock").write_bytes(fitting_lock(project))
    session = LockSession.open(world, planned(project), LINUX_AMD64, LockMode.LOCKED)
    assert session.fitting is not None
    (project / "uv.toml").write_text('constraint-dependencies = ["flask<3"]\n')
    answer = Program()("build", project, "--locked", "--platform", "linux/amd64", "--to", "layout:x")
    assert (answer.code, answer.stdout) == (4, "")
    assert "does not fit the project" in answer.stderr and "okamochi lock" in answer.stderr


@pytest.mark.parametrize("there", [True, False])
def test_a_link_to_a_lock_within_the_project_stays_a_link(project: Path, there: bool) -> None:
    place = project / "locks/shop.lock"
    place.parent.mkdir()
    if there:
        place.write_bytes(fitting_lock(project))
    (project / "okamochi.lock").symlink_to("locks/shop.lock")
    world = World.real({}, SilentReporter(), cache_root=project.parent / "cache")
    session = LockSession.open(world, planned(project), LINUX_AMD64, LockMode.KEEP)
    assert (session.old is not None) == there
    renewed = msgspec.structs.replace(lock_from_json(lock(), where="lock"), suite="bookworm")
    session.save(renewed, required=True)
    assert (project / "okamochi.lock").is_symlink() and b"bookworm" in place.read_bytes()


def test_files_that_decide_the_resolution_count_as_read(project: Path) -> None:
    world = World.real({}, SilentReporter(), cache_root=project.parent / "cache")
    session = LockSession.open(world, planned(project), LINUX_AMD64, LockMode.KEEP)
    assert {"uv.toml", "pyproject.toml", "requirements.txt"} <= session.planned.seen.read
