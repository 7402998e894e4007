from pathlib import Path

import pytest

from okamochi.build.revision import Revision, read_revision, without_credentials

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def checkout(root: Path, head: str = "ref: refs/heads/main\n", config: str = "") -> Path:
    (root / ".git/refs/heads").mkdir(parents=True)
    (root / ".git/HEAD").write_text(head)
    (root / ".git/config").write_text(config)
    return root


def test_a_loose_branch_gives_the_commit(tmp_path: Path) -> None:
    (checkout(tmp_path) / ".git/refs/heads/main").write_text(COMMIT + "\n")
    assert read_revision(tmp_path).commit == COMMIT


def test_a_packed_branch_gives_the_commit_also_from_a_subfolder(tmp_path: Path) -> None:
    (checkout(tmp_path) / ".git/packed-refs").write_text(f"# pack-refs\n{COMMIT} refs/heads/main\n")
    (tmp_path / "services/web").mkdir(parents=True)
    assert read_revision(tmp_path / "services/web").commit == COMMIT


def test_the_origin_is_told_without_credentials(tmp_path: Path) -> None:
    config = '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://me:secret@example.org/a/b.git\n'
    assert read_revision(checkout(tmp_path, COMMIT, config)).source == "https://example.org/a/b.git"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("git@example.org:a/b.git", "ssh://example.org/a/b.git"),
        ("/home/me/repository", ""),
        ("file:///home/me/repository", ""),
        ("https://[broken", ""),
    ],
)
def test_addresses_of_other_kinds(address: str, told: str) -> None:
    assert without_credentials(address) == told


def test_a_hostile_head_reads_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(COMMIT)
    checkout(tmp_path / "project", "ref: refs/../../secret\n")
    assert read_revision(tmp_path / "project") == Revision()
