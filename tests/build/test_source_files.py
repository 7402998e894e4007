import errno
import os
from pathlib import Path

import pytest

from okamochi.build.source_files import LARGEST_FILE_BYTES, read_source
from okamochi.errors import BuildError
from okamochi.oci.entry import EntryKind
from okamochi.oci.tar_writer import tar_chunks


def paths(root: Path, *exclude: str) -> list[str]:
    return [entry.path for entry in read_source(root, exclude).entries]


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")


def test_entries_are_sorted_and_stand_below_app(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/z.py", "a/b.py")
    assert paths(tmp_path) == ["app", "app/a", "app/a/b.py", "app/a/z.py", "app/b.py"]


def test_folders_without_a_file_that_is_taken_stay_and_those_that_are_left_out_do_not(tmp_path: Path) -> None:
    write(tmp_path, "keep/.gitkeep", "logs/a.log", "up/b.bin", "out/c.txt")
    (tmp_path / "empty/deeper").mkdir(parents=True)
    found = paths(tmp_path, "*.log", "up/*", "out/")
    assert found == [
        "app",
        "app/empty",
        "app/empty/deeper",
        "app/keep",
        "app/keep/.gitkeep",
        "app/logs",
        "app/up",
    ]


def test_excluded_folders_are_not_entered_at_any_depth(tmp_path: Path) -> None:
    write(tmp_path, "app.py", "sub/.env", "sub/.env.prod", ".git/config", "sub/__pycache__/a.pyc")
    assert paths(tmp_path, ".git/", "__pycache__/", ".env", ".env.*") == ["app", "app/app.py", "app/sub"]


def test_a_later_pattern_brings_a_file_back(tmp_path: Path) -> None:
    write(tmp_path, "a.env", "keep.env")
    assert paths(tmp_path, "*.env", "!keep.env") == ["app", "app/keep.env"]


def test_modes_are_normalised_but_executables_stay_executable(tmp_path: Path) -> None:
    write(tmp_path, "run.sh", "a.py")
    (tmp_path / "run.sh").chmod(0o700)
    (tmp_path / "a.py").chmod(0o666)
    modes = {entry.path: entry.mode for entry in read_source(tmp_path, ()).entries}
    assert modes["app/run.sh"] == 0o755
    assert modes["app/a.py"] == 0o644


def test_a_link_inside_the_project_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path, "real.txt")
    (tmp_path / "link.txt").symlink_to("real.txt")
    link = next(entry for entry in read_source(tmp_path, ()).entries if entry.path == "app/link.txt")
    assert (link.kind, link.target) == (EntryKind.SYMLINK, "real.txt")


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "sub/../../outside"])
def test_a_link_out_of_the_project_is_refused_by_name(tmp_path: Path, target: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "evil").symlink_to(target)
    with pytest.raises(BuildError, match="symbolic links that lead out") as caught:
        read_source(tmp_path, ())
    assert "evil" in caught.value.where


def test_a_link_of_another_machine_that_leads_nowhere_is_left_out_and_told(tmp_path: Path) -> None:
    write(tmp_path, "app.py")
    (tmp_path / ".pdbrc").symlink_to("/Users/someone-else/.pdbrc")
    found = read_source(tmp_path, ())
    assert [entry.path for entry in found.entries] == ["app", "app/app.py"]
    assert found.special == (".pdbrc",)


def test_a_link_to_a_place_that_no_system_can_have_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "far").symlink_to("/" + "x" * 300)
    assert read_source(tmp_path, ()).special == ("far",)


def test_a_link_to_where_nobody_may_look_leads_out_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").symlink_to("/root/closed/secret")
    looked_at = Path.stat

    def stat(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.name == "secret":
            raise PermissionError(errno.EACCES, "Permission denied")
        return looked_at(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(BuildError, match="/root/closed/secret"):
        read_source(tmp_path, ())


def test_a_link_out_of_the_project_may_be_excluded(tmp_path: Path) -> None:
    (tmp_path / "evil").symlink_to("/etc/passwd")
    assert paths(tmp_path, "evil") == ["app"]


def test_a_name_that_is_not_utf8_is_shown_and_refused(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))).write_text("x")
    with pytest.raises(BuildError, match="not UTF-8") as caught:
        read_source(tmp_path, ())
    assert "caf\\xe9.txt" in caught.value.where


def test_a_stray_giant_is_refused_with_its_size(tmp_path: Path) -> None:
    with (tmp_path / "dump.bin").open("wb") as stream:
        stream.truncate(5 * LARGEST_FILE_BYTES)
    with pytest.raises(BuildError, match=r"too large .*dump.bin \(5.4 GB\)"):
        read_source(tmp_path, ())


def test_sockets_and_pipes_are_left_out_and_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert read_source(tmp_path, ()).special == ("pipe",)


def test_a_large_file_that_is_changed_between_its_digest_and_its_packing_is_told(tmp_path: Path) -> None:
    """Else a layer would be kept in the cache under the digest of what it does not hold."""
    model = tmp_path / "model.bin"
    model.write_bytes(b"old" * 500_000)
    (entry,) = (one for one in read_source(tmp_path, ()).entries if one.path == "app/model.bin")
    assert sum(map(len, tar_chunks((entry,), epoch_seconds=0, chunk_bytes=1 << 20))) > 1_500_000
    model.write_bytes(b"new" * 500_000)
    with pytest.raises(BuildError, match="was changed while it was packed"):
        list(tar_chunks((entry,), epoch_seconds=0, chunk_bytes=1 << 20))
