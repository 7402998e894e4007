"""A folder of source as an archive that a build can unpack: the same files give the same bytes."""

import gzip
import io
import os
import stat
import tarfile
from pathlib import Path

from okamochi.errors import PlanError
from okamochi.system.project_files import DiskProject
from okamochi.system.world import World

__all__ = ["packed_folder"]

MOST_BYTES = 500_000_000
LEFT_OUT = frozenset({"build", "dist"})


def packed_folder(world: World, folder: Path, stem: str, *, where: str) -> str:
    """The sha256 of the archive in the cache. Left out are version control, caches, environments, links,
    and at the root what earlier builds left.

    PlanError for what is too large to be a package."""
    files = [path for path in DiskProject(folder).files() if path.split("/")[0] not in LEFT_OUT]
    sizes = (os.lstat(folder / path).st_size for path in files)
    if sum(sizes) > MOST_BYTES:
        raise PlanError(
            f"the package in {where} has more than {MOST_BYTES // 10**6} MB of files",
            where=where,
            hint="keep data out of the package's folder",
        )
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=1, mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in files:
            add(archive, folder / path, f"{stem}/{path}")
    return world.cache.put_bytes(packed.getvalue())


def add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    facts = path.lstat()
    if not stat.S_ISREG(facts.st_mode):
        return
    member = tarfile.TarInfo(name)
    member.mode = 0o755 if facts.st_mode & stat.S_IXUSR else 0o644
    member.mtime = 315532800
    content = path.read_bytes()
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
