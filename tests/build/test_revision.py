from pathlib import Path

import pytest

from okamochi.build.git_objects import read_commit
from okamochi.build.git_tags import tagged_version
from okamochi.build.revision import Revision, read_commit_instant, read_revision, without_credentials
from tests.build.real_git import git, new_repository

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


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = new_repository(tmp_path / "repository")
    # alike and long, so that a pack keeps most of them as differences to another
    for number in range(12):
        git(
            root,
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            f"{number}\n\n" + "said again, in other words. " * 200,
        )
    return root


def test_the_last_commits_instant_is_read_without_git(repository: Path) -> None:
    (repository / "sub").mkdir()
    assert read_commit_instant(repository / "sub") == "2021-05-06T05:08:09Z"
    git(repository, "commit", "-q", "--allow-empty", "-m", "next", date="2022-01-01T00:00:00Z")
    assert read_commit_instant(repository) == "2022-01-01T00:00:00Z"


def test_every_commit_of_a_pack_is_read_as_git_reads_it(repository: Path) -> None:
    git(repository, "repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50")
    assert not list((repository / ".git/objects").glob("??/*"))
    (index,) = (repository / ".git/objects/pack").glob("*.idx")
    assert "chain length" in git(repository, "verify-pack", "-v", str(index))
    names = git(repository, "rev-list", "--all").split()
    assert len(names) == 12
    for name in names:
        assert read_commit(repository / ".git", name).decode() == git(repository, "cat-file", "commit", name)
    assert read_commit_instant(repository) == "2021-05-06T05:08:09Z"


def test_damaged_objects_give_nothing(repository: Path) -> None:
    head = read_revision(repository).commit
    tree = git(repository, "rev-parse", "HEAD^{tree}").strip()
    assert read_commit(repository / ".git", tree) == b""
    assert read_commit(repository / ".git", "0" * 40) == b""
    git(repository, "repack", "-q", "-a", "-d")
    (pack,) = (repository / ".git/objects/pack").glob("*.pack")
    content = pack.read_bytes()
    for place in range(12, len(content) - 20, 7):
        pack.chmod(0o644)
        pack.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        read_commit(repository / ".git", head)
    pack.write_bytes(content[:40])
    assert read_commit_instant(repository) == ""
    (index,) = (repository / ".git/objects/pack").glob("*.idx")
    index.chmod(0o644)
    index.write_bytes(index.read_bytes()[:500])
    assert read_commit_instant(repository) == ""


def test_a_linked_worktree_and_a_submodule_tell_their_own_commit(repository: Path, tmp_path: Path) -> None:
    git(repository, "remote", "add", "origin", "https://example.org/shop.git")
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "-q", str(linked), "-b", "other")
    git(linked, "commit", "-q", "--allow-empty", "-m", "next", date="2022-01-01T00:00:00Z")
    git(linked, "tag", "v2.0")
    assert read_revision(linked) == Revision(
        git(linked, "rev-parse", "HEAD").strip(), "https://example.org/shop.git"
    )
    assert read_revision(linked) != read_revision(repository)
    assert read_commit_instant(linked) == "2022-01-01T00:00:00Z"
    assert tagged_version(linked) == "2.0"
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(linked), "part")
    assert read_revision(repository / "part").commit == git(linked, "rev-parse", "HEAD").strip()


def test_a_folder_without_a_repository_has_no_commit(tmp_path: Path) -> None:
    assert read_commit_instant(checkout(tmp_path, COMMIT)) == ""
    assert read_commit_instant(Path("/")) == ""


def test_a_clone_that_borrows_its_objects_tells_the_instant(repository: Path, tmp_path: Path) -> None:
    git(repository, "clone", "--quiet", "--shared", ".", str(tmp_path / "clone"))
    again = tmp_path / "again"
    git(repository, "clone", "--quiet", "--shared", str(tmp_path / "clone"), str(again))
    assert read_commit_instant(again) == read_commit_instant(repository) != ""
    borrowed = again / ".git/objects/info/alternates"
    borrowed.write_text(f"{again / '.git/objects'}\n")  # from itself, and on and on
    assert read_commit_instant(again) == ""
