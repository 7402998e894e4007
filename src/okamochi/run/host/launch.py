"""How a container of the host engine is started: what its launcher reads, the folders that must be there."""

import math
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.plan import APP_ROOT
from okamochi.run.host.fence import fence
from okamochi.run.host.images import HostImage
from okamochi.run.host.isolation import Isolation
from okamochi.run.host.listening import Listening
from okamochi.run.host.names import HOSTS, NO_NAMES, Names, loads_in
from okamochi.run.host.records import Records
from okamochi.run.host.shim import Shim, fill, images_environment, shim_at
from okamochi.run.host.unpack import within
from okamochi.run.spec import RunSpec
from okamochi.system.cache_owner import remove_tree
from okamochi.system.files import write_atomic

__all__ = ["Launch"]


@dataclass(frozen=True)
class Launch:
    """One container of an image, in the `way` that this machine isolates it."""

    image: HostImage
    spec: RunSpec
    way: Isolation
    records: Records

    def description(self, argv: tuple[str, ...]) -> dict[str, Any]:
        """What the launcher reads to run a command in the container, as JSON values."""
        image, spec, folder = self.image, self.spec, self.records.folder(self.spec)
        variables = dict(image.env) | dict(spec.full_environment)
        if spec.published_port:
            listening = Listening(spec.process.port, spec.bind_address, spec.published_port)
            argv, variables = listening.command(argv), listening.environment(variables)
            variables |= {"PORT": str(spec.published_port), "OKAMOCHI_BIND_ADDRESS": spec.bind_address}
        launch: dict[str, Any] = {
            "namespaces": dict(self.way.namespaces),
            "root": image.root,
            "argv": argv,
            "env": variables,
            "cwd": image.working_dir,
            "uid": spec.security.run_as_user,
            "gid": spec.security.run_as_group,
            "switch_user": self.way.switches_user,
            "tmp_bytes": spec.tmp_bytes,
            "binds": self._binds(),
            "limits": self._limits(),
            "cores": math.ceil(spec.process.resources.cpus),
            "status": str(folder / "status.json"),
            "log": str(folder / "log"),
        }
        if self.way.rooted:
            return launch
        shim = self.shim
        environment = shim.environment(tuple(variables.items()))
        if self.hosts.is_file():
            environment["NSS_WRAPPER_HOSTS"] = str(self.hosts)
        if self.way.fenced:
            launch["confined"] = self._fence(launch["binds"])
        return launch | {"argv": shim.argv(argv), "env": environment, "cwd": shim.path(image.working_dir)}

    def _fence(self, binds: list[tuple[str, str, bool]]) -> dict[str, Any]:
        """Its own files, in the place of a root of its own."""
        shim = self.shim
        reads = (self.image.root, str(shim.folder), *(one for one, _, writable in binds if not writable))
        return fence(reads, (str(shim.folder / "tmp"), *(one for one, _, writable in binds if writable)))

    def make_volumes(self) -> None:
        """Those that are not there yet, each with what the image has in its place; and places for binds."""
        for _, inside in self.spec.binds:
            within(Path(self.image.root), inside.lstrip("/")).mkdir(parents=True, exist_ok=True)
        for inside, outside in self._volumes:
            self.make_volume(inside, Path(outside))

    def make_volume(self, inside: str, folder: Path) -> None:
        """A new one starts with what the image has there, as with docker's named volumes."""
        source = within(Path(self.image.root), inside.lstrip("/"))
        source.mkdir(parents=True, exist_ok=True)  # the place to mount it on
        if folder.exists():
            return
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.copytree(source, unfinished, symlinks=True)
        if self.way.switches_user:
            security = self.spec.security
            for path in (unfinished, *unfinished.rglob("*")):
                os.chown(path, security.run_as_user, security.run_as_group, follow_symlinks=False)
        unfinished.rename(folder)

    def fill_shim(
        self, environment: Callable[[Path, Path], None] | None = None, *, names: Names = NO_NAMES
    ) -> None:
        """What stands in for a root of its own; `environment` is that of `shim.fill`, else the image's."""
        remove_tree(self.shim.folder)  # of a start that failed
        library = names.library
        fits = library is not None and loads_in(library, Path(self.image.root))
        own = partial(images_environment, preload=library if fits else None)
        fill(self.shim, volumes=self._volumes, app_root=APP_ROOT, environment=environment or own)

    @property
    def hosts(self) -> Path:
        """The names of the app's servers, where it has any."""
        return self.records.folder(self.spec) / "hosts"

    def write_hosts(self, names: Names) -> None:
        self.hosts.unlink(missing_ok=True)
        if names.addresses:
            text = names.with_machines() if self.way.rooted else names.lines()
            write_atomic(self.hosts, text.encode(), mode=0o644)

    def within_root(self, inside: str) -> str:
        """Where a path inside the root really lies in it, from the root: links are followed."""
        root = Path(self.image.root)
        return "/" + within(root, inside.lstrip("/")).relative_to(root).as_posix()

    def _limits(self) -> list[tuple[str, int]]:
        resources = self.spec.process.resources
        limits = [("RLIMIT_CORE", 0)]
        if sys.platform == "linux":  # elsewhere it does not count what mmap gives, which is most
            limits.append(("RLIMIT_DATA", resources.memory_bytes))
        if self.way.switches_user:
            # counts the threads of this user number on the whole machine, other containers' among them
            limits.append(("RLIMIT_NPROC", resources.pids * 4))
        return limits

    def _binds(self) -> list[tuple[str, str, bool]]:
        """(outside, inside, may be written)"""
        spec = self.spec
        binds = [(outside, inside, True) for outside, inside in spec.binds]
        binds += [(outside, inside, True) for inside, outside in self._volumes]
        if spec.secret_names:
            binds.append((spec.secrets_folder, SECRETS_MOUNT, False))
        hosts = self.hosts if self.hosts.is_file() else HOSTS
        files = ((Path("/etc/resolv.conf"), "/etc/resolv.conf"), (hosts, str(HOSTS)))
        binds += [(str(outside), inside, False) for outside, inside in files if outside.is_file()]
        return [(outside, self.within_root(inside), writable) for outside, inside, writable in binds]

    @property
    def shim(self) -> Shim:
        return shim_at(
            self.records.folder(self.spec) / "shim",
            Path(self.image.root),
            volumes=self._volumes,
            secrets_folder=self.spec.secrets_folder if self.spec.secret_names else "",
            app_root=APP_ROOT,
            source={inside: outside for outside, inside in self.spec.binds}.get(APP_ROOT, ""),
        )

    @property
    def _volumes(self) -> tuple[tuple[str, str], ...]:
        """(inside, outside) of everything that may be written; what is temporary lies in the container's own
        folder, which goes with it. Without a root of its own nothing covers folders of the source at the
        desk: the developer's own are used."""
        spec, folder = self.spec, self.records.folder(self.spec)
        kept = ((one.path, self.records.volume_folder(spec.app, one.name)) for one in spec.volumes)
        temporary = (
            (one.path, folder / f"temporary-{number}") for number, one in enumerate(spec.temporary_folders)
        )
        bound = () if self.way.rooted else tuple(f"{inside}/" for _, inside in spec.binds)
        return tuple(
            (inside, str(outside)) for inside, outside in (*kept, *temporary) if not inside.startswith(bound)
        )
