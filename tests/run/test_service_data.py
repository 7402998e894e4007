"""How a MongoDB is saved and loaded, with programs in the place of its own that tell what they were asked."""

import os
import subprocess
from pathlib import Path

import pytest

from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.run.service_data import ServiceData, data_of

MONGO = BackingService(
    kind=ServiceKind.MONGODB, name="mongo", image="mongo:8.0", port=27017, user="app", database="shop"
)
LOGIN = "--username app --password it's secret --authenticationDatabase admin"
# writes its own name and arguments, and fails where the test says so
PROGRAM = """\
#!/bin/sh
echo "${0##*/} $*" >>"$ASKED"
[ "${0##*/}" != "${FAILS:-}" ] || { echo broken >&2; exit 3; }
"""


@pytest.fixture
def data() -> ServiceData:
    found = data_of(MONGO)
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "password").write_text("it's secret\n")
    return tmp_path


def run(
    folder: Path, argv: tuple[str, ...], programs: tuple[str, ...], fails: str = ""
) -> tuple[int, list[str]]:
    """The exit code, and what the programs were asked."""
    bin_folder, asked = folder / "bin", folder / "asked"
    bin_folder.mkdir()
    for name in programs:
        (bin_folder / name).write_text(PROGRAM)
        (bin_folder / name).chmod(0o755)
    environ = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "MONGO_INITDB_ROOT_PASSWORD_FILE": str(folder / "password"),
        "ASKED": str(asked),
        "FAILS": fails,
    }
    done = subprocess.run(argv, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode, asked.read_text().splitlines() if asked.exists() else []


def test_a_dump_of_its_database_goes_to_stdout(folder: Path, data: ServiceData) -> None:
    code, asked = run(folder, data.save, ("mongodump",))
    assert (code, asked) == (0, [f"mongodump --quiet --archive --gzip {LOGIN} --db shop"])


def test_a_dump_that_fails_is_no_dump(folder: Path, data: ServiceData) -> None:
    assert run(folder, data.save, ("mongodump",), fails="mongodump")[0] == 3


@pytest.mark.parametrize("shell", ["mongosh", "mongo"])  # before 5.0 its image has the old shell alone
def test_what_is_there_goes_before_a_dump_is_loaded(folder: Path, data: ServiceData, shell: str) -> None:
    code, asked = run(folder, data.load, (shell, "mongorestore"))
    assert code == 0
    assert asked == [
        f"{shell} --quiet {LOGIN} shop --eval db.dropDatabase()",
        f"mongorestore --quiet --archive --gzip --drop {LOGIN} --nsInclude shop.*",
    ]


def test_nothing_is_loaded_where_what_is_there_cannot_go(folder: Path, data: ServiceData) -> None:
    code, asked = run(folder, data.load, ("mongosh", "mongorestore"), fails="mongosh")
    assert code == 3
    assert [one.partition(" ")[0] for one in asked] == ["mongosh"]
