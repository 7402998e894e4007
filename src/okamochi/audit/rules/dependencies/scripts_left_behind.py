"""site-packages is copied from the builder, and the programs are not, or one by one.

A package's program (`gunicorn`, `celery`, `alembic`) lies in /usr/local/bin, not in site-packages. What
is not named is not there. The folder's path holds Python's version, so that a new base silently finds
nothing; and all that the builder had comes along, pip, Pipenv and their dependencies included.

Fix: install into a virtual environment, and copy that: one folder with all of it.

Okamochi: /opt/venv is made whole: the modules and the programs of each wheel.

See: https://docs.python.org/3/library/venv.html
"""

from okamochi.audit.rule import Finds, Found, Severity
from okamochi.audit.servers import servers
from okamochi.audit.setup import Dockerfile, Setup
from okamochi.audit.steps import copied_from
from okamochi.containerfiles.dockerfile import Instruction

SEVERITY = Severity.WARNING
WHOLE = ("/usr/local/bin", "/usr/local", "/install", "/venv", "/usr/bin")


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        copied = [one for one in file.shipped.all("COPY") if one.flag("from")]
        sources = [word.rstrip("/") for one in copied for word in one.words[:-1]]
        bare = next((one for one in copied if takes_site_packages(one)), None)
        if (
            file.desk
            or bare is None
            or any(word.endswith(WHOLE) or word.endswith("/bin/*") for word in sources)
        ):
            continue
        other = copied_from(file, bare)
        if other is not None and other.own[0] in file.shipped.instructions:
            continue  # it is made from that stage, and has all of it
        missing = missing_program(file, sources, setup)
        yield Found(
            path=file.path,
            line=bare.line,
            message=f"{missing} lies in /usr/local/bin, which is not copied: the container cannot start it"
            if missing
            else "programs are copied one by one: those of other packages are not there",
            hint="a virtual environment, COPY --from=builder /opt/venv /opt/venv",
        )


def takes_site_packages(one: Instruction) -> bool:
    return any(word.rstrip("/").endswith(("site-packages", "dist-packages")) for word in one.words[:-1])


def missing_program(file: Dockerfile, sources: list[str], setup: Setup) -> str:
    """What the command starts, where no step copies it; "" for python itself."""
    for container in setup.production:
        if container.path == file.path and container.stage == file.shipped:
            for server in servers(container):
                started = any(
                    argv[0].rpartition("/")[2] == server.name for argv in container.command.programs
                )
                by_module = f"-m {server.name}" in container.command.line_text.replace('"', "")
                named = any(word.endswith(f"/{server.name}") for word in sources)
                if started and not by_module and not named and server.name not in ("python", "manage.py"):
                    return server.name
    return ""
