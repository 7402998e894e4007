"""What every command begins with: the folder that is meant, and the outside world."""

import os
import sys
from pathlib import Path

from okamochi.cli.console import reporter_for
from okamochi.errors import UsageError
from okamochi.system.environ import without_a_home
from okamochi.system.world import World

__all__ = ["app_folder", "real_world", "require_utf8"]


def app_folder(path: Path) -> Path:
    """The folder of the only app in a checkout that is none itself; said on stderr. UsageError for one whose
    path is not UTF-8: what is kept about it, and what engines are told, is."""
    from okamochi.workflows.starting.project_folder import project_folder, unread_above

    require_utf8(path)
    found = project_folder(path)
    if found != path:
        print(f"the app lies in {found}: that folder is taken", file=sys.stderr)
        if unread := unread_above(path, found):
            print(unread, file=sys.stderr)
    return found


def require_utf8(path: Path) -> None:
    from okamochi.system.project_files import encodable, with_escapes

    try:
        whole = os.path.realpath(path)
    except OSError:  # the current folder is gone: the command itself says so
        return
    if not encodable(whole):
        raise UsageError(
            "the path of the folder is not UTF-8",
            where=with_escapes(whole),
            hint="rename the folder that is shown with a backslash, or copy the project elsewhere",
        )


def real_world(*, offline: bool = False) -> World:
    """The real outside world, with progress on stderr."""
    environ = dict(os.environ)
    reporter = reporter_for(environ)
    if told := without_a_home(environ):
        reporter.note(told)
    return World.real(environ, reporter, offline=offline)
