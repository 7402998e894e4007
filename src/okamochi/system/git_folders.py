"""Where a checkout keeps what git knows of it, read from files: running git in a project that nobody prepared
could run programs that its configuration names.

https://git-scm.com/docs/gitrepository-layout, https://git-scm.com/docs/git-worktree
"""

from pathlib import Path

import msgspec

from okamochi.system.regular_files import regular_text

__all__ = ["GitFolders", "checkout_root", "config_value", "git_folders"]

LEADS = "gitdir: "


class GitFolders(msgspec.Struct, frozen=True):
    """`own` holds HEAD and the index of this checkout; `common`, which linked worktrees share, the branches,
    tags, objects and the configuration. For most checkouts both are the folder .git."""

    own: Path
    common: Path


def checkout_root(start: Path) -> Path | None:
    """The nearest folder, `start` or one above, with a .git."""
    return next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)


def git_folders(root: Path) -> GitFolders | None:
    """Of the checkout whose root it is; None for a file .git that leads to nothing of this checkout: nobody's
    project shows what another repository holds."""
    entry = root / ".git"
    if entry.is_dir():
        return GitFolders(entry, entry)
    text = regular_text(entry)
    if not text.startswith(LEADS):
        return None
    own = root / text.removeprefix(LEADS).strip()
    return GitFolders(own, common_of(own)) if leads_back(own, root) else None


def common_of(own: Path) -> Path:
    """A linked worktree names the folder that it shares."""
    named = regular_text(own / "commondir").strip()
    return own / named if named else own


def leads_back(own: Path, root: Path) -> bool:
    """A linked worktree's folder names the worktree's .git, a submodule's the folder of its files."""
    worktree = regular_text(own / "gitdir").strip()
    if worktree:
        return is_same(own / worktree, root / ".git")
    submodule = config_value(regular_text(own / "config"), "core", "worktree")
    return bool(submodule) and is_same(own / submodule, root)


def is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def config_value(text: str, section: str, name: str) -> str:
    """Of a git configuration; "" when it does not say, or cannot be read."""
    import configparser

    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string("\n".join(line.strip() for line in text.splitlines()))
        return parser.get(section, name, fallback="") or ""
    except configparser.Error:
        return ""
