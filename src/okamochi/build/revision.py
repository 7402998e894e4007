"""Revision and source of a checkout, read from .git as files: running git in a project that nobody
prepared could run programs that its configuration names."""

import re
from pathlib import Path

import msgspec

from okamochi.system.clock import Clock
from okamochi.system.git_folders import GitFolders, checkout_root, config_value, git_folders
from okamochi.system.patterns import regex
from okamochi.system.regular_files import regular_text

__all__ = [
    "COMMIT",
    "Revision",
    "folders_around",
    "head_commit",
    "index_stamp",
    "read_commit_instant",
    "read_revision",
    "tags_stamp",
    "without_credentials",
]

COMMIT = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
COMMITTER = regex(rb"^committer [^\n]*> (\d{1,11}) [+-]\d{4}$", re.MULTILINE)
REF = regex(r"refs/[^\0\n]{1,500}")


class Revision(msgspec.Struct, frozen=True):
    """`commit` in hexadecimal, `source` the address of the remote "origin" without credentials; or empty."""

    commit: str = ""
    source: str = ""


def read_revision(project: Path) -> Revision:
    """Of the checkout that holds `project`; empty when it is none, or when .git is not as expected."""
    git = folders_around(project)
    return Revision(head_commit(git), origin_of(git.common)) if git is not None else Revision()


def read_commit_instant(project: Path) -> str:
    """When the last commit of the checkout that holds `project` was made (RFC 3339 in UTC); "" when there is
    none that can be read."""
    git = folders_around(project)
    return instant_of(git.common, head_commit(git)) if git is not None else ""


def folders_around(project: Path) -> GitFolders | None:
    """Those of the checkout that holds `project`."""
    root = checkout_root(project)
    return git_folders(root) if root is not None else None


def tags_stamp(project: Path) -> str:
    """Another one whenever a tag came, moved or went."""
    git = folders_around(project)
    if git is None:
        return ""
    return " ".join(map(changed_at, (git.common / "packed-refs", git.common / "refs/tags")))


def index_stamp(project: Path) -> str:
    """Another one whenever git's index changed: which files it tracks."""
    git = folders_around(project)
    return changed_at(git.own / "index") if git is not None else ""


def changed_at(place: Path) -> str:
    try:
        return str(place.stat().st_mtime_ns)
    except OSError:
        return "-"


def instant_of(git: Path, commit: str) -> str:
    from okamochi.build.git_objects import read_commit

    head = read_commit(git, commit).partition(b"\n\n")[0] if commit else b""
    found = COMMITTER.search(head)
    if found is None:
        return ""
    return Clock(int(found[1])).rfc3339


def head_commit(git: GitFolders) -> str:
    head = regular_text(git.own / "HEAD").strip()
    if COMMIT.fullmatch(head):
        return head
    name = head.removeprefix("ref: ")
    if REF.fullmatch(name) is None or ".." in name:
        return ""
    loose = regular_text(git.common / name).strip()
    return loose if COMMIT.fullmatch(loose) else packed(git.common, name)


def packed(git: Path, name: str) -> str:
    for line in regular_text(git / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name and COMMIT.fullmatch(commit):
            return commit
    return ""


def origin_of(git: Path) -> str:
    return without_credentials(config_value(regular_text(git / "config"), 'remote "origin"', "url"))


def without_credentials(address: str) -> str:
    """Only http(s) addresses and scp-like ones are told; a path of this machine is nobody's business."""
    from urllib.parse import urlsplit, urlunsplit

    try:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https", "ssh", "git") and parts.hostname:
            port = f":{parts.port}" if parts.port else ""
            return urlunsplit((parts.scheme, parts.hostname + port, parts.path, "", ""))
    except ValueError:
        return ""
    scp_like = re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+\.[\w.-]+):([\w./~-]+)", address)
    return f"ssh://{scp_like[1]}/{scp_like[2].lstrip('/')}" if scp_like else ""
