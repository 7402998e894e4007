"""What every command begins with: the folder that is meant, and the outside world."""

import os
import sys
from pathlib import Path

from okamochi.cli.console import reporter_for
from okamochi.system.world import World

__all__ = ["app_folder", "real_world"]


def app_folder(path: Path) -> Path:
    """The folder of the only app in a checkout that is none itself; said on stderr."""
    from okamochi.workflows.project_folder import project_folder, unread_above

    found = project_folder(path)
    if found != path:
        print(f"the app lies in {found}: that folder is taken", file=sys.stderr)
        if unread := unread_above(path, found):
            print(unread, file=sys.stderr)
    return found


def real_world(*, offline: bool = False) -> World:
    """The real outside world, with progress on stderr."""
    environ = dict(os.environ)
    return World.real(environ, reporter_for(environ), offline=offline)
