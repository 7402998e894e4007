"""Everything is copied into the image, and no .dockerignore keeps anything out.

`COPY . .` takes what lies in the folder on the machine that builds: .git with its whole history, .env
with the developer's secrets, virtual environments, databases, caches. It also sends all of it to the
builder first, and any change of it makes the layers after it anew.

Fix: a .dockerignore beside the Dockerfile's context with at least `**/.git`, `**/.env*`, `**/.venv`,
`**/__pycache__`; `okamochi render` writes one.

Okamochi: an ignore file from the plan: `**/` patterns, the project's .gitignore, and the names of secrets.

See: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from okamochi.audit.build_context import BuildContext, build_contexts
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING


def look(setup: Setup) -> Finds:
    for context in build_contexts(setup):
        if context.ignore is None:
            yield Found(
                path=context.file.path,
                line=context.copy.line,
                message=f"there is no {context.path('.dockerignore')}: {everything(context)} enter the image",
                hint="one with **/.git, **/.env*, **/.venv, **/__pycache__ (okamochi render writes it)",
            )


def everything(context: BuildContext) -> str:
    """.git lies at the root of a repository alone."""
    git = "" if context.folder else ".git, "
    return f"{git}.env and whatever else lies in the folder"
