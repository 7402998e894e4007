"""A secret is written into the image.

What ENV sets and COPY brings is there for everybody who can pull the image, `docker history` and `docker
inspect` show it, and a later step that deletes it changes nothing. Values of ARG stay in the history as
well. An app whose secret has a default starts with that one when somebody forgets to set it.

Fix: at run time a variable from outside or a file below /run/secrets; while building `RUN
--mount=type=secret,id=token …`. A secret that was in an image is known: change it.

See: https://docs.docker.com/build/building/secrets/
"""

import posixpath
import re
from collections.abc import Iterator

from okamochi.audit.rule import Found, Rule
from okamochi.audit.setup import Setup
from okamochi.containerfiles.dockerfile import Instruction
from okamochi.model.finding import Severity
from okamochi.system.patterns import regex

__all__ = ["RULE"]

NAME = regex(
    r"(?:\w*_)?(?:SECRET|SECRET_KEY|PASSWORD|PASSWD|PASSPHRASE|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY)"
)
# no secret has such a value
PLAIN = regex(r"\d{0,6}|true|false|yes|no|on|off|none|null|/[\w./-]*|\$.*|<.*>", re.IGNORECASE)
FILE = regex(
    r"\.env(?:\.(?!sample$|example$|template$|dist$|default)[\w.-]+)?|id_(?:rsa|dsa|ecdsa|ed25519)|[\w.-]+\.key"
    r"|[\w.-]*(?:priv|key)[\w.-]*\.pem|\.netrc|\.pypirc|\.git-credentials|[\w.-]*service[-_]account[\w.-]*\.json"
    r"|(?:client_)?credentials\.json|[\w.-]+\.p12|\.ssh|\.aws"
)


def look(setup: Setup) -> Iterator[Found]:
    for file in setup.dockerfiles:
        for one in file.shipped.instructions if not file.desk else ():
            for what in baked_in(one):
                yield Found(
                    path=file.path,
                    line=one.line,
                    message=f"{what} is in the image, for everybody who can pull it",
                    hint="give it to the container when it starts, or mount it: RUN --mount=type=secret,id=…",
                )


def baked_in(one: Instruction) -> Iterator[str]:
    match one.word:
        case "ENV" | "ARG":
            for name, value in one.pairs:
                if NAME.fullmatch(name.upper()) and not PLAIN.fullmatch(value):
                    yield f"the value of {name}"
        case "COPY" | "ADD" if not one.flag("from"):
            for word in one.words[:-1]:
                if FILE.fullmatch(posixpath.basename(word.rstrip("/"))):
                    yield word


RULE = Rule("layers/secret-in-image", Severity.ERROR, look, __doc__ or "")
