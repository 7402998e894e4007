"""A command of a root without a root of its own: by the loader that lies there, with landlock(7) around."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from okamochi.run.host.fence import confinement
from okamochi.run.host.jail import Bind
from okamochi.run.host.shim import Shim, loading, start_by_loader
from okamochi.run.host.unpack import within

__all__ = ["unrooted"]


def unrooted(
    root: Path, binds: Sequence[Bind], launch: dict[str, Any], stdin: bytes
) -> tuple[dict[str, Any], bytes]:
    """What the launcher is told and the command reads, with all paths inside as they are outside. A virtual
    environment among the binds gets a Python that starts."""
    longest_first = sorted(
        ((inside, str(outside)) for outside, inside, _ in binds), key=lambda one: -len(one[0])
    )
    shim = Shim(root, root, tuple(longest_first))
    for outside, _, _ in binds:
        if (outside / "pyvenv.cfg").is_file():
            make_startable(outside, root)
    argv = tuple(shim.rewritten(word) for word in launch["argv"])
    if argv[0] == launch["argv"][0]:
        program = within(root, argv[0].lstrip("/"))
        argv = (*loading(root, program, str(program)), *argv[1:])
    environment = {name: shim.rewritten(value) for name, value in launch["env"].items()}
    reads = (str(root), *(str(outside) for outside, _, writable in binds if not writable))
    confined = confinement(reads, (str(outside) for outside, _, writable in binds if writable))
    told = {"argv": argv, "env": environment, "cwd": shim.rewritten(launch["cwd"]), "confined": confined}
    return launch | told, os.fsencode(shim.rewritten(os.fsdecode(stdin)))


def make_startable(venv: Path, root: Path) -> None:
    """Its Python is a link to a place in the root; done once."""
    python = venv / "bin/python"
    if python.is_symlink():
        start_by_loader(venv, root, within(root, str(python.readlink()).lstrip("/")))
