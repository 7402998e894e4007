"""Runs images with no engine: the image's own files, isolated as far as this machine allows."""

import json
import math
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from okamochi.errors import EngineError
from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.process import Process, ProcessType
from okamochi.run.engine import NotIsolated
from okamochi.run.host.images import HostImage, HostImages
from okamochi.run.host.isolation import Isolation, best_isolation, launcher_argv, substituted
from okamochi.run.host.launcher import is_running, kill_group, start_time
from okamochi.run.host.shim import Shim, fill, shim_at
from okamochi.run.host.unpack import within
from okamochi.run.spec import (
    ContainerState,
    EngineFacts,
    Running,
    RunSpec,
    Trial,
    aside_name,
)
from okamochi.system.environ import state_dir
from okamochi.system.files import write_atomic
from okamochi.system.process import Completed, Runner

if TYPE_CHECKING:
    from typing import BinaryIO

    from okamochi.oci.image import Image
    from okamochi.oci.reference import Reference
    from okamochi.system.world import World

__all__ = ["HostEngine"]

LOST = 137  # ended while nobody looked, as after a restart of the machine
ONCE_SECONDS = 900
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class HostEngine:
    """`state_root` holds, for each app, `host/<container>` and `volumes/<volume>`.

    `world` is for uv, where the image's own programs cannot run."""

    runner: Runner
    images: HostImages
    state_root: Path
    world: "World | None" = None

    @classmethod
    def of(cls, world: "World") -> "HostEngine":
        return cls(world.runner, HostImages(world.cache), state_dir(world.environ), world)

    @property
    def name(self) -> str:
        return "host"

    def facts(self) -> EngineFacts:
        self._need_posix()
        return EngineFacts(name=self.name, detail=sys.platform, missing=self._isolation.missing)

    def load(self, image: "Image", reference: "Reference") -> None:
        self._need_posix()
        self.images.put(image, reference)

    def has(self, reference: str) -> bool:
        return self.images.find(reference) is not None

    def remove_image(self, reference: str) -> None:
        """They lie in the cache, whose limit takes care of them."""

    def start(self, spec: RunSpec) -> Running:
        image, folder = self._prepared(spec)
        completed = self.runner.run(launcher_argv("supervise", folder / "launch.json"), timeout_seconds=60)
        if not completed.ok:
            raise start_error(spec, completed)
        status = read_json(folder / "status.json")
        with suppress(EngineError):
            self.images.hold(image, process=int(status.get("keeper", os.getpid())))
        return self.inspect(spec.name)

    def run_once(self, spec: RunSpec) -> Completed:
        _, folder = self._prepared(spec)
        try:
            return self.runner.run(
                launcher_argv("run", folder / "launch.json"), timeout_seconds=ONCE_SECONDS, merge_stderr=True
            )
        finally:
            self.remove(spec.name)

    def _prepared(self, spec: RunSpec) -> tuple[HostImage, Path]:
        """The container's folder, with all that its launcher reads."""
        self._need_posix()
        image = self.images.get(spec.image_reference)
        self.remove(spec.name)
        folder = self._make_folder(spec)
        for volume in spec.volumes:
            self._ensure_volume(image, spec, volume.path, self._volume_folder(spec.app, volume.name))
        for inside, outside in self._temporary(spec):
            self._ensure_volume(image, spec, inside, Path(outside))
        self._fill(image, spec)
        write_atomic(folder / "spec.json", msgspec.json.encode(spec), mode=0o600)
        launch = self._launch(image, spec, spec.process.argv)
        write_atomic(folder / "launch.json", json.dumps(launch).encode(), mode=0o600)
        return image, folder

    def inspect(self, name: str) -> Running:
        folder = self._find(name)
        if folder is None:
            return Running(name=name, app="", state=ContainerState.ABSENT)
        spec = read_spec(folder)
        status = read_json(folder / "status.json")
        alive = bool(status) and "exit_code" not in status and is_alive(status)
        return Running(
            name=name,
            app=spec.app,
            state=ContainerState.RUNNING if alive else ContainerState.EXITED,
            exit_code=0 if alive else int(status.get("exit_code", LOST)),
            image_reference=spec.image_reference,
            address=f"{spec.bind_address}:{spec.published_port}" if spec.published_port else "",
            labels=spec.all_labels,
        )

    def logs(self, name: str, *, tail: int = 200) -> str:
        folder = self._find(name)
        if folder is None:
            return ""
        text = "".join(read_text(folder / part) for part in ("log.1", "log"))
        return "\n".join(text.splitlines()[-tail:])

    def follow_logs(self, *names: str, tail: int = 200) -> int:
        logs = (str(self._must_find(name) / "log") for name in names)
        return self.runner.passthrough(("tail", "-n", str(tail), "-F", *logs))

    def exec(self, name: str, argv: tuple[str, ...], *, interactive: bool = False) -> int:
        """In a sandbox of its own kind and with the same volumes, beside the running app."""
        description = self._one_off(name, argv)
        try:
            return self.runner.passthrough(launcher_argv("run", description))
        finally:
            description.unlink(missing_ok=True)

    def check(self, name: str, argv: tuple[str, ...]) -> tuple[bool, str]:
        description = self._one_off(name, argv)
        try:
            completed = self.runner.run(launcher_argv("run", description), timeout_seconds=30)
        finally:
            description.unlink(missing_ok=True)
        return completed.ok, completed.said

    def beside(
        self,
        name: str,
        argv: tuple[str, ...],
        *,
        source: "BinaryIO | None" = None,
        into: "BinaryIO | None" = None,
    ) -> Completed:
        description = self._one_off(name, argv)
        try:
            return self.runner.stream(launcher_argv("run", description), source=source, into=into)
        finally:
            description.unlink(missing_ok=True)

    def try_out(self, trial: Trial) -> Completed:
        self._need_posix()
        return self.try_out_in(self.images.get(trial.image_reference), trial)

    def try_out_in(self, image: HostImage, trial: Trial) -> Completed:
        """In an image that need not be among `images`."""
        way = self._way(image)
        if not way.rooted:
            raise NotIsolated(
                "this machine offers no namespaces to run the app's code in",
                where="host",
                hint="install docker or podman, or allow user namespaces",
            )
        import tempfile

        with tempfile.TemporaryDirectory(prefix="okamochi-trial-") as folder:
            launch = self._trial_launch(image, trial, Path(folder))
            description = Path(folder) / "launch.json"
            write_atomic(description, json.dumps(launch).encode(), mode=0o600)
            return self.runner.run(
                launcher_argv("run", description), stdin=trial.stdin, timeout_seconds=trial.timeout_seconds
            )

    def _trial_launch(self, image: HostImage, trial: Trial, folder: Path) -> dict[str, Any]:
        spec = RunSpec(
            name="trial",
            app="trial",
            image_reference=trial.image_reference,
            process=Process(
                name="trial", type=ProcessType.RELEASE, argv=trial.argv, resources=trial.resources
            ),
            environment=trial.environment,
            security=trial.security,
            tmp_bytes=trial.tmp_bytes,
        )
        launch = self._launch(image, spec, trial.argv)
        for number, inside in enumerate(trial.writable):
            outside = folder / f"writable-{number}"
            self._ensure_volume(image, spec, inside, outside)
            target = within_text(Path(image.root), inside)
            launch["binds"].append((str(outside), target, True))
        folder.chmod(0o755)
        return launch | {"namespaces": {**launch["namespaces"], "net": True}, "parent": os.getpid()}

    def stop(self, name: str, *, grace_seconds: int) -> None:
        folder = self._find(name)
        status = read_json(folder / "status.json") if folder is not None else {}
        if not status or "exit_code" in status or not is_alive(status):
            return
        with suppress(ProcessLookupError):
            os.kill(int(status["pid"]), signal.SIGTERM)
        if not gone(status, grace_seconds):
            kill_group(int(status["pid"]))
            gone(status, 5)

    def remove(self, name: str) -> None:
        folder = self._find(name)
        if folder is None:
            return
        self.stop(name, grace_seconds=3)
        keeper_done(folder / "status.json")
        shutil.rmtree(folder, ignore_errors=True)

    def set_aside(self, name: str, *, grace_seconds: int) -> None:
        folder = self._must_find(name)
        self.stop(name, grace_seconds=grace_seconds)
        keeper_done(folder / "status.json")
        self.remove(aside_name(name))
        folder.rename(folder.with_name(aside_name(name)))

    def bring_back(self, name: str) -> None:
        folder = self._find(aside_name(name)) or self._must_find(name)  # the latter: setting it aside failed
        self.start(read_spec(folder))
        self.remove(aside_name(name))

    def containers(self, app: str = "") -> tuple[Running, ...]:
        found = (self.inspect(folder.name) for folder in self.state_root.glob(f"{app or '*'}/host/*"))
        return tuple(sorted(found, key=lambda running: running.name))

    def volumes(self, app: str) -> tuple[str, ...]:
        return tuple(sorted(folder.name for folder in (self.state_root / app / "volumes").glob("*")))

    def remove_volumes(self, app: str) -> tuple[str, ...]:
        names = self.volumes(app)
        for name in names:
            shutil.rmtree(self.state_root / app / "volumes" / name)
        return names

    @cached_property
    def _isolation(self) -> Isolation:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="okamochi-probe-") as folder:
            return best_isolation(self.runner, Path(folder))

    def _way(self, image: HostImage) -> Isolation:
        return self._isolation if image.runs_here else substituted()

    def _switches_user(self, image: HostImage) -> bool:
        """Root becomes the app's user; in a user namespace, and without any, we stay who we are."""
        return os.geteuid() == 0 and dict(self._way(image).namespaces).get("user") is False

    def _fill(self, image: HostImage, spec: RunSpec) -> None:
        """What stands in for a root of its own."""
        way = self._way(image)
        if way.rooted:
            return
        shim, volumes, app = self._shim(image, spec), self._volumes(spec), app_root(image)
        shutil.rmtree(shim.folder, ignore_errors=True)  # of a start that failed
        if way.own_programs:
            fill(shim, volumes=volumes, app_root=app)
            return
        if self.world is None:
            raise EngineError(
                "the image's files are programs of another system or machine",
                where=f"{image.platform or 'the image'} on {sys.platform}",
                hint="use --engine docker or --engine podman",
            )
        from okamochi.run.host.substitute import uv_environment_of

        if self._isolation.own_programs:  # then facts() has told something else
            for sentence in way.missing:
                self.world.reporter.warn(f"{self.name}: {sentence}")
        fill(shim, volumes=volumes, app_root=app, environment=partial(uv_environment_of, self.world))

    def _need_posix(self) -> None:
        if os.name == "posix":
            return
        raise EngineError(
            "the host engine needs Linux, macOS or another Unix",
            where=f"--engine host on {sys.platform}",
            hint="work inside WSL, or install docker or podman",
        )

    def _launch(self, image: HostImage, spec: RunSpec, argv: tuple[str, ...]) -> dict[str, Any]:
        folder, way = self._folder(spec), self._way(image)
        variables = dict(image.env) | dict(spec.full_environment)
        # The network is the host's: the app itself listens where the engine would publish it.
        if spec.published_port:
            variables |= {"PORT": str(spec.published_port), "OKAMOCHI_BIND_ADDRESS": spec.bind_address}
        launch: dict[str, Any] = {
            "namespaces": dict(way.namespaces),
            "root": image.root,
            "argv": argv,
            "env": variables,
            "cwd": image.working_dir,
            "uid": spec.security.run_as_user,
            "gid": spec.security.run_as_group,
            "switch_user": self._switches_user(image),
            "tmp_bytes": spec.tmp_bytes,
            "binds": self._binds(image, spec),
            "limits": self._limits(image, spec),
            "cores": math.ceil(spec.process.resources.cpus),
            "status": str(folder / "status.json"),
            "log": str(folder / "log"),
        }
        if way.rooted:
            return launch
        shim = self._shim(image, spec)
        environment = shim.environment(tuple(variables.items()))
        return launch | {"argv": shim.argv(argv), "env": environment, "cwd": shim.path(image.working_dir)}

    def _limits(self, image: HostImage, spec: RunSpec) -> list[tuple[str, int]]:
        resources = spec.process.resources
        limits = [("RLIMIT_CORE", 0)]
        if sys.platform == "linux":  # elsewhere it does not count what mmap gives, which is most
            limits.append(("RLIMIT_DATA", resources.memory_bytes))
        if self._switches_user(image):
            # counts the threads of this user number on the whole machine, other containers' among them
            limits.append(("RLIMIT_NPROC", resources.pids * 4))
        return limits

    def _binds(self, image: HostImage, spec: RunSpec) -> list[tuple[str, str, bool]]:
        root = Path(image.root)
        binds = [(outside, inside, True) for outside, inside in spec.binds]
        binds += [(outside, inside, True) for inside, outside in self._volumes(spec)]
        if spec.secret_names:
            binds.append((spec.secrets_folder, SECRETS_MOUNT, False))
        binds += [(path, path, False) for path in ("/etc/resolv.conf", "/etc/hosts") if Path(path).is_file()]
        return [(outside, within_text(root, inside), writable) for outside, inside, writable in binds]

    def _shim(self, image: HostImage, spec: RunSpec) -> Shim:
        return shim_at(
            self._folder(spec) / "shim",
            Path(image.root),
            volumes=self._volumes(spec),
            secrets_folder=spec.secrets_folder if spec.secret_names else "",
            app_root=app_root(image),
        )

    def _volumes(self, spec: RunSpec) -> tuple[tuple[str, str], ...]:
        """(inside, outside) of everything that may be written."""
        kept = ((volume.path, str(self._volume_folder(spec.app, volume.name))) for volume in spec.volumes)
        return (*kept, *self._temporary(spec))

    def _temporary(self, spec: RunSpec) -> tuple[tuple[str, str], ...]:
        """In the container's own folder, which goes with it."""
        return tuple(
            (one.path, str(self._folder(spec) / f"temporary-{number}"))
            for number, one in enumerate(spec.temporary_folders)
        )

    def _volume_folder(self, app: str, volume: str) -> Path:
        return self.state_root / app / "volumes" / volume

    def _ensure_volume(self, image: HostImage, spec: RunSpec, inside: str, folder: Path) -> None:
        """A new one starts with what the image has there, as with docker's named volumes."""
        source = within(Path(image.root), inside.lstrip("/"))
        source.mkdir(parents=True, exist_ok=True)  # the place to mount it on
        if folder.exists():
            return
        unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
        shutil.copytree(source, unfinished, symlinks=True)
        if self._switches_user(image):
            for path in (unfinished, *unfinished.rglob("*")):
                os.chown(path, spec.security.run_as_user, spec.security.run_as_group, follow_symlinks=False)
        unfinished.rename(folder)

    def _one_off(self, name: str, argv: tuple[str, ...]) -> Path:
        folder = self._must_find(name)
        spec = read_spec(folder)
        launch = self._launch(self.images.get(spec.image_reference), spec, argv)
        launch["env"].setdefault("TERM", os.environ.get("TERM", "dumb"))
        description = folder / f"run-{os.getpid()}-{time.monotonic_ns()}.json"
        write_atomic(description, json.dumps(launch).encode(), mode=0o600)
        return description

    def _make_folder(self, spec: RunSpec) -> Path:
        folder = self._folder(spec)
        try:
            for path in (self.state_root / spec.app, folder, self.state_root / spec.app / "volumes"):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EngineError(
                f"the state folder cannot be used: {error.strerror}",
                where=str(folder),
                hint="set OKAMOCHI_STATE_DIR to a folder that you may write",
            ) from error
        return folder

    def _folder(self, spec: RunSpec) -> Path:
        return self.state_root / spec.app / "host" / spec.name

    def _find(self, name: str) -> Path | None:
        return next(
            (
                folder
                for folder in self.state_root.glob("*/host/*")
                if folder.name == name and has_spec(folder)
            ),
            None,
        )

    def _must_find(self, name: str) -> Path:
        folder = self._find(name)
        if folder is None:
            raise EngineError(
                f"there is no container {name}", where="host", hint="start it: okamochi up --engine host"
            )
        return folder


def app_root(image: HostImage) -> str:
    return image.working_dir.rstrip("/") or "/app"


def within_text(root: Path, inside: str) -> str:
    """Where a path inside the root really lies in it, from the root: links are followed."""
    return "/" + within(root, inside.lstrip("/")).relative_to(root).as_posix()


def has_spec(folder: Path) -> bool:
    return (folder / "spec.json").is_file()


def read_spec(folder: Path) -> RunSpec:
    try:
        return msgspec.json.decode((folder / "spec.json").read_bytes(), type=RunSpec)
    except (OSError, msgspec.MsgspecError) as error:
        raise EngineError(
            "the record of a running app is damaged",
            where=str(folder),
            hint="end its processes and remove this folder, then start it again",
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def is_alive(status: dict[str, Any]) -> bool:
    """Whether the app's own process, and no other that got its number, is there and no zombie."""
    process = int(status["pid"])
    return start_time(process) == status["started"] and is_running(process)


def gone(status: dict[str, Any], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while is_alive(status):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def keeper_done(path: Path) -> None:
    """Its keeper writes how the app ended; removing the folder before would lose a race with it."""
    end = time.monotonic() + 2
    while path.exists() and "exit_code" not in read_json(path) and time.monotonic() < end:
        if not start_time(int(read_json(path).get("keeper", 0))):
            return
        time.sleep(POLL_SECONDS)


def start_error(spec: RunSpec, completed: Completed) -> EngineError:
    return EngineError(
        f"{spec.name} could not be started on this machine",
        where="--engine host",
        hint="`okamochi doctor` shows what this machine allows",
        details=tuple(completed.error_text.splitlines()[-10:]),
    )
