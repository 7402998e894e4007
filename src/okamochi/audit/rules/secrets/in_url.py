"""A password stands in an address from which something is installed.

`pip install --index-url https://user:token@…` and `git+https://token@…` stay in the repository, and the
line stays in the image's history (`docker history --no-trunc`).

Fix: `RUN --mount=type=secret,id=netrc,target=/root/.netrc pip install …`; git and pip read .netrc.

Okamochi: a package index's password is read by uv on the host, and no step of an image sees it.

See: https://pip.pypa.io/en/stable/topics/authentication/
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
WITH_PASSWORD = regex(r"https?://(?:[^\s/:@$\"']+:[^\s/@$\"'{}<>]+|(?:gh[pousr]_|glpat-|x-token)[\w-]+)@")
# words of the documentation
SHOWN = regex(r"//(?:user(?:name)?|token|x):(?:pass(?:word)?|token|x)@|<|example")


def look(setup: Setup) -> Finds:
    for path in (*(one.path for one in setup.dockerfiles), *setup.project.files("**/*requirements*.txt")):
        for number, line in enumerate(setup.file(path).lines, 1):
            if line.lstrip().startswith("#"):
                continue
            if WITH_PASSWORD.search(line) and not SHOWN.search(line.lower()):
                yield Found(
                    path=path,
                    line=number,
                    message="the address holds a password: whoever has the repository or the image has it",
                    hint="a .netrc by RUN --mount=type=secret; change the password",
                )
