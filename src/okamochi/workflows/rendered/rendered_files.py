"""Rendered files on the disk: edits by hand are merged in, or refused with a diff; all files or none."""

import difflib
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from okamochi.errors import OkamochiError, UsageError
from okamochi.model.rendered_mark import RECORD
from okamochi.render.rendering import RenderedFile
from okamochi.system.files import write_atomic
from okamochi.system.process import Runner
from okamochi.system.world import World

__all__ = ["Drift", "Outcome", "Record", "compared", "differences", "read_record", "write_outcomes"]

SUPPORT = ".okamochi/"
PROGRAMS = f"{SUPPORT}kit/"
MOST_DIFF_LINES = 60


class Drift(OkamochiError):
    """Files are not what the plan gives, or were edited by hand; `details` is the difference."""


class Written(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What okamochi wrote last: its digest, its text (the base of a merge; not of the programs beside it),
    and the digest of the file as a merge left it with edits in it."""

    digest: str
    text: str = ""
    kept: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`.okamochi/rendered.json`: commit it with the files. `base` and `language` are those asked for last."""

    base: str = ""
    language: str = ""
    files: dict[str, Written] = {}


@dataclass(frozen=True)
class Outcome:
    """What becomes of one file: `content` is to be there, or nothing (None); `edited` when it has edits by
    hand."""

    file: RenderedFile
    before: bytes | None
    content: bytes | None
    edited: bool = False

    @property
    def changed(self) -> bool:
        return self.before != self.content


@dataclass(frozen=True)
class Rendered:
    """Outcomes, and the files that are in the way: foreign, or with edits that do not merge."""

    outcomes: tuple[Outcome, ...]
    foreign: tuple[RenderedFile, ...]
    unmerged: tuple[RenderedFile, ...]
    unaccepted: tuple[RenderedFile, ...]


def compared(
    world: World, output: Path, files: Sequence[RenderedFile], record: Record, *, force: bool
) -> Rendered:
    """Looks at everything, writes nothing. UsageError when a place is taken by another kind of thing."""
    for file in files:
        require_free(output, file)
    outcomes: list[Outcome] = []
    foreign: list[RenderedFile] = []
    unmerged: list[RenderedFile] = []
    unaccepted: list[RenderedFile] = []
    for file in files:
        before, known = current(output, file), record.files.get(file.path)
        if before is None or before == file.content or force:
            outcomes.append(Outcome(file, before, file.content))
        elif known is None:
            foreign.append(file)
        elif digest_of(before) == known.digest:
            outcomes.append(Outcome(file, before, file.content))
        elif digest_of(file.content) == known.digest:
            outcomes.append(Outcome(file, before, before, edited=True))
            if digest_of(before) != known.kept:
                unaccepted.append(file)
        else:
            merged = merged_text(world, before, known.text, file)
            if merged is None:
                unmerged.append(file)
            else:
                outcomes.append(Outcome(file, before, merged, edited=merged != file.content))
    outcomes += without_use(output, {file.path for file in files}, record)
    return Rendered(tuple(outcomes), tuple(foreign), tuple(unmerged), tuple(unaccepted))


def without_use(output: Path, there: Collection[str], record: Record) -> Iterator[Outcome]:
    """The kit's programs that an earlier rendering wrote, that nobody edited, and that this one lacks:
    a Dockerfile copies all that lie there."""
    if not any(path.startswith(PROGRAMS) for path in there):
        return
    for path, known in record.files.items():
        if path in there or not path.startswith(PROGRAMS) or ".." in Path(path).parts:
            continue
        file = RenderedFile(path=path, content=b"")
        require_free(output, file)
        before = current(output, file)
        if before is None or digest_of(before) == known.digest:
            yield Outcome(file, before, None)


def merged_text(world: World, edited: bytes, base: str, file: RenderedFile) -> bytes | None:
    """Edits and the new rendering together; None when they touch the same lines, or git is not here."""
    if not base or world.runner.which("git") is None:
        return None
    names = ("edited", "base", "new")
    with world.cache.temporary() as folder:
        for name, content in zip(names, (edited, base.encode(), file.content), strict=True):
            (folder / name).write_bytes(content)
        return git_merge(world.runner, folder, names)


def git_merge(runner: Runner, folder: Path, names: tuple[str, ...]) -> bytes | None:
    done = runner.run(("git", "merge-file", "--stdout", "--quiet", *names), cwd=folder)
    return done.stdout if done.ok else None


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def require_free(output: Path, file: RenderedFile) -> None:
    """UsageError when the file's place is taken by another kind, or a link would lead elsewhere."""
    place = output
    for part in Path(file.path).parts:
        place = place / part
        if place.is_symlink():
            raise in_the_way(place, "is a symbolic link: what it points to is not okamochi's to write")
        if place != output / file.path and place.exists() and not place.is_dir():
            raise in_the_way(place, "is a file, and a folder of that name is needed")
    if place.exists() and not place.is_file():
        raise in_the_way(place, "is no file, and one of that name is to be written")


def in_the_way(place: Path, what: str) -> UsageError:
    return UsageError(
        f"{place.name} {what}", where=str(place), hint="move it away, or write elsewhere: --output DIR"
    )


def current(output: Path, file: RenderedFile) -> bytes | None:
    path = output / file.path
    return path.read_bytes() if path.is_file() else None


def read_record(output: Path) -> Record:
    try:
        return msgspec.json.decode((output / RECORD).read_bytes(), type=Record)
    except (OSError, msgspec.MsgspecError, RecursionError):
        return Record()


def record_after(record: Record, outcomes: Sequence[Outcome], *, base: str, language: str) -> Record:
    files = dict(record.files)
    for one in outcomes:
        if one.content is None:
            del files[one.file.path]
            continue
        rendered = one.file.content
        text = "" if one.file.path.startswith(SUPPORT) else rendered.decode()
        kept = digest_of(one.content) if one.edited else ""
        files[one.file.path] = Written(digest=digest_of(rendered), text=text, kept=kept)
    return Record(base=base, language=language, files=dict(sorted(files.items())))


def write_outcomes(
    output: Path, outcomes: Sequence[Outcome], record: Record, *, base: str, language: str
) -> None:
    """Every file, or as before: a failure or an interruption half-way puts back what was there."""
    after = record_after(record, outcomes, base=base, language=language)
    content = msgspec.json.format(msgspec.json.encode(after), indent=1) + b"\n"
    kept = RenderedFile(path=RECORD, content=content)
    require_free(output, kept)
    wanted: list[tuple[RenderedFile, bytes | None, bytes | None]] = [
        (one.file, one.before, one.content) for one in outcomes if one.changed
    ]
    if after != record:
        wanted.append((kept, current(output, kept), content))
    done: list[tuple[Path, bytes | None, int]] = []
    made: list[Path] = []
    try:
        for file, before, text in wanted:
            path = output / file.path
            mode = path.stat().st_mode & 0o777 if before is not None else 0
            if text is None:
                path.unlink()
                done.append((path, before, mode))
                continue
            made += [folder for folder in reversed(path.parents) if not folder.exists()]
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, text, mode=0o755 if file.executable else 0o644)
            done.append((path, before, mode))
    except BaseException as error:
        put_back(done, made)
        if not isinstance(error, OSError):
            raise
        raise UsageError(
            f"the files cannot be written: {error.strerror}",
            where=str(output),
            hint="name a folder that you may write: --output DIR",
        ) from error


def put_back(done: Sequence[tuple[Path, bytes | None, int]], made: Sequence[Path]) -> None:
    for path, content, mode in done:
        if content is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, content, mode=mode)
    for folder in reversed(made):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def differences(output: Path, wanted: Mapping[str, bytes]) -> tuple[str, ...]:
    """A diff of some files, cut where it grows long."""
    lines: list[str] = []
    for path, content in wanted.items():
        place = output / path
        old = (place.read_bytes() if place.is_file() else b"").decode("utf-8", "replace").splitlines()
        new = content.decode("utf-8", "replace").splitlines()
        lines += difflib.unified_diff(old, new, f"{path} (there)", f"{path} (plan)", lineterm="", n=2)
    shown = lines[:MOST_DIFF_LINES]
    more = (f"... {len(lines) - len(shown)} more lines",) if len(lines) > len(shown) else ()
    return (*shown, *more)
