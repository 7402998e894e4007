"""A root folder for one command where nothing can be mounted: chroot(2) into a tree of further names of its
files, in which lie the folders that the command is given."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from okamochi.run.host.isolation import Isolation
from okamochi.run.host.unpack import within
from okamochi.system.file_systems import holds_roots, temporary_with_programs

__all__ = ["Bind", "in_own_root", "jailed", "linked"]

EMPTY = ("dev", "tmp")
Bind = tuple[Path, str, bool]
"""A folder or file outside, its place inside, whether it may be written."""


def in_own_root(
    told: dict[str, Any], way: Isolation, held: ExitStack, *, folder: Path | None = None
) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """What the launcher is told of a command without a network, in namespaces or in a jail, which `held`
    keeps; and where what it may write lies. A jail is put together in `folder`, if there is one, which is on
    the root's own file system: elsewhere its files would be copied."""
    binds = tuple((Path(outside), inside, writable) for outside, inside, writable in told["binds"])
    if way.namespaces:
        namespaces = {**dict(way.namespaces), "net": True}
        return told | {"namespaces": namespaces}, tuple(outside for outside, _, writable in binds if writable)
    jail, written = held.enter_context(jailed(Path(told["root"]), binds, folder=folder))
    return told | {"root": str(jail), "chroot": True, "confined": {}}, written


@contextmanager
def jailed(
    root: Path, binds: Sequence[Bind], *, folder: Path | None = None
) -> Iterator[tuple[Path, tuple[Path, ...]]]:
    """The tree, and where in it those lie that may be written: they are moved in, and at the end out again.
    What may only be read gets further names. OSError as the system says it."""
    wanted = (folder, *(outside.parent for outside, _, writable in binds if writable))
    able = (os.fspath(place) for place in wanted if place is not None and holds_roots(place))
    beside = next(able, None) or temporary_with_programs()
    # a build that ends early does not wait for this: then two are at work in the folder
    temporary = tempfile.TemporaryDirectory("", "okamochi-jail-", beside, ignore_cleanup_errors=True)
    with temporary as name, ExitStack() as moved:
        jail = Path(name, "root")
        linked(root, jail)
        Path(name).chmod(0o755)
        jail.chmod(0o755)
        for inside in EMPTY:
            emptied(jail / inside)
        yield jail, tuple(place for bind in binds for place in laid(jail, bind, moved))


def emptied(place: Path) -> None:
    """A folder of the tree itself: an image could have a link there, and root makes devices below."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.mkdir()


def laid(jail: Path, bind: Bind, moved: ExitStack) -> Iterator[Path]:
    outside, inside, writable = bind
    place = within(jail, inside.lstrip("/"))
    place.parent.mkdir(parents=True, exist_ok=True)
    emptied(place)
    place.rmdir()
    if not writable:
        linked(outside, place)
        return
    shutil.move(outside, place)
    moved.callback(shutil.move, place, outside)
    yield place


def linked(source: Path, place: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, place, symlinks=True, copy_function=link_or_copy)
    else:
        link_or_copy(os.fspath(source), os.fspath(place))


def link_or_copy(source: str, place: str) -> None:
    try:
        os.link(source, place, follow_symlinks=False)
    except OSError:  # on another file system, or one without links
        shutil.copy2(source, place, follow_symlinks=False)
