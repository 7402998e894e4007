"""Rendering over files that are there: edits by hand, other people's files, places that cannot be written."""

import json
from pathlib import Path

import pytest

from okamochi.build.source_files import SourceFiles, read_source
from okamochi.errors import OkamochiError
from okamochi.render.rendering import RenderedFile
from okamochi.system.files import write_atomic
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.rendered import rendered_files
from okamochi.workflows.rendered.rendered_files import Outcome, Record, compared, read_record, write_outcomes
from tests.cli.program import Program, tree_of
from tests.detect.plans import FLASK_APP

SETTINGS = "port = 8000\n"


def project(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(FLASK_APP)
    (folder / "requirements.txt").write_text("flask\n")
    (folder / "okamochi.toml").write_text(SETTINGS)
    return folder


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_folder_that_was_rendered_into_is_none_of_the_app_and_agrees_with_the_plan_from_the_start(
    tmp_path: Path,
) -> None:
    program, folder = Program(), project(tmp_path)
    said = program.ok("render", "all", folder, "--output", folder / "deploy").stderr
    assert "the Dockerfile cannot be built in" in said
    assert (
        "cannot be built" not in program.ok("render", "swarm", folder, "--output", folder / "deploy").stderr
    )
    program.ok("render", "all", folder, "--output", folder / "deploy", "--check")
    assert "deploy" in (folder / "deploy/.dockerignore").read_text().splitlines()
    told = program.ok("plan", folder, "--explain", "source.exclude").stdout
    assert "deploy: written by okamochi render" in told and "deploy/secrets" not in told


def test_what_is_rendered_changes_nothing_of_the_image_not_even_by_empty_folders(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)

    def in_image() -> SourceFiles:
        plan = json.loads(program.ok("plan", folder, "--format", "json").stdout)
        return read_source(folder, plan["source"]["exclude"])

    before = in_image()
    program.ok("render", "all", folder)
    assert {"ecs", "kubernetes", "swarm"} <= {path.name for path in folder.iterdir()}
    assert in_image() == before
    program.ok("render", "all", folder, "--check")


@pytest.mark.needs("git")
def test_an_edit_is_told_by_check_accepted_by_the_next_render_and_kept_by_all_later_ones(
    tmp_path: Path,
) -> None:
    program, folder = Program(), project(tmp_path)
    compose = folder / "compose.yaml"
    assert program.ok("render", "compose", folder).stdout == "compose.dev.yaml\ncompose.yaml\n"
    program.ok("render", "compose", folder, "--check")
    edited(compose, 'max-file: "3"', 'max-file: "9"')
    told = program("render", "compose", folder, "--check")
    assert told.code == 1 and '+        max-file: "3"' in told.stderr
    assert "edits are kept" in program.ok("render", "compose", folder).stderr
    program.ok("render", "compose", folder, "--check")
    (folder / "okamochi.toml").write_text("port = 9000\n")
    assert program("render", "compose", folder, "--check").code == 1
    program.ok("render", "compose", folder)
    text = compose.read_text()
    assert 'max-file: "9"' in text and ":9000" in text and ":8000" not in text
    program.ok("render", "compose", folder, "--check")


@pytest.mark.needs("git")
def test_an_edit_of_what_the_plan_changes_as_well_is_refused_with_a_diff_and_left_alone(
    tmp_path: Path,
) -> None:
    program, folder = Program(), project(tmp_path)
    program.ok("render", "compose", folder)
    edited(folder / "compose.yaml", ":8000", ":7000")
    (folder / "okamochi.toml").write_text("port = 9000\n")
    before = tree_of(folder)
    answer = program("render", "compose", folder)
    assert answer.code == 1 and "cannot be merged" in answer.stderr and "7000" in answer.stderr
    assert tree_of(folder) == before
    program.ok("render", "compose", folder, "--force")
    assert "7000" not in (folder / "compose.yaml").read_text()


def test_without_git_an_edit_that_could_be_merged_says_what_merges_it(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path / "app")
    program.ok("render", "compose", folder)
    edited(folder / "compose.yaml", 'max-file: "3"', 'max-file: "9"')
    (folder / "okamochi.toml").write_text("port = 9000\n")
    answer = program.with_environ(PATH=str(tmp_path))("render", "compose", folder)
    assert answer.code == 1 and "there is no git" in answer.stderr and "install it" in answer.stderr
    assert 'max-file: "9"' in (folder / "compose.yaml").read_text()


def test_other_peoples_files_stay_as_they_are_and_nothing_else_is_written(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / ".gitlab-ci.yml").write_text("test:\n  script: [make]\n")
    before = tree_of(folder)
    answer = program("render", "gitlab-ci", folder)
    assert answer.code == 1 and "--adopt" in answer.stderr and "make" in answer.stderr
    assert tree_of(folder) == before


def test_compose_files_that_stay_beside_the_rendered_one_are_told(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / "docker-compose.yml").write_text("services: {}\n")
    (folder / "docker-compose.override.yml").write_text("services: {}\n")
    told = program.ok("render", "compose", folder).stderr
    assert "docker-compose.yml is still there" in told
    assert "--adopt writes down what the plan has from docker-compose.yml; then remove it" in told
    assert "merge it into compose.yaml (remove docker-compose.override.yml" in told
    assert "still there" not in program.ok("render", "env-sample", folder).stderr


def test_a_refusal_comes_before_the_lock_is_written(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / "Dockerfile").write_text("FROM scratch\n")
    before = tree_of(folder)
    answer = program("render", "dockerfile", folder)
    assert answer.code == 1 and "--adopt" in answer.stderr and "scratch" in answer.stderr
    assert tree_of(folder) == before
    (folder / "Dockerfile").unlink()
    (folder / "Dockerfile").mkdir()
    assert program("render", "dockerfile", folder).code == 2
    assert not (folder / "okamochi.lock").exists()


def test_the_language_is_that_of_the_last_time(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    program.ok("render", "env-sample", folder, "--lang", "ja")
    program.ok("render", "env-sample", folder, "--check")
    assert "環境変数" in (folder / ".env.sample").read_text()


def kit_of(folder: Path, *names: str, like: bytes = b"x = 1\n") -> list[RenderedFile]:
    """Writes these programs as rendering does, and no others."""
    world = World.real({}, SilentReporter(), cache_root=folder / "cache")
    files = [RenderedFile(path=f".okamochi/kit/{name}", content=like) for name in names]
    record = read_record(folder)
    outcomes = compared(world, folder, files, record, force=False).outcomes
    write_outcomes(folder, outcomes, record, base="python", language="en")
    return files


def test_programs_that_nothing_starts_any_more_go_but_not_edits_and_what_others_wrote(tmp_path: Path) -> None:
    kit = tmp_path / ".okamochi" / "kit"
    kit_of(tmp_path, "healthcheck.py", "migrate.py", "heartbeat.py")
    (kit / "own.py").write_text("mine\n")
    (kit / "heartbeat.py").write_text("x = 2\n")
    kit_of(tmp_path, "healthcheck.py")
    assert sorted(path.name for path in kit.iterdir()) == ["healthcheck.py", "heartbeat.py", "own.py"]
    assert ".okamochi/kit/migrate.py" not in read_record(tmp_path).files


def test_a_record_that_lies_removes_nothing_outside_of_the_programs(tmp_path: Path) -> None:
    kit_of(tmp_path, "healthcheck.py", "migrate.py")
    (tmp_path / "app.py").write_text("x = 1\n")
    record = tmp_path / ".okamochi" / "rendered.json"
    record.write_text(record.read_text().replace("kit/migrate.py", "kit/../../app.py"))
    kit_of(tmp_path, "healthcheck.py")
    assert (tmp_path / "app.py").is_file()


@pytest.mark.parametrize("content", ["", "[]", '{"x": ' + "[" * 200_000], ids=len)
def test_a_damaged_record_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / ".okamochi").mkdir()
    (tmp_path / ".okamochi/rendered.json").write_text(content)
    assert read_record(tmp_path) == Record()


def test_a_failure_half_way_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "first").write_text("mine\n")
    (tmp_path / "first").chmod(0o755)
    paths = ("first", "new/second", "new/" + "x" * 300)
    outcomes = [
        Outcome(RenderedFile(path=path, content=b"new\n"), b"mine\n" if path == "first" else None, b"new\n")
        for path in paths
    ]
    with pytest.raises(OkamochiError):
        write_outcomes(tmp_path, outcomes, Record(), base="python", language="en")
    assert [path.name for path in tmp_path.iterdir()] == ["first"]
    assert (tmp_path / "first").read_text() == "mine\n"
    assert (tmp_path / "first").stat().st_mode & 0o777 == 0o755


def test_an_interruption_half_way_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(path: Path, content: bytes, *, mode: int) -> None:
        if path.name == "second":
            raise KeyboardInterrupt
        write_atomic(path, content, mode=mode)

    monkeypatch.setattr(rendered_files, "write_atomic", interrupted)
    outcomes = [
        Outcome(RenderedFile(path=path, content=b"new\n"), None, b"new\n") for path in ("first", "new/second")
    ]
    with pytest.raises(KeyboardInterrupt):
        write_outcomes(tmp_path, outcomes, Record(), base="python", language="en")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path / "project")
    (tmp_path / "elsewhere").mkdir()
    (folder / ".okamochi").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    answer = program("render", "env-sample", folder)
    assert answer.code == 2 and "symbolic link" in answer.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_compose_file_without_the_dockerfile_that_it_builds_is_told(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    assert "a Dockerfile that is not there" in program.ok("render", "compose", folder).stderr
    (folder / "Dockerfile").write_text('FROM python:3.13\nCMD ["python"]\n')
    assert "has no stage production" in program.ok("render", "compose", folder).stderr
    (folder / "Dockerfile").write_text("FROM base AS production\n")
    assert "Dockerfile that" not in program.ok("render", "compose", folder).stderr


THEIRS = """\
services:
  web: {build: .}
  db:
    image: postgres:15
    environment: {POSTGRES_USER: keeper, POSTGRES_DB: books}
"""
READS = "import os, psycopg2\nconnect = lambda: psycopg2.connect(os.environ['DATABASE_URL'])\n"


def with_a_database(folder: Path) -> Path:
    """Nothing but its compose file says which."""
    project(folder)
    (folder / "app.py").write_text(f"{FLASK_APP}{READS}")
    (folder / "requirements.txt").write_text("flask\npsycopg2-binary\n")
    (folder / "compose.yaml").write_text(THEIRS)
    (folder / ".dockerignore").write_text("venv/\nnotes\n")
    return folder


def test_what_a_replaced_file_said_becomes_settings_and_nothing_drifts(tmp_path: Path) -> None:
    program, folder = Program(), with_a_database(tmp_path)
    (folder / "okamochi.toml").unlink()
    done = program.ok("render", "compose", folder, "--force")
    assert "okamochi.toml keeps what files said that were replaced: services" in done.stderr
    assert done.stdout == "compose.dev.yaml\ncompose.yaml\nsecrets/.gitignore\n"
    assert (folder / "okamochi.toml").read_text().splitlines()[1:] == [
        "# compose.yaml:4",
        "[services]",
        'db = { image = "postgres:15", user = "keeper", database = "books" }',
    ]
    program.ok("render", "compose", folder, "--check")
    assert 'image: "postgres:15"' in (folder / "compose.yaml").read_text()
    assert "keeps" not in program.ok("render", "compose", folder, "--force").stderr


def test_where_settings_are_already_what_is_missing_there_is_told(tmp_path: Path) -> None:
    program, folder = Program(), with_a_database(tmp_path)
    said = program.ok("render", "compose", folder, "--force").stderr
    assert 'add to the settings: [services]; db = { image = "postgres:15"' in said
    assert (folder / "okamochi.toml").read_text() == SETTINGS


def test_another_folder_replaces_nothing(tmp_path: Path) -> None:
    program, folder = Program(), with_a_database(tmp_path)
    (folder / "okamochi.toml").unlink()
    (folder / "deploy").mkdir()
    (folder / "deploy" / "compose.yaml").write_text("services: {}\n")
    program.ok("render", "compose", folder, "--output", folder / "deploy", "--force")
    assert not (folder / "okamochi.toml").exists() and (folder / "compose.yaml").read_text() == THEIRS


def test_remarks_stand_below_their_target_and_a_check_has_none(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    said = program.ok("render", "all", folder).stderr
    assert "\ndockerfile:\n  note: a Dockerfile cannot ask for" in said
    assert "\nnote: a Dockerfile" not in said
    assert "\nnote: a Dockerfile" in f"\n{program.ok('render', 'dockerfile', folder).stderr}"
    assert program.ok("render", "all", folder, "--check").stderr == "all is as the plan has it\n"


POLLING = """\
services:
  web: {build: .}
  poller: {build: ., command: python poller.py}
"""


def test_processes_that_only_replaced_files_named_are_kept_by_a_procfile(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / "poller.py").write_text("import time\nwhile True:\n    time.sleep(1)\n")
    (folder / "compose.yaml").write_text(POLLING)
    said = program.ok("render", "compose", folder, "--force").stderr
    assert "Procfile keeps the processes" in said and "the next plan is without" not in said
    assert (folder / "Procfile").read_text() == "poller: python poller.py\n"
    assert "  poller:\n" in (folder / "compose.yaml").read_text()
    program.ok("render", "compose", folder, "--check")


def test_a_procfile_of_the_project_s_own_is_not_touched(tmp_path: Path) -> None:
    program, folder = Program(), project(tmp_path)
    (folder / "poller.py").write_text("import time\nwhile True:\n    time.sleep(1)\n")
    (folder / "compose.yaml").write_text(POLLING)
    (folder / "Procfile").write_text("web: gunicorn app:app\n")
    said = program.ok("render", "compose", folder, "--force").stderr
    assert "said the process poller (a Procfile says the same: poller: python poller.py)" in said
    assert (folder / "Procfile").read_text() == "web: gunicorn app:app\n"
