"""The health check's own timeout is not shorter than that of whoever started it.

When the server hangs, the engine kills the check at its timeout, before the program can say what was
wrong: the log of the check is empty. With both at 3 s it is a race.

Fix: the program a second or two shorter than `--timeout`.

Okamochi: the check gives up after 4 s, the engine after 5 s, so that the reason is in its log.

See: https://docs.docker.com/reference/dockerfile/#healthcheck
"""

import re
from collections.abc import Iterator

from okamochi.audit.health import HealthCheck, health_checks
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.rules.health.imports_what_is_missing import sources

SEVERITY = Severity.NOTE
BY_OPTION = re.compile(r"(?:--max-time|--timeout|(?<=\s)-m|(?<=\s)-T)[ =]?(\d+(?:\.\d+)?)")
IN_CODE = re.compile(r"\btimeout\s*=\s*(\d+(?:\.\d+)?)")


def look(setup: Setup) -> Finds:
    for check in health_checks(setup):
        # without one Docker waits 30 s, ECS 5
        limit = check.timeout_seconds
        if check.off or limit is None or not check.container.own or check.container.desk:
            continue
        for path, line, seconds in own_timeouts(check, setup):
            if seconds >= limit:
                yield Found(
                    path=path,
                    line=line,
                    message=f"it waits {seconds:g} s, and is killed after {limit:g} s: nothing says "
                    "what was wrong",
                    hint=f"{max(1, limit - 1):g} s here",
                )


def own_timeouts(check: HealthCheck, setup: Setup) -> Iterator[tuple[str, int, float]]:
    for path, first, text in sources(check, setup):
        for number, line in enumerate(text.split("\n")):
            found = IN_CODE.search(line)
            if found is not None:
                yield path, first + number, float(found[1])
    if re.search(r"\b(?:curl|wget)\b", check.command.line_text):
        found = BY_OPTION.search(check.command.line_text)
        if found is not None:
            yield check.path, check.line, float(found[1])
