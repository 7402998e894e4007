"""Revision and source of a checkout, read from .git as files: running git in a project that nobody
prepared could run programs that its configuration names."""

import re
import stat
from pathlib import Path

import msgspec

from okamochi.system.clock import Clock
from okamochi.system.patterns import regex

__all__ = ["Revision", "index_stamp", "read_commit_instant", "read_revision", "tags_stamp"]

COMMIT = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
COMMITTER = regex(rb"^committer [^\n]*> (\d{1,11}) [+-]\d{4}$", re.MULTILINE)
REF = regex(r"refs/[^\0\n]{1,500}")
LIMIT_BYTES = 4_000_000


class Revision(msgspec.Struct, frozen=True):
    """`commit` in hexadecimal, `source` the address of the remote "origin" without credentials; or empty."""

    commit: str = ""
    source: str = ""


def read_revision(project: Path) -> Revision:
    """Of the checkout that holds `project`; empty when it is none, or when .git is not as expected."""
    git = git_folder(project)
    return Revision(head_commit(git), origin_of(git)) if git is not None else Revision()


def read_commit_instant(project: Path) -> str:
    """When the last commit of the checkout that holds `project` was made (RFC 3339 in UTC); "" when there is
    none that can be read."""
    git = git_folder(project)
    return instant_of(git, head_commit(git)) if git is not None else ""


def git_folder(project: Path) -> Path | None:
    """The .git of the checkout that holds `project`; None when there is none, or it is a file that leads
    elsewhere (a worktree's, a submodule's)."""
    for folder in (project, *project.parents):
        git = folder / ".git"
        if git.exists():
            return git if git.is_dir() else None
    return None


def tags_stamp(project: Path) -> str:
    """Another one whenever a tag came, moved or went."""
    git = git_folder(project)
    return " ".join(map(changed_at, (git / "packed-refs", git / "refs/tags"))) if git is not None else ""


def index_stamp(project: Path) -> str:
    """Another one whenever git's index changed: which files it tracks."""
    git = git_folder(project)
    return changed_at(git / "index") if git is not None else ""


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


def head_commit(git: Path) -> str:
    head = read(git / "HEAD").strip()
    if COMMIT.fullmatch(head):
        return head
    name = head.removeprefix("ref: ")
    if REF.fullmatch(name) is None or ".." in name:
        return ""
    loose = read(git / name).strip()
    return loose if COMMIT.fullmatch(loose) else packed(git, name)


def packed(git: Path, name: str) -> str:
    for line in read(git / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name and COMMIT.fullmatch(commit):
            return commit
    return ""


def origin_of(git: Path) -> str:
    import configparser

    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string("\n".join(line.strip() for line in read(git / "config").splitlines()))
        address = parser.get('remote "origin"', "url", fallback="") or ""
    except configparser.Error:
        return ""
    return without_credentials(address)


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


def read(path: Path) -> str:
    try:
        facts = path.stat()
        if facts.st_size > LIMIT_BYTES or not stat.S_ISREG(facts.st_mode):
            return ""
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
