"""A container that joins another one's processes, network and volumes: tools beside an app that has none."""

from dataclasses import dataclass

from okamochi.run.command_line import CommandLineEngine

__all__ = ["Joining", "arguments", "join"]

# the app's own variables, then its own folder; PATH stays the tools', the app's programs come last
ENTER = """\
while IFS='=' read -r -d '' name value; do
  case $name in PATH|HOME|''|*[!A-Za-z0-9_]*) ;; *) export "$name=$value" ;; esac
done < /proc/1/environ
for packages in /proc/1/root/opt/venv/lib/python3*/site-packages; do
  export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}$packages"
done
export PATH=/usr/bin:/usr/sbin:/proc/1/root/opt/venv/bin HOME=/tmp PS1='[\\h] \\w \\$ '
cd "/proc/1/root$1" 2> /dev/null || cd /
shift
exec "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Joining:
    """`argv` is run as `user` in an image with bash, in the app's `folder`."""

    container: str
    image_reference: str
    argv: tuple[str, ...]
    user: str
    folder: str


def join(engine: CommandLineEngine, joining: Joining, *, interactive: bool) -> int:
    """On the user's own stdin, stdout and stderr; the command's exit code. Its container goes afterwards."""
    argv = (engine.name, *arguments(joining, interactive=interactive))
    return engine.runner.passthrough(argv, env=engine.environ)


def arguments(joining: Joining, *, interactive: bool) -> tuple[str, ...]:
    """Everything after the program's name. As the app's own user and without capabilities: what it sees is
    what the app sees."""
    target = f"container:{joining.container}"
    return (
        *("run", "--rm", "--interactive", *(("--tty",) if interactive else ())),
        *("--pull", "never", "--pid", target, "--network", target, "--volumes-from", joining.container),
        *("--user", joining.user, "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--tmpfs", "/tmp:rw,nosuid,nodev,mode=1777", "--no-healthcheck"),
        *("--entrypoint", "/usr/bin/bash", joining.image_reference),
        *("-c", ENTER, "okamochi-shell", joining.folder, *joining.argv),
    )
