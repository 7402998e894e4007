"""From what the app writes to volumes; what lies between the code is moved by a variable, or warned about."""

import posixpath
import re

import msgspec

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.data.writable_folders import Written
from okamochi.detect.source.sources import Sources
from okamochi.errors import UsageError
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.plan import APP_ROOT, MOVED_ROOT
from okamochi.model.process import MovedFile, Volume

__all__ = ["ChosenVolumes", "choose_volumes"]

TEMPORARY = ("/tmp", "/app/~", "/var/tmp", "/dev", "/proc", "/run")
DATA_FOLDERS = ("data", "var", "state")


class ChosenVolumes(msgspec.Struct, frozen=True):
    """`moved` are variables that the image sets so that a file lands in a volume; sorted by name. `files` are
    those that no variable moves: links do."""

    volumes: tuple[Volume, ...]
    moved: tuple[tuple[str, str], ...]
    decisions: tuple[Decision, ...]
    files: tuple[MovedFile, ...] = ()


def choose_volumes(
    sources: Sources, written: tuple[Written, ...], chosen: ChosenSettings, *, has_database: bool = False
) -> ChosenVolumes:
    """The settings' volumes alone when there are any; else one for every folder that the app writes. Where a
    service of the stack keeps the rows (`has_database`), a file in /tmp is only what code falls back to."""
    if chosen.settings.volumes is not None:
        place: tuple[Evidence, ...] = (chosen.place("volumes"),)
        paths = {_inside(path, chosen): place for path in chosen.settings.volumes}
        return _named(paths, chosen.origin("volumes"), (), ())
    sorting = _Sorting(sources)
    for one in written:
        sorting.take(one)
    if has_database:
        sorting.lost.clear()
    return sorting.result()


def _inside(path: str, chosen: ChosenSettings) -> str:
    """The folder in the image. UsageError where a relative path leads out of the app."""
    found = posixpath.normpath(posixpath.join(APP_ROOT, path))
    if not path.startswith("/") and not f"{found}/".startswith(f"{APP_ROOT}/"):
        raise UsageError(
            f"{path!r} is no folder inside of the app, whose files lie in {APP_ROOT} in the image",
            where=chosen.where("volumes"),
            hint='write "uploads" for a folder of the app, "/srv/files" for one elsewhere in the image; '
            "files beside the project on this machine are not in the container",
        )
    return found


class _Sorting(msgspec.Struct, eq=False):
    sources: Sources
    folders: dict[str, list[Evidence]] = msgspec.field(default_factory=dict)
    moved: dict[str, tuple[str, Evidence]] = msgspec.field(default_factory=dict)
    linked: dict[str, Evidence] = msgspec.field(default_factory=dict)
    lost: dict[str, Evidence] = msgspec.field(default_factory=dict)

    def take(self, one: Written) -> None:
        folder = posixpath.dirname(one.path) if one.is_file else one.path
        if one.url_prefix and one.path.startswith(("/tmp/", "/var/tmp/")) and "TEST" not in one.variable:
            self.lost.setdefault(one.path, one.evidence)
        if any(f"{one.path}/".startswith(f"{root}/") for root in TEMPORARY) or not folder.startswith("/"):
            return
        if folder != "/" and not self._holds_code(folder):
            self.folders.setdefault(folder, []).append(one.evidence)
        elif one.variable and one.variable.isupper() and "TEST" not in one.variable:
            self._move(one)
        elif "TEST" in one.variable:
            return
        elif one.is_file and one.path.startswith(f"{APP_ROOT}/"):
            self.linked.setdefault(one.path, one.evidence)

    def _holds_code(self, folder: str) -> bool:
        if folder == APP_ROOT or f"{APP_ROOT}/".startswith(f"{folder}/"):
            return True
        relative = folder.removeprefix(f"{APP_ROOT}/")
        return folder.startswith(f"{APP_ROOT}/") and relative in self.sources.package_folders

    def _move(self, one: Written) -> None:
        """The variable that the code reads itself puts the file into a volume. A folder is a volume of its
        own: the code counts on its being there, as the project's own is."""
        data = next((name for name in DATA_FOLDERS if not self._is_taken(name)), "okamochi-data")
        folder = posixpath.join(APP_ROOT, data)
        whole = not one.is_file and f"{APP_ROOT}/".startswith(f"{one.path}/")
        path = folder if whole else posixpath.join(folder, posixpath.basename(one.path))
        reason = f"{one.evidence.reason}, between the code; {one.variable} moves it to {path}"
        evidence = Evidence(path=one.evidence.path, line=one.evidence.line, reason=reason)
        self.moved.setdefault(one.variable, (f"{one.url_prefix}{path}", evidence))
        self.folders.setdefault(folder if one.is_file else path, []).append(evidence)

    def _is_taken(self, name: str) -> bool:
        """Not by an empty folder: the engine leaves one where a volume lay over the source at the desk."""
        project = self.sources.project
        return bool(project.files(within=name)) or (project.exists(name) and not project.is_dir(name))

    def result(self) -> ChosenVolumes:
        outer: dict[str, tuple[Evidence, ...]] = {}
        for folder in sorted(self.folders):
            above = next((path for path in outer if f"{folder}/".startswith(f"{path}/")), None)
            kept = above or folder
            outer[kept] = tuple(dict.fromkeys((*outer.get(kept, ()), *self.folders[folder])))
        moved = tuple((name, value) for name, (value, _) in sorted(self.moved.items()))
        decisions = [
            Decision.detected(
                f"image_environment.{name}",
                f"{name}={value}, so that the file lands in a volume",
                (evidence,),
            )
            for name, (value, evidence) in sorted(self.moved.items())
        ]
        files = tuple(MovedFile(path=path, target=_target(path)) for path in sorted(self.linked))
        if files:
            outer[MOVED_ROOT] = tuple(self.linked[file.path] for file in files)
        named = _named(outer, Origin.DETECTED, moved, (*decisions, *self._links(files), *self._lost()))
        return ChosenVolumes(named.volumes, named.moved, named.decisions, files)

    def _lost(self) -> tuple[Decision, ...]:
        if not self.lost:
            return ()
        summary = (
            f"Warning: the database {', '.join(sorted(self.lost))} is lost with the container. Keep it in a "
            "folder that becomes a volume, such as app.instance_path"
        )
        evidence = tuple(self.lost[path] for path in sorted(self.lost))
        return (Decision.detected("volumes", summary, evidence),)

    def _links(self, files: tuple[MovedFile, ...]) -> tuple[Decision, ...]:
        return tuple(
            Decision.detected(
                f"moved_files.{file.path}",
                f"{file.path} is a link to {file.target}: its folder holds code, which is read-only",
                (self.linked[file.path],),
            )
            for file in files
        )


def _target(path: str) -> str:
    return posixpath.join(MOVED_ROOT, path.removeprefix(f"{APP_ROOT}/"))


def _named(
    paths: dict[str, tuple[Evidence, ...]],
    origin: Origin,
    moved: tuple[tuple[str, str], ...],
    decisions: tuple[Decision, ...],
) -> ChosenVolumes:
    volumes: list[Volume] = []
    taken: set[str] = set()
    for path in sorted(paths):
        name = _name(path, taken)
        taken.add(name)
        volumes.append(Volume(name=name, path=path))
    own = tuple(
        Decision(
            field=f"volumes.{volume.path}",
            summary=f"volume {volume.name}: the app writes {volume.path}",
            origin=origin,
            evidence=paths[volume.path],
        )
        for volume in volumes
    )
    return ChosenVolumes(tuple(volumes), moved, (*own, *decisions))


def _name(path: str, taken: set[str]) -> str:
    """The last folder's name, longer when that one is taken: "uploads", "static-uploads"."""
    parts = [
        cleaned
        for part in path.split("/")
        if (cleaned := re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-"))
    ]
    for count in range(1, len(parts) + 1):
        name = "-".join(parts[-count:])
        if name not in taken:
            return name
    return f"{'-'.join(parts) or 'volume'}-{len(taken)}"
