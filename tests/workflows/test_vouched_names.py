"""When the package that bears a missing module's name is taken, and when that would be a stranger's."""

import datetime
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.errors import PlanError
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.plan import Dependencies
from okamochi.oci.platform import LINUX_AMD64
from okamochi.pypi import versions
from okamochi.run.proof.answer import Answer
from okamochi.system.world import World
from okamochi.workflows.layers.foundation import trees_of
from okamochi.workflows.locking.lock import LockMode, LockSession
from okamochi.workflows.mending.vouched_names import (
    COOLING_DAYS,
    refuse_strangers,
    told_unvouched,
    vouched,
    with_evidence,
)
from okamochi.workflows.plan import PlannedProject, plan_project
from tests.build.real_git import git, new_repository
from tests.detect.plans import FLASK_APP
from tests.pypi.wheel_making import local_environ, make_wheel, make_world, package_index

OLD = "2019-01-01T00:00:00Z"


def days_ago(days: float) -> str:
    moment = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "shop"
    found.mkdir()
    (found / "app.py").write_text(FLASK_APP)
    (found / "requirements.txt").write_text("flask\n")
    return found


def planned(root: Path, files: Mapping[str, str] | None = None) -> PlannedProject:
    for path, text in (files or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return plan_project(root, lonely(root))


def lonely(root: Path) -> World:
    """Asks no index."""
    return make_world(root.parent, local_environ(root.parent, links=root.parent / "links"))


def judged(root: Path, module: str, files: Mapping[str, str] | None = None) -> tuple[str, str]:
    found = vouched(module, module.replace("_", "-").lower(), planned(root, files), lonely(root))
    return found.why, found.refused


def test_a_name_alone_is_no_evidence(root: Path) -> None:
    why, refused = judged(root, "brings")
    assert not why and "no index is known to have had brings" in refused


def test_a_known_module_is_taken(root: Path) -> None:
    assert judged(root, "yaml")[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "Then\n\n    pip install flask brings\n"),
        ("requirements-dev.txt", "pytest\nbrings>=1\n"),
        ("requirements/extra.txt", "brings\n"),
        ("Dockerfile", "FROM python\nRUN apt-get update && pip3 install --no-cache-dir brings\n"),
        ("environment.yml", "dependencies:\n  - brings=1.0\n"),
        (".github/workflows/ci.yml", "steps:\n  - run: uv add brings\n"),
    ],
)
def test_what_the_project_itself_installs_is_taken(root: Path, path: str, text: str) -> None:
    assert judged(root, "brings", {path: text}) == (f"{path} names it", "")


@pytest.mark.parametrize(
    "text",
    [
        "It brings bowls.\n",
        "pip install brings-more\n",
        "pip install --extra-index-url https://example.org/simple brings\n",
        "pip install git+https://example.org/brings\n",
        "pip install brings --index internal\n",
    ],
)
def test_what_is_installed_from_elsewhere_or_only_spoken_of_is_not(root: Path, text: str) -> None:
    assert judged(root, "brings", {"README.md": text})[0] == ""


@pytest.mark.parametrize("path", ["services/common/brings.py", "lib/brings/core.py"])
def test_a_module_that_lies_in_the_project_is_nobody_elses(root: Path, path: str) -> None:
    why, refused = judged(root, "brings", {path: "", "README.md": "pip install brings\n"})
    assert not why and path in refused


def test_a_module_that_lies_beside_the_project_in_its_checkout_is_nobody_elses(tmp_path: Path) -> None:
    top = new_repository(tmp_path / "all")
    (top / "libs/brings").mkdir(parents=True)
    (top / "libs/brings/__init__.py").write_text("")
    root = top / "web"
    root.mkdir()
    (root / "app.py").write_text(FLASK_APP)
    assert "libs/brings" in judged(root, "brings", {"requirements.txt": "flask\n"})[1]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ('[project]\nname = "Brings"\nversion = "1"\n', "of Brings, the package around this folder"),
        ('[project]\nname = "other"\nversion = "1"\n', "the project's own of that name"),
    ],
)
def test_of_an_example_in_its_library_the_library_is_named(tmp_path: Path, manifest: str, said: str) -> None:
    checkout = new_repository(tmp_path / "library")
    example = checkout / "examples/shop"
    example.mkdir(parents=True)
    (checkout / "pyproject.toml").write_text(manifest)
    (checkout / "src/brings").mkdir(parents=True)
    (checkout / "src/brings/__init__.py").write_text("")
    (example / "app.py").write_text(FLASK_APP)
    (example / "requirements.txt").write_text("flask\n")
    why, refused = judged(example, "brings")
    assert not why and said in refused


def test_a_module_of_that_name_in_a_package_is_another_one(root: Path) -> None:
    files = {"shop/__init__.py": "", "shop/brings.py": "", "README.md": "pip install brings\n"}
    assert judged(root, "brings", files) == ("README.md names it", "")


@pytest.mark.needs("git")
@pytest.mark.parametrize("module", ["shop", "shop_utils", "acme", "acme_auth", "my_internal_tools"])
def test_a_name_of_the_project_or_its_owner_is_private(root: Path, module: str) -> None:
    git_of(root, "git@example.org:Acme/noodles.git")
    why, refused = judged(root, module, {"README.md": f"pip install {module.replace('_', '-')}\n"})
    assert not why and "stranger" in refused


def test_a_folder_that_is_called_like_what_it_uses_makes_nothing_private(tmp_path: Path) -> None:
    root = tmp_path / "flask"
    root.mkdir()
    (root / "app.py").write_text(FLASK_APP)
    files = {"requirements.txt": "click\n", "README.md": "pip install flask flask-brings\n"}
    assert judged(root, "flask_brings", files)[0] and judged(root, "flask")[0]


def test_a_folder_that_is_called_like_what_it_asks_for_makes_nothing_private(tmp_path: Path) -> None:
    root = tmp_path / "brings"
    root.mkdir()
    (root / "app.py").write_text(FLASK_APP)
    files = {"requirements.txt": "flask\nbrings\n", "README.md": "pip install brings-more\n"}
    assert judged(root, "brings_more", files)[0]


def git_of(root: Path, address: str = "", date: str = "") -> None:
    git(root, "init", "-q", "-b", "main")
    if address:
        git(root, "remote", "add", "origin", address)
    git(root, "add", ".")
    git(root, "commit", "-qm", "one", **({"date": date} if date else {}))


@pytest.mark.network
@pytest.mark.needs("git")
@pytest.mark.parametrize(
    ("uploaded", "committed", "taken"),
    [
        (OLD, "2020-01-01T00:00:00Z", True),
        (OLD, "", True),
        ("2021-01-01T00:00:00Z", "2020-01-01T00:00:00Z", False),
        (days_ago(COOLING_DAYS - 1), days_ago(0), False),
        (days_ago(COOLING_DAYS + 1), days_ago(0), True),
        (days_ago(COOLING_DAYS - 1), "", False),
        ("", "", False),
    ],
    # of its own names: the times are those of the worker that collects
    ids=("older", "old-uncommitted", "younger", "very-young", "young", "young-uncommitted", "unknown"),
)
def test_a_package_that_is_newer_than_the_import_or_very_young_is_not_taken(
    root: Path, tmp_path: Path, uploaded: str, committed: str, taken: bool
) -> None:
    if committed:
        git_of(root, date=committed)
    wheel = make_wheel(tmp_path / "wheels", "brings", "1.0", files={"brings.py": b""})
    with package_index(tmp_path / "index", wheel, uploaded=uploaded) as (port, _):
        environ = local_environ(tmp_path) | {"PIP_INDEX_URL": f"http://127.0.0.1:{port}/simple/"}
        found = vouched("brings", "brings", planned(root), make_world(tmp_path, environ))
    assert bool(found.why) == taken and bool(found.refused) != taken


@pytest.mark.network
@pytest.mark.parametrize("same", [True, False])
def test_what_a_further_index_has_too_is_taken_only_where_it_is_the_same_file(
    root: Path, tmp_path: Path, same: bool
) -> None:
    public = make_wheel(tmp_path / "public", "brings", "2.0", files={"brings.py": b"theirs = 1\n"})
    private = make_wheel(tmp_path / "private", "brings", "1.0", files={"brings.py": b"ours = 1\n"})
    with (
        package_index(tmp_path / "one", public, uploaded=OLD) as (one, _),
        package_index(tmp_path / "two", public if same else private) as (two, _),
    ):
        environ = local_environ(tmp_path) | {
            "PIP_INDEX_URL": f"http://127.0.0.1:{one}/simple/",
            "PIP_EXTRA_INDEX_URL": f"http://127.0.0.1:{two}/simple/",
        }
        found = vouched("brings", "brings", planned(root), make_world(tmp_path, environ))
    assert bool(found.why) == same


def test_what_was_a_source_alone_on_that_day_is_found_beside_a_further_index_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newest(uv: object, asked: str, *options: str) -> versions.Found:
        if "--exclude-newer" not in options:
            return versions.Found("2.0", frozenset({"one file"}))
        of_source = "--no-binary" in options and "first-index" not in options
        return versions.Found("1.0", frozenset({"another"})) if of_source else versions.Found()

    monkeypatch.setattr(versions, "newest", newest)
    world = make_world(tmp_path, local_environ(tmp_path) | {"PIP_EXTRA_INDEX_URL": "http://127.0.0.1:9/"})
    nothing = Dependencies()
    found = versions.published_by(world, "brings", OLD, project_root=tmp_path, dependencies=nothing)
    assert found == "1.0"


MISSING = Answer(
    outcome="failed", error="ModuleNotFoundError", name="brings.part", message="No module named 'brings'"
)
ASKED = Correction(
    kind=CorrectionKind.REQUIREMENT, value="brings", reason="the proof could not import brings"
)


def test_the_reason_says_why_the_name_is_taken_and_the_hint_why_it_is_not(root: Path) -> None:
    of, world = planned(root), lonely(root)
    assert with_evidence(ASKED, MISSING, of, world) is None
    assert "brings is not taken for its name alone" in told_unvouched(MISSING, of, world)
    of, world = planned(root, {"README.md": "pip install brings\n"}), lonely(root)
    found = with_evidence(ASKED, MISSING, of, world)
    assert found is not None and found.reason.endswith("import brings; README.md names it")
    assert told_unvouched(MISSING, of, world) == ""
    other = Correction(kind=CorrectionKind.REQUIREMENT, value="flask<3", reason="older")
    assert with_evidence(other, MISSING, of, world) is other
    assert with_evidence(other, None, of, world) is other


SQLALCHEMY = """Traceback (most recent call last):
  File "/app/app.py", line 3, in <module>
    engine = create_engine(url)
  File "/opt/venv/lib/python3.13/site-packages/sqlalchemy/dialects/psycopg.py", line 9, in import_dbapi
    import brings
ModuleNotFoundError: No module named 'brings'
"""


def test_what_an_installed_package_imports_itself_is_taken_and_what_the_app_has_it_import_is_not(
    root: Path,
) -> None:
    of, world = planned(root), lonely(root)
    own = replace(MISSING, text=SQLALCHEMY)
    found = with_evidence(ASKED, own, of, world)
    assert found is not None and found.reason.endswith("sqlalchemy imports it")
    assert with_evidence(ASKED, replace(MISSING, broken=own), of, world) is not None
    assert told_unvouched(own, of, world) == ""
    for line in ("return import_module(name)", "import brings_more", "from brings2 import x"):
        given = replace(MISSING, text=SQLALCHEMY.replace("import brings", line))
        assert with_evidence(ASKED, given, of, world) is None
    app = replace(MISSING, text=SQLALCHEMY.replace("/opt/venv/lib/python3.13/site-packages", "/app"))
    assert with_evidence(ASKED, app, of, world) is None


def test_names_of_imports_that_nothing_lists_are_no_evidence_either(root: Path, tmp_path: Path) -> None:
    (root / "requirements.txt").unlink()
    of = planned(root, {"app.py": f"import brings, yaml\n{FLASK_APP}"})
    links = tmp_path / "links"
    make_wheel(links, "flask", "3.0", files={"flask.py": b""})
    with pytest.raises(PlanError) as raised:
        LockSession.open(lonely(root), of, LINUX_AMD64, LockMode.KEEP).wheels()
    assert [one.partition(":")[0] for one in raised.value.details] == ["brings"]
    assert "requirements.txt" in raised.value.hint
    refuse_strangers(of, lonely(root), but=["brings"])
    refuse_strangers(planned(root, {"README.md": "pip install brings\n"}), lonely(root))


@pytest.mark.parametrize(("file", "refused"), [("Brings/__init__.py", False), ("other/__init__.py", True)])
def test_a_package_that_only_bears_the_name_of_an_import_is_refused(
    root: Path, tmp_path: Path, file: str, refused: bool
) -> None:
    (root / "requirements.txt").unlink()
    app = f"import brings.more\n{FLASK_APP}"
    of = planned(root, {"app.py": app, "README.md": "pip install brings\n"})
    for name, version, member in (("flask", "3.0", "flask.py"), ("gunicorn", "27.0", "gunicorn.py")):
        make_wheel(tmp_path / "links", name, version, files={member: b""})
    make_wheel(tmp_path / "links", "brings", "1.0", files={file: b""})
    session = LockSession.open(lonely(root), of, LINUX_AMD64, LockMode.KEEP)
    if not refused:
        assert len(trees_of(session, session.wheels())) == 3
        return
    with pytest.raises(PlanError) as raised:
        trees_of(session, session.wheels())
    assert raised.value.details == ("brings 1.0 of the index has no module brings",)
