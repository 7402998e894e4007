"""What a failed start shows becomes a correction of the plan."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from okamochi.errors import UnhealthyError
from okamochi.model.correction import Correction, CorrectionKind, corrected, is_sound
from okamochi.model.process import Process, ProcessType
from okamochi.oci.platform import LINUX_AMD64
from okamochi.oci.reference import Reference
from okamochi.run.diagnose import diagnose
from okamochi.run.proof.answer import Answer, Write, verdict_of
from okamochi.run.traces import UNNAMED
from okamochi.system.progress import SilentReporter
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World
from okamochi.workflows.build import Building
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.failed_start import FailedStart
from okamochi.workflows.mending.written_places import written_folder
from okamochi.workflows.plan import PlannedProject
from tests.detect.plans import FLASK_APP, planned

NOWHERE = cast(Any, None)
LACKS = "cannot import name 'Markup' from 'flask' (/opt/venv/lib/python3.13/site-packages/flask/__init__.py)"


def project(root: Path, *corrections: Correction) -> PlannedProject:
    (root / "app.py").write_text(FLASK_APP)
    (root / "requirements.txt").write_text("flask\n")
    plan = corrected(planned({"app.py": FLASK_APP}), corrections)
    return PlannedProject(plan, DiskProject.open(root), root, corrections=corrections)


def seen(log: str, of: PlannedProject, **installed: str) -> Correction | None:
    cause = diagnose(log)
    failure = UnhealthyError("it ended", hint="", where=cause.where if cause else "")
    failure.unwritable, failure.log = cause.unwritable if cause else "", log
    world = World.real({}, SilentReporter(), cache_root=of.root / "cache")
    return correction_of(failure, of, world, NOWHERE, **installed)


def correction_of(
    failure: UnhealthyError, of: PlannedProject, world: Any, engine: Any, **installed: str
) -> Correction | None:
    building = SimpleNamespace(
        request=SimpleNamespace(locked=False), plan_now=lambda: of, platform=LINUX_AMD64, world=world
    )
    wheels = [SimpleNamespace(kind="wheel", name=name, version=one) for name, one in installed.items()]
    built = cast(Any, SimpleNamespace(components=wheels))
    failed = FailedStart(failure, of, built, Reference.parse("x:1"), None)
    return failed.correction(cast(Building, building), engine, {})


def trace(*lines: str) -> str:
    return "Traceback (most recent call last):\n" + "".join(f"{line}\n" for line in lines)


MAKES = ('  File "/usr/lib/python3.13/os.py", line 2, in makedirs', "    mkdir(name, mode)")
READ_ONLY = "OSError: [Errno 30] Read-only file system: {!r}"


@pytest.mark.parametrize(
    ("path", "before", "kind", "value"),
    [
        ("flagged", MAKES, CorrectionKind.TEMPORARY_FOLDER, "/app/flagged"),
        ("/app/uploads", MAKES, CorrectionKind.VOLUME, "/app/uploads"),
        ("/app/out/list.json", (), CorrectionKind.TEMPORARY_FOLDER, "/app/out"),
        ("/app/app.db", (), CorrectionKind.MOVED_FILE, "/app/app.db"),
    ],
)
def test_a_path_that_could_not_be_written_gets_its_place(
    tmp_path: Path, path: str, before: tuple[str, ...], kind: CorrectionKind, value: str
) -> None:
    found = seen(
        trace('  File "/app/app.py", line 3, in <module>', *before, READ_ONLY.format(path)), project(tmp_path)
    )
    assert found is not None
    assert (found.kind, found.value) == (kind, value)
    assert found.reason.startswith("the log of its start saw app.py:3 write /app/")


def test_the_same_is_not_tried_twice(tmp_path: Path) -> None:
    of = project(tmp_path, Correction(kind=CorrectionKind.MOVED_FILE, value="/app/app.db", reason="seen"))
    assert of.plan.moved_files[0].target == "/var/lib/app-files/app.db"
    assert "/var/lib/app-files" in [volume.path for volume in of.plan.volumes]
    assert seen(trace(READ_ONLY.format("/app/app.db")), of) is None


@pytest.mark.parametrize("path", ["/etc/passwd", "/opt/venv/lib/x.txt", "../../etc/x"])
def test_places_outside_of_the_app_stay_read_only(tmp_path: Path, path: str) -> None:
    assert seen(trace(READ_ONLY.format(path)), project(tmp_path)) is None


def test_a_module_that_is_missing_at_the_start_is_added(tmp_path: Path) -> None:
    log = trace(
        '  File "/app/app.py", line 3, in <module>', "ModuleNotFoundError: No module named 'pkg_resources'"
    )
    found = seen(log, project(tmp_path))
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.REQUIREMENT, "setuptools<81")


def test_the_apps_own_exception_is_left_to_its_author(tmp_path: Path) -> None:
    assert (
        seen(trace('  File "/app/app.py", line 3, in <module>', "RuntimeError: no"), project(tmp_path))
        is None
    )


@pytest.mark.parametrize(
    ("added", "installed", "value"),
    [
        ((), "3.1.3", "flask<3"),
        (("flask<3",), "2.3.3", "flask<2.3"),
        (("flask<3", "flask<2.3"), "2.2.5", "flask<2.2"),
        (("flask<3", "flask<2.3", "flask<2.2"), "2.1.3", "flask<2"),
        (("flask<3",), "2.0.1", "flask<2"),
        (("flask<3", "flask<2.0", "flask<2"), "1.1.4", "flask<1.1"),
        ((), "0.12", ""),
        (("flask<1",), "0.12", ""),
        ((), "", ""),
    ],
)
def test_a_library_that_lacks_a_name_is_taken_older(
    tmp_path: Path, added: tuple[str, ...], installed: str, value: str
) -> None:
    before = (Correction(kind=CorrectionKind.REQUIREMENT, value=one, reason="seen") for one in added)
    answer = Answer(outcome="failed", error="ImportError", message=LACKS, text=trace(f"ImportError: {LACKS}"))
    found = correction_for(
        Failed(
            verdict_of(answer),
            answer,
            project(tmp_path, *before),
            installed={"flask": installed} if installed else {},
        )
    )
    assert (found.value if found else "") == value


def test_what_cannot_be_had_is_not_asked_for_again(tmp_path: Path) -> None:
    answer = Answer(outcome="failed", error="ImportError", message=LACKS, text=trace(f"ImportError: {LACKS}"))
    refused = (("requirement", "flask<3"),)
    versions = {"flask": "3.1.3"}
    of = project(tmp_path)
    assert correction_for(Failed(verdict_of(answer), answer, of, installed=versions, refused=refused)) is None


class Seeing:
    """An engine whose trials always see the same write; it keeps what was asked."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []

    def try_out(self, trial: Any) -> Any:
        self.tasks.append(json.loads(trial.stdin))
        answer = Answer(outcome="ended", writes=(Write(path="/app/app.db", place="/app/app.py"),))
        return SimpleNamespace(stdout=msgspec.json.encode(answer))


@pytest.mark.parametrize("process", ["release", ""])
def test_the_process_that_could_not_open_its_database_is_watched(tmp_path: Path, process: str) -> None:
    of = project(tmp_path)
    migrate = Process(name="release", type=ProcessType.RELEASE, argv=("/opt/venv/bin/python", "migrate.py"))
    plan = msgspec.structs.replace(of.plan, processes=(*of.plan.processes, migrate))
    of = PlannedProject(plan, of.project, of.root)
    failure = UnhealthyError("it ended", hint="")
    failure.unwritable, failure.process = UNNAMED, process
    engine, world = Seeing(), SimpleNamespace(reporter=SilentReporter())
    found = correction_of(failure, of, world, engine)
    assert found is not None and (found.kind, found.value) == (CorrectionKind.MOVED_FILE, "/app/app.db")
    expected = ["/opt/venv/bin/python", "migrate.py"] if process else list(of.plan.web.argv)
    assert [task["argv"] for task in engine.tasks] == [expected]
    assert engine.tasks[0]["interface"] == ("own" if process else "wsgi")


def test_a_database_in_the_users_home_gets_a_volume_once(tmp_path: Path) -> None:
    of = project(tmp_path)
    found = written_folder("/tmp/.config/shop/shop.db", "", of)
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.VOLUME, "/tmp/.config/shop")
    assert written_folder("/tmp/.config/shop/shop.db", "", project(tmp_path, found)) is None
    assert written_folder("/tmp/shop.db", "", of) is None


def test_a_folder_that_a_package_makes_beside_its_code_is_in_memory(tmp_path: Path) -> None:
    of, made = project(tmp_path), "/opt/venv/lib/python3.13/site-packages/pango/_generated/"
    found = written_folder(made, "", of)
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.TEMPORARY_FOLDER, made.rstrip("/"))
    assert written_folder(made, "", project(tmp_path, found)) is None
    # of a file nobody knows what it replaces
    assert written_folder("/opt/venv/lib/python3.13/site-packages/pango/state.db", "", of) is None


def test_a_package_whose_function_the_start_misses_is_taken_older(tmp_path: Path) -> None:
    lacking = trace(
        '  File "/app/app.py", line 36, in make_pool',
        "    return await aioredis.create_redis_pool(ADDRESS)",
        "AttributeError: module 'aioredis' has no attribute 'create_redis_pool'",
    )
    found = seen(lacking, project(tmp_path), aioredis="2.0.1")
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.REQUIREMENT, "aioredis<2")
    assert seen(lacking, project(tmp_path)) is None  # a module of the app's own lacks it


def test_a_password_that_is_refused_is_no_reason_for_other_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("okamochi.build.revision.read_commit_instant", lambda _: "2025-07-26T12:00:00Z")
    inside = '  File "/opt/venv/lib/python3.13/site-packages/asyncpg/connection.py", line 9, in connect'
    failed = trace(inside, "    await connected", "TypeError: connect() got an unexpected keyword")
    found = seen(failed, project(tmp_path), asyncpg="0.30.0")
    assert found is not None and found.kind is CorrectionKind.EXCLUDE_NEWER
    refused = trace(
        inside,
        "    await connected",
        'asyncpg.exceptions.InvalidPasswordError: password authentication failed for user "shop"',
    )
    assert seen(refused, project(tmp_path), asyncpg="0.30.0") is None


def test_a_command_that_an_old_flask_does_not_find_gets_pkg_resources(tmp_path: Path) -> None:
    log = "Usage: flask [OPTIONS] COMMAND [ARGS]...\n\nError: No such command 'db'.\n"
    found = seen(log, project(tmp_path), flask="1.1.2")
    assert found is not None and found.value == "setuptools<81" and "command db" in found.reason
    assert seen(log, project(tmp_path, found), flask="1.1.2") is None
    assert seen(log, project(tmp_path), flask="1.1.2", setuptools="80.9.0") is None
    assert seen(log, project(tmp_path), flask="2.3.3") is None
    assert seen("Error: the database is locked\n", project(tmp_path), flask="1.1.2") is None


def test_a_broker_that_refuses_its_client_is_taken_with_the_bounds_of_its_extra(tmp_path: Path) -> None:
    log = trace(
        '  File "/opt/venv/lib/python3.11/site-packages/kombu/transport/redis.py", line 2072, in _get_client',
        "    raise VersionMismatch(",
        "kombu.exceptions.VersionMismatch: Redis transport requires redis-py versions 6.1.0 or later. "
        "You have 3.5.3",
    )
    found = seen(log, project(tmp_path), kombu="5.6.2", redis="3.5.3")
    assert found is not None and found.value == "kombu[redis]" and is_sound(found)
    assert "kombu 5.6.2 refuses redis 3.5.3" in found.reason
    again = seen(log, project(tmp_path, found), kombu="5.6.2", redis="3.5.3")
    assert again is None or again.value != "kombu[redis]"


def test_a_broker_whose_client_nothing_asks_for_is_taken_with_it(tmp_path: Path) -> None:
    log = trace(
        '  File "/opt/venv/lib/python3.11/site-packages/kombu/transport/redis.py", line 267, in <module>',
        "    class PrefixedStrictRedis(GlobalKeyPrefixMixin, redis.Redis):",
        "AttributeError: 'NoneType' object has no attribute 'Redis'",
    )
    found = seen(log, project(tmp_path), kombu="5.3.5")
    assert found is not None and found.value == "kombu[redis]"
    other = seen(log.replace("kombu/transport", "shop/transport"), project(tmp_path), kombu="5.3.5")
    assert other is None or other.value != "kombu[redis]"


def looked_into(error: str, line: str = "", package: str = "") -> Answer:
    frames = ['  File "/app/app.py", line 3, in <module>', f"    {line or 'app.mount(...)'}"]
    if package:
        frames += [f'  File "/opt/venv/lib/python3.13/site-packages/{package}", line 2, in f', "    raise"]
    kind, _, message = error.partition(": ")
    return Answer(outcome="failed", error=kind, message=message, text=trace(*frames, error))


STARLETTE = "starlette/staticfiles.py"


@pytest.mark.parametrize(
    ("answer", "folder"),
    [
        (looked_into("RuntimeError: Directory 'uploads' does not exist", package=STARLETTE), "/app/uploads"),
        (looked_into("RuntimeError: Directory './static/media' does not exist"), "/app/static/media"),
        (
            looked_into(
                "FileNotFoundError: [Errno 2] No such file or directory: 'data'",
                "for f in os.listdir('data'):",
            ),
            "/app/data",
        ),
    ],
)
def test_a_folder_that_is_filled_while_the_app_runs_is_made(
    tmp_path: Path, answer: Answer, folder: str
) -> None:
    found = correction_for(Failed(verdict_of(answer), answer, project(tmp_path)))
    assert found is not None
    assert (found.kind, found.value) == (CorrectionKind.VOLUME, folder)
    assert correction_for(Failed(verdict_of(answer), answer, project(tmp_path, found))) is None


@pytest.mark.parametrize(
    "answer",
    [
        looked_into("RuntimeError: Directory 'frontend/dist' does not exist", package=STARLETTE),
        looked_into("RuntimeError: Directory '/srv/uploads' does not exist", package=STARLETTE),
        looked_into("RuntimeError: Directory '.' does not exist", package=STARLETTE),
        looked_into("FileNotFoundError: [Errno 2] No such file or directory: 'data'", "open('data').read()"),
    ],
)
def test_what_somebody_forgot_to_make_is_not_made_empty(tmp_path: Path, answer: Answer) -> None:
    assert correction_for(Failed(verdict_of(answer), answer, project(tmp_path))) is None
