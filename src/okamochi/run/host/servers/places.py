"""Where a server runs: root gives it a root of its own and another user; anybody else starts its programs by
their own loader, as the user that they are."""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from okamochi.run.host.jail import linked
from okamochi.run.host.names import names_library
from okamochi.run.host.shim import exec_script, loading
from okamochi.run.host.unpack import within
from okamochi.system.cache_owner import remove_tree
from okamochi.system.files import write_atomic

__all__ = ["OwnRoot", "OwnUser", "emptied", "place_for"]

USER = 10001
DATA = "data"
TOP = "root"
"""Says which packages a root of its own was made of."""
PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class HostPlace:
    """`root` has the packages' files, in the cache; `folder` is kept, with the data in it; `programs` goes
    with the container."""

    root: Path
    folder: Path
    programs: Path

    @property
    def host_data(self) -> Path:
        return self.folder / DATA

    def content(self, inside: str) -> bytes:
        return within(self.root, inside).read_bytes()


@dataclass(frozen=True)
class OwnRoot(HostPlace):
    """chroot(2) into `folder`, in which the packages' files have further names."""

    data = f"/{DATA}"

    def path(self, inside: str) -> str:
        return f"/{inside}"

    def prepare(self, _: Iterable[str]) -> None:
        mark = self.folder / TOP
        if mark.is_file() and mark.read_text() == str(self.root):
            return
        mark.unlink(missing_ok=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.iterdir():
            if old.name != DATA:
                remove_tree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        for one in self.root.iterdir():
            if one.is_symlink():
                (self.folder / one.name).symlink_to(one.readlink())
            elif one.name != DATA:
                linked(one, self.folder / one.name)
        for name in ("dev", "tmp", "etc"):
            (self.folder / name).mkdir(exist_ok=True)
        for path, text in accounts(USER, USER).items():
            write_atomic(self.folder / path, text.encode(), mode=0o644)
        # its own user has to pass; the folders above keep everybody else out
        self.folder.chmod(0o755)
        write_atomic(mark, str(self.root).encode())

    def give(self, path: Path) -> None:
        os.chown(path, USER, USER)

    @property
    def launch(self) -> dict[str, Any]:
        return {
            "root": str(self.folder),
            "chroot": True,
            "switch_user": True,
            "uid": USER,
            "gid": USER,
            "cwd": self.data,
            "env": {"PATH": PATH, "HOME": self.data, "TMPDIR": "/tmp", "TZ": "UTC"},
        }


@dataclass(frozen=True)
class OwnUser(HostPlace):
    """The packages' files at the host's paths: a tree of links to them, with scripts in the place of the
    programs, which look for what is beside them. initdb asks for the name of its user, whom nobody need have
    written down."""

    @property
    def data(self) -> str:
        return str(self.host_data)

    def path(self, inside: str) -> str:
        return str(self.programs / inside)

    def prepare(self, programs: Iterable[str]) -> None:
        remove_tree(self.programs)
        self.programs.mkdir(parents=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = {PurePosixPath(one) for one in programs}
        above = {folder for one in wanted for folder in one.parents}
        for folder in sorted(above):
            (self.programs / folder).mkdir(exist_ok=True)
            for one in within(self.root, str(folder)).iterdir():
                inside = folder / one.name
                if inside not in above and inside not in wanted and not self.is_other_program(inside, wanted):
                    (self.programs / inside).symlink_to(one)
        for program in wanted:
            write_atomic(self.programs / program, self.script(program), mode=0o755)
        (self.programs / "accounts").mkdir()
        for path, text in accounts(os.geteuid(), os.getegid()).items():
            write_atomic(self.programs / "accounts" / Path(path).name, text.encode())

    def is_other_program(self, inside: PurePosixPath, wanted: Iterable[PurePosixPath]) -> bool:
        """A shell, say: this machine has its own, and starts no other beside an older C library."""
        place = within(self.root, str(inside))
        beside = any(one.parent == inside.parent for one in wanted)
        return beside and place.is_file() and os.access(place, os.X_OK)

    def script(self, inside: PurePosixPath) -> bytes:
        program, shown = within(self.root, str(inside)), str(self.programs / inside)
        return exec_script(loading(self.root, program, shown, names_library(self.root)))

    def give(self, _: Path) -> None:
        """It is ours already."""

    @property
    def launch(self) -> dict[str, Any]:
        names = {"NSS_WRAPPER_PASSWD": "passwd", "NSS_WRAPPER_GROUP": "group"}
        environment = {name: str(self.programs / "accounts" / file) for name, file in names.items()}
        return {
            "root": str(self.root),
            "switch_user": False,
            "uid": os.geteuid(),
            "gid": os.getegid(),
            "cwd": self.data,
            "env": {"PATH": PATH, "HOME": self.data, "TMPDIR": str(self.folder), "TZ": "UTC", **environment},
        }


def accounts(user: int, group: int) -> Mapping[str, str]:
    return {
        "etc/passwd": f"okamochi:x:{user}:{group}::/:/bin/sh\n",
        "etc/group": f"okamochi:x:{group}:\n",
    }


def place_for(root: Path, folder: Path, programs: Path) -> OwnRoot | OwnUser:
    return OwnRoot(root, folder, programs) if os.geteuid() == 0 else OwnUser(root, folder, programs)


def emptied(folder: Path, place: OwnRoot | OwnUser) -> None:
    """A new folder for data, closed to others."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
    place.give(folder)
