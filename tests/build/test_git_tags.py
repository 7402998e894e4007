"""Tags against what git itself says of them."""

import io
from pathlib import Path

import pytest

from okamochi.build.git_objects import object_at
from okamochi.build.git_tags import next_version, tagged_version
from okamochi.build.revision import tags_stamp
from tests.build.real_git import git, new_repository


def at(minute: int) -> str:
    return f"2021-05-06T07:{minute:02}:00Z"


def commit(root: Path, minute: int) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", f"at {minute}", date=at(minute))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = new_repository(tmp_path / "repository")
    commit(root, 1)
    return root


def test_the_tag_itself_is_the_version_and_commits_since_make_it_the_next_ones(repository: Path) -> None:
    assert tagged_version(repository) == ""
    git(repository, "tag", "v1.2.0")
    assert tagged_version(repository) == "1.2.0"
    commit(repository, 2)
    (repository / "services").mkdir()
    assert tagged_version(repository / "services") == "1.2.1.dev1"


@pytest.mark.parametrize("packed", [False, True])
def test_annotated_tags_are_followed_loose_and_packed(repository: Path, packed: bool) -> None:
    git(repository, "tag", "-a", "-m", "note", "release-2.0rc1")
    commit(repository, 2)
    git(repository, "tag", "nightly")
    if packed:
        git(repository, "pack-refs", "--all")
        git(repository, "repack", "-q", "-a", "-d")
        assert not list((repository / ".git/refs/tags").iterdir())
    assert tagged_version(repository) == "2.0rc2.dev1"


def test_commits_of_merged_branches_count_as_git_counts_them(repository: Path) -> None:
    git(repository, "checkout", "-q", "-b", "old")
    for minute in (2, 3, 20):
        commit(repository, minute)
    git(repository, "checkout", "-q", "main")
    for minute in (4, 5):
        commit(repository, minute)
    git(repository, "tag", "0.9")
    commit(repository, 6)
    git(repository, "merge", "-q", "--no-ff", "-m", "merge", "old", date=at(30))
    described = git(repository, "describe", "--tags", "--long").strip()
    assert described.startswith("0.9-5-g")
    assert tagged_version(repository) == next_version(described) == "0.10.dev5"


def test_the_highest_of_several_tags_of_one_commit_counts(repository: Path) -> None:
    for name in ("1.9", "v1.10", "1.10rc1", "not-a-version"):
        git(repository, "tag", name)
    assert tagged_version(repository) == "1.10"


def test_a_clone_whose_history_was_cut_off_has_none(repository: Path, tmp_path: Path) -> None:
    git(repository, "tag", "1.0")
    for minute in (2, 3):
        commit(repository, minute)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", str(shallow))
    assert tagged_version(shallow) == ""
    assert tagged_version(tmp_path) == ""


def test_a_new_tag_is_noticed(repository: Path, tmp_path: Path) -> None:
    before = tags_stamp(repository)
    git(repository, "tag", "1.0")
    assert before != tags_stamp(repository) != ""
    assert tags_stamp(tmp_path) == ""


@pytest.mark.parametrize("start", [b"", b"\x60"], ids=["a size", "the place of a base"])
def test_a_pack_whose_numbers_never_end_is_not_read_to_its_own(start: bytes) -> None:
    """Each further byte made the number longer, and took longer than the one before: for a pack of some
    megabytes, days."""
    with pytest.raises(ValueError, match=r"too large|lies nowhere"):
        object_at(io.BytesIO(start + b"\xff" * 1_000_000), 0, Path(), 1)
