"""A shell takes the health check's address for files to read and to write.

`curl --fail <http://localhost:8501/health>` is how Markdown marks an address. A shell reads from a file
called `http://localhost:8501/health` and writes into one without a name: "Syntax error: end of file
unexpected" (dash, exit code 2). The check fails each time, and the container is never healthy.

Fix: the address without the angle brackets.

Okamochi: the check is a list of words; no shell reads it.

See: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_07
"""

import re
import shlex

from okamochi.audit.health import HealthCheck, health_checks
from okamochi.audit.rule import Finds, Found, Setup, Severity

SEVERITY = Severity.ERROR
IN_BRACKETS = re.compile(r"<\s*(https?://[^\s>]+)>?")


def look(setup: Setup) -> Finds:
    for check in health_checks(setup):
        text = check.command.text
        if check.off or not text:
            continue
        found = IN_BRACKETS.search(text)
        if found is not None:
            yield Found(
                path=check.path,
                line=check.line,
                message=f"<{found[1]}>: the shell takes the brackets for files, and the check fails "
                "each time",
                hint=f"{found[1]} without the brackets",
            )
        elif is_open(check):
            yield Found(
                path=check.path,
                line=check.line,
                message="a quote is opened and never closed: the shell refuses the check each time",
                hint="close the quote",
            )


def is_open(check: HealthCheck) -> bool:
    try:
        shlex.split(check.command.text)
    except ValueError:
        return True
    return False
