"""An environment file with secrets is tracked by git.

A line in .gitignore does not help what was added before: each commit, each clone and each fork has it, and
taking the file away leaves it in the history.

Fix: `git rm --cached .env`, `.env` into .gitignore, new values for all that was in it. A .env.sample without
values shows what is needed.

Okamochi: the rendered .env.sample has names and no values; secrets/ ignores itself in git.

See: https://git-scm.com/docs/gitignore
"""

import posixpath
import re

from okamochi.audit.containers import Variable
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.secret_values import written_secret
from okamochi.containerfiles.desk import is_desk_path
from okamochi.errors import UsageError
from okamochi.model.env_file import parse_env_file

SEVERITY = Severity.ERROR
SAMPLE = re.compile(r"example|sample|template|dist|default|skel|ci|docs?")


def look(setup: Setup) -> Finds:
    for file in setup.env_files:
        if setup.tracked is None or file.path not in setup.tracked or is_desk_path(file.path):
            continue
        if any(SAMPLE.fullmatch(part) for part in re.split(r"[._/-]", posixpath.basename(file.path).lower())):
            continue
        try:
            given = parse_env_file(file.text, where=file.path)
        except UsageError:
            continue
        lines = dict(given.lines)
        found = [Variable(name, value, file.path, lines.get(name, 0)) for name, value in given.values]
        secret = [one for one in found if (written := written_secret(one)) and not written.weak]
        if secret:
            names = ", ".join(one.name for one in secret[:3]) + (" …" if len(secret) > 3 else "")
            yield Found(
                path=file.path,
                line=secret[0].line,
                message=f"git tracks this file with {names}: each clone has the values",
                hint=f"git rm --cached {file.path}, a line for it in .gitignore, and new values",
            )
