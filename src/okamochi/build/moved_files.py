"""Files that the app writes between its code: links in the app's folder, contents in a volume. And key files:
links there, contents in secrets."""

from okamochi.build.frame import ancestors
from okamochi.build.source_files import APP_OWNER, SourceFiles
from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.plan import MOVED_ROOT
from okamochi.model.process import MovedFile, SecretFile
from okamochi.oci.entry import Entry, symlink

__all__ = ["with_moved_files", "with_secret_files"]


def with_secret_files(source: SourceFiles, files: tuple[SecretFile, ...]) -> SourceFiles:
    """Links to where a container has the secrets. Of the files themselves nothing enters the image."""
    if not files:
        return source
    links = {one.path.strip("/"): f"{SECRETS_MOUNT}/{one.name}" for one in files}
    above = {one.path: one for path in links for one in ancestors(path, APP_OWNER)}
    kept = [entry for entry in source.entries if entry.path not in links]
    known = {entry.path for entry in kept}
    entries = (
        *kept,
        *(one for path, one in above.items() if path not in known),
        *(symlink(path, APP_OWNER, target) for path, target in links.items()),
    )
    return SourceFiles(tuple(sorted(entries, key=lambda entry: entry.path)), source.special)


def with_moved_files(source: SourceFiles, moved: tuple[MovedFile, ...]) -> SourceFiles:
    """What the project ships of them becomes what a new volume starts with; their folders are there in any
    case: who writes a file seldom makes its folder."""
    if not moved:
        return source
    targets = {file.path.strip("/"): file.target for file in moved}
    entries: list[Entry] = [symlink(path, APP_OWNER, target) for path, target in targets.items()]
    for entry in source.entries:
        target = targets.get(entry.path)
        if target is None:
            entries.append(entry)
        elif entry.content is not None:
            entries.append(moved_to(entry, target))
    known = {entry.path for entry in entries}
    above = {one.path: one for path in targets.values() for one in ancestors(path.strip("/"), APP_OWNER)}
    inside = (one for path, one in above.items() if f"/{path}".startswith(f"{MOVED_ROOT}/"))
    entries += (one for one in inside if one.path not in known)
    return SourceFiles(tuple(sorted(entries, key=lambda entry: entry.path)), source.special)


def moved_to(entry: Entry, target: str) -> Entry:
    return Entry(
        target.strip("/"), entry.kind, entry.mode, entry.owner, content=entry.content, target=entry.target
    )
