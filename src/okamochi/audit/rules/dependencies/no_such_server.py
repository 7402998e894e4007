"""The command starts a server, or a worker class, that no requirement names.

gunicorn, uvicorn and their like are packages as any other. Where none of the project's lists and steps
installs it, the container ends at once: "exec: gunicorn: executable file not found in $PATH". gunicorn
answers for a worker class: "Error: class uri 'gevent' invalid or not found".

Fix: add it to the requirements, with a version.

Okamochi: adds the server that the app needs (gunicorn, uvicorn) to the lock, and says so.

See: https://docs.gunicorn.org/en/stable/settings.html#worker-class
"""

import re
from collections.abc import Iterator

from okamochi.audit.declared import named_anywhere
from okamochi.audit.gunicorn_files import gunicorn_value
from okamochi.audit.images import image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.runtime_user import ROOT_BASES
from okamochi.audit.servers import Server, servers

SEVERITY = Severity.ERROR
PACKAGES = {
    **{name: name for name in ("gunicorn", "uvicorn", "hypercorn", "daphne", "granian", "uwsgi", "celery")},
    "waitress-serve": "waitress",
    "streamlit": "streamlit",
}
BUILT_IN = frozenset(("sync", "gthread", "asgi"))


def look(setup: Setup) -> Finds:
    told: set[str] = set()
    for container in setup.production:
        image = image_of(container.stage.image) if container.stage is not None else None
        # an image of others may have it
        if image is None or image.name.rpartition("/")[2] not in ROOT_BASES:
            continue
        for server in servers(container):
            for package, what, path, line in needed(server, setup):
                if package in told or named_anywhere(package, setup) or by_an_extra(setup):
                    continue
                told.add(package)
                yield Found(
                    path=path,
                    line=line,
                    message=f"{what} is started, and no requirement names {package}: the container "
                    "ends at once",
                    hint=f"{package} among the requirements, with a version",
                )


def needed(server: Server, setup: Setup) -> Iterator[tuple[str, str, str, int]]:
    if server.name in PACKAGES:
        yield PACKAGES[server.name], server.name, server.path, server.line
    option = gunicorn_value(server, "worker-class", setup).option if server.name == "gunicorn" else None
    if option is None or "$" in option.value or not option.value:
        return
    first = option.value.partition(".")[0]
    own = setup.project.exists(first) or setup.project.exists(f"{first}.py")
    if option.value not in BUILT_IN and first != "gunicorn" and not own:
        yield (
            re.sub(r"_(?=wsgi|pywsgi)\w+", "", first),
            f"the worker class {option.value}",
            option.path,
            option.line,
        )


def by_an_extra(setup: Setup) -> bool:
    """Whether a package is asked for with an extra: fastapi[standard] brings uvicorn."""
    paths = (*setup.project.files("**/*requirements*.txt"), *setup.project.files("**/pyproject.toml"))
    paths = (*paths, *setup.project.files("**/Pipfile"))
    return any(re.search(r"\w\[\w|extras\s*=", setup.project.read_text(path) or "") for path in paths)
