"""Packages lie in root's home, and the app runs as somebody else.

`pip install --user` as root installs below /root/.local, and Debian's /root has the mode 0700: no other user
may look into it (measured in Debian 12). Neither the modules nor the programs are found.

Fix: a virtual environment outside of any home: `python -m venv /opt/venv`, `COPY --from=builder /opt/venv
/opt/venv`, `ENV PATH=/opt/venv/bin:$PATH`.

Okamochi: packages lie in /opt/venv, root's, readable for everybody.

See: https://docs.python.org/3/library/venv.html
"""

from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.runtime_user import is_root, user_of_stage
from okamochi.audit.steps import installs
from okamochi.containerfiles.dockerfile import Instruction, Stage

__all__ = ["in_home"]

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        user = user_of_stage(file.shipped)
        opened = any("chmod" in one.rest and "/root" in one.rest for one in file.shipped.instructions)
        if not user or is_root(user) or opened:
            continue
        for one in in_home(file.shipped):
            yield Found(
                path=file.path,
                line=one.line,
                message=f"packages lie below /root, which is closed to {user}: the app cannot import them",
                hint="a virtual environment at /opt/venv, which everybody can read",
            )


def in_home(stage: Stage) -> Iterator[Instruction]:
    """Steps that put packages below root's home; those that a user does for itself are none."""
    as_root = True
    for one in stage.instructions:
        if one.word == "USER":
            as_root = is_root(one.rest)
        if one.word == "COPY" and one.words and one.words[-1].startswith("/root/.local"):
            yield one
        for install in installs((one,)):
            if install.has("--user") and as_root and "PYTHONUSERBASE" not in stage.environment:
                yield one
