"""Packages are installed into root's home.

It works as long as the app runs as root. With the first `USER` it does not: /root is closed to everybody
else, so the packages keep the image from a user of its own.

Fix: a virtual environment at /opt/venv, copied whole.

Okamochi: packages lie in /opt/venv, root's, readable for everybody.

See: https://docs.python.org/3/library/venv.html
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.rules.dependencies.in_roots_home import in_home
from okamochi.audit.runtime_user import is_root, user_of_stage
from okamochi.audit.steps import makers

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        user = user_of_stage(file.shipped)
        if file.desk or (user and not is_root(user)):
            continue
        for stage in makers(file):
            place = next(in_home(stage), None)
            if place is not None:
                yield Found(
                    path=file.path,
                    line=place.line,
                    message="packages go below /root, which is closed to every other user: the app can "
                    "only be root",
                    hint="python -m venv /opt/venv, and COPY --from=… /opt/venv /opt/venv",
                )
                break
