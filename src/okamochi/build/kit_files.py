"""The kit's files as entries of an image."""

from pathlib import PurePosixPath

from okamochi.kit import early_stop, kit_files
from okamochi.model.kit_programs import packages_of, programs_of
from okamochi.model.plan import KIT_ROOT, VENV_ROOT, Plan
from okamochi.oci.entry import Entry, directory, file

__all__ = ["KIT_OWNER", "kit_entries"]

KIT_OWNER = "kit"


def kit_entries(plan: Plan) -> tuple[Entry, ...]:
    """The kit's files below /opt/okamochi that something in the image starts, and the one among the
    packages."""
    folder = KIT_ROOT.removeprefix("/")
    named = (*kit_files(programs_of(plan)), *packages_of(plan))
    folders = {one.as_posix() for name, _ in named for one in PurePosixPath(folder, name).parents}
    inside = (one for one in sorted(folders) if f"{one}/".startswith(f"{folder}/"))
    files = (file(f"{folder}/{name}", KIT_OWNER, content) for name, content in named)
    name, content = early_stop()
    packages = f"{VENV_ROOT}/lib/python{plan.python_version}/site-packages".removeprefix("/")
    early = file(f"{packages}/{name}", KIT_OWNER, content)
    return (*(directory(one, KIT_OWNER) for one in inside), *files, early)
