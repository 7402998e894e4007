"""Where the lock of a database that is a file lies."""

from dataclasses import dataclass
from pathlib import Path

from okamochi.kit.database_lock import Lock


@dataclass
class SQLiteFile:
    file: str
    server: str = "sqlite"

    def close(self) -> None: ...


def test_the_lock_lies_where_a_link_leads_since_the_link_is_between_read_only_code(tmp_path: Path) -> None:
    volume, code = tmp_path / "volume", tmp_path / "code"
    volume.mkdir()
    code.mkdir()
    (code / "db.sqlite3").symlink_to(volume / "db.sqlite3")
    with Lock(SQLiteFile(str(code / "db.sqlite3")), 1, lambda _: None):
        assert [path.name for path in volume.iterdir()] == ["db.sqlite3.migration-lock"]
    assert [path.name for path in code.iterdir()] == ["db.sqlite3"]
