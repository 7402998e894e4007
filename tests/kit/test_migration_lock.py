"""The lock file of a migration lies beside the database itself, not beside a link to it."""

from pathlib import Path
from types import SimpleNamespace

from okamochi.kit.database_lock import Lock


def test_of_a_database_that_is_a_link_into_a_volume_the_lock_lies_in_the_volume(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "app").mkdir()
    link = tmp_path / "app/shop.db"
    link.symlink_to(tmp_path / "volume/shop.db")
    database = SimpleNamespace(server="sqlite", file=str(link), close=lambda: None)
    with Lock(database, 1, print):
        assert (tmp_path / "volume/shop.db.migration-lock").exists()
    assert [one.name for one in (tmp_path / "app").iterdir()] == ["shop.db"]
