"""What okamochi keeps about a running app: generated secrets, and where it runs. Private to the user."""

import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from okamochi.errors import EngineError, UsageError
from okamochi.model.names import dashed
from okamochi.system.files import write_atomic
from okamochi.system.progress import Reporter, SilentReporter

__all__ = ["AppState", "LoadedImage", "MachineService", "OwnServer", "UpRecord"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
APP = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
LOCK = "lock"
IMAGES_LOCK = "images.lock"
AT_ONCE_SECONDS = 0.5
LOCK_SECONDS = 120
T = TypeVar("T")


class UpRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The container that `up` started last. `project` is the folder it came from;
    `public_url` is where a proxy serves it to everybody. `page_fails`: it goes on though its page answered
    5xx."""

    app: str
    engine: str
    container: str
    image_reference: str
    image_digest: str = ""
    port: int = 0
    url: str = ""
    project: str = ""
    public_url: str = ""
    page_fails: bool = False


class LoadedImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image that a start gave to an engine, by the name it has there."""

    engine: str
    reference: str


class MachineService(msgspec.Struct, frozen=True, kw_only=True):
    """A database of a server on this machine's loopback that an app without an engine uses."""

    name: str
    port: int
    database: int


class OwnServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server on this machine's loopback that was started for this app; `root` has its packages, "" before
    the first start. At port 0 before it has a place."""

    name: str
    port: int = 0
    root: str = ""
    address: str = "127.0.0.1"


@dataclass(frozen=True)
class AppState:
    """`folder` is below the state folder: 0700, so that the secrets inside, which the container's user must
    be able to read (0644), are out of reach of the machine's other users."""

    folder: Path

    @classmethod
    def of(cls, state_root: Path, app: str) -> "AppState":
        """Makes nothing yet."""
        if APP.fullmatch(app) is None:
            raise UsageError(f"{app!r} is no name of an app", hint="use small letters, digits, '-', '_', '.'")
        return cls(state_root / app)

    @classmethod
    def all(cls, state_root: Path) -> tuple["AppState", ...]:
        """Every app that has a state, sorted by name."""
        if not state_root.is_dir():
            return ()
        return tuple(cls(path) for path in sorted(state_root.iterdir()) if path.is_dir())

    def others(self) -> tuple["AppState", ...]:
        """Of the other apps with the same state folder."""
        return tuple(one for one in self.all(self.folder.parent) if one.folder != self.folder)

    @property
    def secrets_folder(self) -> Path:
        return self.folder / "secrets"

    def lock(self, reporter: Reporter | None = None) -> AbstractContextManager[Any]:
        """One `up` or `down` of an app at a time; who waits tells the `reporter`. EngineError when another
        takes longer than two minutes. Where nothing was kept in the end (the folder is no app), there is no
        state folder either."""
        from filelock import FileLock

        return Locked(FileLock(self.folder / LOCK), self, reporter or SilentReporter())

    def remove_if_empty(self) -> None:
        """By who holds the lock: others that wait for it notice that its file is gone, and make a new one."""
        with suppress(OSError):
            if {path.name for path in self.folder.iterdir()} <= {LOCK, self.secrets_folder.name}:
                self.secrets_folder.rmdir()
                (self.folder / LOCK).unlink()
                self.folder.rmdir()

    def generated_secret(
        self, name: str, *, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)
    ) -> tuple[str, bool]:
        """The secret of that name, and whether it was made just now; it stays the same from then on."""
        path = self._secret_path(name)
        made = not path.exists()
        if made:
            self.keep_secret(name, make())
        self._put_generated(self._generated | {name})
        return path.read_text("utf-8").rstrip("\n"), made

    def keep_secret(self, name: str, value: str) -> Path:
        """A secret that the user gave, as a file that can be mounted, under its name with dashes as well."""
        path = self._secret_path(name)
        self.make()
        write_atomic(path, value.encode(), mode=0o644)
        if dashed(name) != name and not (link := self.secrets_folder / dashed(name)).is_symlink():
            link.symlink_to(name)
        self._put_generated(self._generated - {name})
        return path

    def forget_given_secrets(self, *, but: Iterable[str] = ()) -> None:
        """Removes the secrets that the user gave; those made here stay: sessions are signed with them."""
        kept = self._generated | frozenset(but)
        for name in self.secrets().keys() - kept:
            for file in (name, dashed(name)):
                (self.secrets_folder / file).unlink(missing_ok=True)

    def secrets(self) -> dict[str, str]:
        """Every secret that is kept, by name."""
        if not self.secrets_folder.is_dir():
            return {}
        return {
            path.name: path.read_text("utf-8")
            for path in self.secrets_folder.iterdir()
            if path.is_file() and not path.is_symlink()
        }

    @contextmanager
    def secrets_kept(self, *, unless: type[BaseException]) -> Iterator[None]:
        """After any other error than `unless` the secrets are what they were, for what runs with them; what
        was generated meanwhile stays."""
        before, generated = self.secrets(), self._generated
        try:
            yield
        except unless:
            raise
        except BaseException:
            for name, value in before.items():
                self.keep_secret(name, value)
            self._put_generated(self._generated | generated)
            self.forget_given_secrets(but=before)
            raise

    def record(self) -> UpRecord | None:
        """None when nothing was started, or the record is damaged."""
        try:
            return msgspec.json.decode((self.folder / "up.json").read_bytes(), type=UpRecord)
        except (OSError, msgspec.MsgspecError):
            return None

    @property
    def recorded_at(self) -> float:
        """When the record was written, in seconds; 0 when there is none."""
        try:
            return (self.folder / "up.json").stat().st_mtime
        except OSError:
            return 0

    def put_record(self, record: UpRecord) -> None:
        self._put("up.json", msgspec.json.format(msgspec.json.encode(record)))

    def put_started_as(self, digest: str) -> None:
        """The digest of all that what serves was started with, secrets too, so that no answer shows it; "" as
        long as a start has not ended well."""
        self._put("started", digest.encode())

    def started_as(self) -> str:
        try:
            return (self.folder / "started").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def put_plan(self, content: bytes) -> None:
        """The plan of what runs, as JSON."""
        self._put("plan.json", content)

    def plan_json(self) -> bytes:
        """Empty when no `up` left one."""
        try:
            return (self.folder / "plan.json").read_bytes()
        except OSError:
            return b""

    def drop_record(self) -> None:
        (self.folder / "up.json").unlink(missing_ok=True)

    def loaded_images(self) -> tuple[LoadedImage, ...]:
        """The one that was loaded last comes last."""
        return self._listed("images.json", LoadedImage)

    def images_lock(self) -> AbstractContextManager[Any]:
        """Held for a moment by who takes note of an image or takes one away, of any app: one that is noted
        while it is held stays."""
        from filelock import FileLock

        self.make()
        return FileLock(self.folder.parent / IMAGES_LOCK)

    def put_loaded_images(self, images: tuple[LoadedImage, ...]) -> None:
        if images != self.loaded_images():
            self._put("images.json", msgspec.json.encode(images))

    def setups(self) -> tuple[tuple[str, ...], ...]:
        """The set-up commands that were run since the app has its data."""
        return self._listed("setup.json", tuple[str, ...])

    def put_setup(self, argv: tuple[str, ...]) -> None:
        self._put("setup.json", msgspec.json.encode((*self.setups(), argv)))

    def machine_services(self) -> tuple[MachineService, ...]:
        return self._listed("machine-services.json", MachineService)

    def put_machine_services(self, services: tuple[MachineService, ...]) -> None:
        if services != self.machine_services():
            self._put("machine-services.json", msgspec.json.encode(services))

    def own_servers(self) -> tuple[OwnServer, ...]:
        return self._listed("own-servers.json", OwnServer)

    def put_own_servers(self, servers: tuple[OwnServer, ...]) -> None:
        if servers != self.own_servers():
            self._put("own-servers.json", msgspec.json.encode(servers))

    def forget_setups(self) -> None:
        (self.folder / "setup.json").unlink(missing_ok=True)

    @property
    def left_out(self) -> frozenset[str]:
        """Services that the app's data was made without."""
        return self._names("left-out")

    def put_left_out(self, names: Iterable[str]) -> None:
        found = frozenset(names)
        if found:
            self._put_names("left-out", found)
        else:
            (self.folder / "left-out").unlink(missing_ok=True)

    @property
    def _generated(self) -> frozenset[str]:
        """The names of the secrets that were made here."""
        return self._names("generated")

    def _put_generated(self, names: frozenset[str]) -> None:
        if names != self._generated:
            self._put_names("generated", names)

    def _names(self, file: str) -> frozenset[str]:
        try:
            return frozenset((self.folder / file).read_text("utf-8").split())
        except OSError:
            return frozenset()

    def _put_names(self, file: str, names: frozenset[str]) -> None:
        self._put(file, "".join(f"{name}\n" for name in sorted(names)).encode())

    def _listed(self, file: str, kind: type[T]) -> tuple[T, ...]:
        """Empty when there is no such file, or it is damaged."""
        try:
            return msgspec.json.decode((self.folder / file).read_bytes(), type=tuple[kind, ...])  # type: ignore[valid-type]
        except (OSError, msgspec.MsgspecError):
            return ()

    def _put(self, file: str, content: bytes) -> None:
        self.make()
        write_atomic(self.folder / file, content, mode=0o600)

    def _secret_path(self, name: str) -> Path:
        if NAME.fullmatch(name) is None:
            raise UsageError(f"{name!r} is no name of a variable", hint="use letters, digits and '_'")
        return self.secrets_folder / name

    def make(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            self.secrets_folder.mkdir(mode=0o755, exist_ok=True)
            self.secrets_folder.chmod(0o755)
        except OSError as error:
            raise EngineError(
                f"the state folder cannot be used: {error.strerror}",
                where=str(self.folder),
                hint="set OKAMOCHI_STATE_DIR to a folder that you may write",
            ) from error


class Locked:
    """A lock that tells people why they wait, and whose time-out is an error for them."""

    def __init__(self, lock: Any, state: AppState, reporter: Reporter) -> None:
        self.held = lock
        self.state = state
        self.reporter = reporter

    def __enter__(self) -> None:
        from filelock import Timeout

        try:
            self._acquire(AT_ONCE_SECONDS)
        except Timeout:
            self.reporter.note("another okamochi works on this app: waiting for its end")
        else:
            return
        try:
            self._acquire(LOCK_SECONDS)
        except Timeout:
            raise EngineError(
                "another okamochi works on this app and does not end",
                where=str(self.state.folder),
                hint="wait for it, or end it, then try again",
            ) from None

    def _acquire(self, seconds: float) -> None:
        while not self.held.is_locked:
            self.state.make()
            with suppress(FileNotFoundError):  # who held it removed an empty folder just now
                self.held.acquire(timeout=seconds)

    def __exit__(self, *_: object) -> None:
        self.state.remove_if_empty()
        self.held.release()
