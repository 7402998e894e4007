"""Links from between the code into a volume."""

from okamochi.build.moved_files import with_moved_files
from okamochi.build.source_files import SourceFiles
from okamochi.model.process import MovedFile
from okamochi.oci.entry import EntryKind, directory, file

MOVED = (MovedFile(path="/app/shop.db", target="/var/lib/app-files/shop.db"),)


def test_a_file_that_is_not_there_yet_is_a_link_into_the_volume() -> None:
    source = with_moved_files(SourceFiles((directory("app", "app"), file("app/app.py", "app", b""))), MOVED)
    assert [entry.path for entry in source.entries] == ["app", "app/app.py", "app/shop.db"]
    assert source.entries[2].kind is EntryKind.SYMLINK
    assert source.entries[2].target == "/var/lib/app-files/shop.db"


def test_a_file_that_the_project_ships_is_what_the_volume_starts_with() -> None:
    source = with_moved_files(
        SourceFiles((directory("app", "app"), file("app/shop.db", "app", b"rows"))), MOVED
    )
    shipped = source.entries[2]
    assert (shipped.path, shipped.content and shipped.content.read()) == (
        "var/lib/app-files/shop.db",
        b"rows",
    )


def test_the_folder_of_a_file_deeper_down_is_there_from_the_start() -> None:
    moved = (MovedFile(path="/app/src/blog/blog.db", target="/var/lib/app-files/src/blog/blog.db"),)
    source = with_moved_files(SourceFiles((directory("app", "app"),)), moved)
    assert [(entry.path, entry.kind) for entry in source.entries if entry.path.startswith("var")] == [
        ("var/lib/app-files/src", EntryKind.DIRECTORY),
        ("var/lib/app-files/src/blog", EntryKind.DIRECTORY),
    ]
