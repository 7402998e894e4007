"""Opening the devcontainer may write a new lock file.

`pipenv install`, `poetry update` and `uv lock` resolve again where the lock does not agree with what it
is made from: whoever opens the project first on some day has other versions than the rest, and a changed
file that nobody asked for.

Fix: what installs the lock as it is: `pipenv sync --dev`, `poetry install`, `uv sync --locked`, `pdm
sync`.

Okamochi: the command installs what the lock says.

See: https://pipenv.pypa.io/en/latest/locking.html, https://docs.astral.sh/uv/concepts/projects/sync/
"""

from okamochi.audit.devcontainers import commands
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.WARNING

# the words of the command, options that make it keep the lock, the lock, what to write
REWRITES = (
    (
        ("pipenv", "install"),
        ("--deploy", "--ignore-pipfile", "--skip-lock"),
        "Pipfile.lock",
        "pipenv sync --dev",
    ),
    (("pipenv", "update"), (), "Pipfile.lock", "pipenv sync --dev"),
    (("poetry", "update"), (), "poetry.lock", "poetry install"),
    (("poetry", "lock"), ("--check",), "poetry.lock", "poetry install"),
    (("uv", "lock"), ("--locked", "--check", "--frozen"), "uv.lock", "uv sync --locked"),
    (("uv", "sync"), ("--locked", "--frozen", "--check"), "uv.lock", "uv sync --locked"),
    (("pdm", "update"), (), "pdm.lock", "pdm sync"),
    (("pdm", "lock"), ("--check",), "pdm.lock", "pdm sync"),
)


def look(setup: Setup) -> Finds:
    for file in setup.devcontainers:
        for one in commands(file):
            for words, keep, lock, instead in REWRITES:
                if one.argv[:2] != words or set(keep) & set(one.argv) or not setup.project.exists(lock):
                    continue
                if words == ("pipenv", "install") and any(not arg.startswith("-") for arg in one.argv[2:]):
                    continue  # it adds a package
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"{' '.join(words)} may write {lock} anew whenever the devcontainer is made",
                    hint=instead,
                )
