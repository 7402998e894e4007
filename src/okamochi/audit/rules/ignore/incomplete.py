"""The .dockerignore lets .git, .env or an environment of the host into the image.

.git holds each version of each file, those with secrets that were taken away again as well. .env is where
the developer's own secrets lie; it is not in the repository, so that nobody sees it enter the image until it
is built on a developer's machine. A virtual environment of the host is some hundred megabytes of programs
for another machine, and may hide the image's own.

Fix: `**/.git`, `**/.env*` and `**/.venv`.

Okamochi: `**/.git`, `**/.env*` and some fifty more are left out.

See: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from okamochi.audit.build_context import build_contexts, once
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerignore import keeps_out

SEVERITY = Severity.WARNING
ENVIRONMENTS = (".venv", "venv", "env")
WANTED = ((".git", ".git/config"), (".env", ".env"))


def look(setup: Setup) -> Finds:
    for context in once(build_contexts(setup)):
        outside = keeps_out(context.ignore.text) if context.ignore is not None else None
        if context.ignore is None or outside is None:
            continue
        # .git lies at the root of the repository
        entering = [
            name for name, path in WANTED if not outside(path) and not (name == ".git" and context.folder)
        ]
        entering += [
            name
            for name in ENVIRONMENTS
            if setup.project.exists(context.path(f"{name}/pyvenv.cfg")) and not outside(f"{name}/pyvenv.cfg")
        ]
        if entering:
            yield Found(
                path=context.ignore.path,
                line=1,
                message=f"{' and '.join(entering)} would enter the image: "
                f"{context.file.path}:{context.copy.line} copies everything that this file does not name",
                hint=", ".join(f"**/{name}" for name in entering),
            )
