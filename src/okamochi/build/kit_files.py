"""The kit's files as entries of an image."""

from okamochi.kit import kit_files
from okamochi.model.plan import KIT_ROOT
from okamochi.oci.entry import Entry, directory, file

__all__ = ["KIT_OWNER", "kit_entries"]

KIT_OWNER = "kit"


def kit_entries() -> tuple[Entry, ...]:
    """The kit's files below /opt/okamochi."""
    folder = KIT_ROOT.removeprefix("/")
    files = (file(f"{folder}/{name}", KIT_OWNER, content) for name, content in kit_files())
    return (directory(folder, KIT_OWNER), *files)
