"""The file of a backup: whole, private, and refused when it is not what it says."""

import tarfile
from pathlib import Path

import msgspec
import pytest

from okamochi.errors import UsageError
from okamochi.model.backing_service import BackingService, ServiceKind
from okamochi.model.process import Volume
from okamochi.oci.digest import Digest
from okamochi.workflows.restore import mismatches
from okamochi.workflows.starting.backup_file import BackupFile, Manifest, Part, write_backup
from tests.detect.plans import FLASK_APP, planned

CONTENT = b"rows and rows" * 100


def made(folder: Path, **changes: object) -> Path:
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts" / "database-db.dump").write_bytes(CONTENT)
    part = Part(
        kind="postgres",
        name="db",
        file="database-db.dump",
        digest=str(Digest.of(CONTENT)),
        size_bytes=len(CONTENT),
        image="postgres:17",
        database="shop",
    )
    manifest = Manifest(format=1, app="app", made="2026-11-28T00:00:00Z", okamochi="0", parts=(part,))
    target = folder / "shop.okamochi-backup"
    write_backup(target, msgspec.structs.replace(manifest, **changes), folder / "parts")
    return target


def test_a_backup_is_private_and_gives_back_what_went_in(tmp_path: Path) -> None:
    target = made(tmp_path)
    assert target.stat().st_mode & 0o777 == 0o600
    backup = BackupFile.open(target)
    with backup.part(backup.manifest.parts[0]) as stream:
        assert stream.read() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts", target.name]


def test_a_backup_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    target = made(tmp_path)
    before = target.read_bytes()
    (tmp_path / "parts" / "database-db.dump").unlink()
    manifest = BackupFile.open(target).manifest
    with pytest.raises(FileNotFoundError):
        write_backup(target, manifest, tmp_path / "parts")
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["parts", target.name]


def test_what_is_damaged_cut_off_or_newer_is_refused(tmp_path: Path) -> None:
    target = made(tmp_path)
    content = target.read_bytes()
    for wrong in (content.replace(b"rows", b"lows", 1), content[:1500], b"", b"\0" * 10240):
        target.write_bytes(wrong)
        with pytest.raises(UsageError, match="no backup"):
            BackupFile.open(target)
    with pytest.raises(UsageError, match="format 2"):
        BackupFile.open(made(tmp_path, format=2))
    with tarfile.open(target, "w") as tar:
        tar.add(tmp_path / "parts", "parts")
    with pytest.raises(UsageError, match="does not begin with a manifest"):
        BackupFile.open(target)


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ({}, ()),
        ({"image": "postgres:18", "volume_path": "/var/lib/postgresql"}, ()),
        ({"image": "postgres:16"}, ("dumps are not read by older ones",)),
        ({"kind": ServiceKind.MYSQL, "image": "mysql:8.4"}, ("db is mysql, the file's is postgres",)),
        ({"name": "data"}, ("the app has no service db",)),
        ({"database": "other"}, ("the database of db is other",)),
    ],
)
def test_a_backup_of_another_app_or_service_does_not_fit(
    tmp_path: Path, service: dict[str, object], says: tuple[str, ...]
) -> None:
    own = BackingService(
        kind=ServiceKind.POSTGRES,
        name="db",
        image="postgres:17",
        port=5432,
        user="app",
        database="shop",
        volume_path="/var/lib/postgresql/data",
    )
    plan = msgspec.structs.replace(
        planned({"app.py": FLASK_APP}),
        name="app",
        services=(msgspec.structs.replace(own, **service),),
        volumes=(Volume(name="uploads", path="/app/uploads"),),
    )
    found = tuple(mismatches(BackupFile.open(made(tmp_path)), plan))
    assert len(found) == len(says)
    for text, part in zip(found, says, strict=True):
        assert part in text
    assert next(iter(mismatches(BackupFile.open(made(tmp_path, app="other")), plan))) == "it is of other"
