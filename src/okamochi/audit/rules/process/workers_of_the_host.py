"""The number of workers follows the CPUs of the host, not those of the container.

`multiprocessing.cpu_count()`, `os.cpu_count()` and `nproc` of Debian 12 and 13 count what the machine has. A
container with half a CPU and 512 MB on a machine of 64 cores starts 129 workers and is killed for its memory;
on the developer's laptop it was 17.

Fix: a number from outside (WEB_CONCURRENCY, which gunicorn reads by itself), or one from the cgroup's quota
and memory.

Okamochi: workers by the quota and memory of the cgroup; WEB_CONCURRENCY overrules.

See: https://github.com/benoitc/gunicorn/issues/2877 and https://github.com/python/cpython/issues/80235
"""

import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.servers import Server, config_path, servers
from okamochi.system.patterns import regex

SEVERITY = Severity.WARNING
COUNTED = regex(r"\b(?:multiprocessing|os|mp)\.cpu_count\(\)|(?<![.\w])cpu_count\(\)|sched_getaffinity")
ASSIGNED = regex(r"^\s*(?:workers|threads)\s*(?::\s*\w+\s*)?=(?!=)")
# the author has a limit of some kind, or a number from outside
LIMITED = regex(r"\bmin\(|environ|getenv|cgroup|\bconfig\b|env\(")


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for server in servers(container):
            if server.name != "gunicorn" or server.option("workers") is not None:
                if any("nproc" in one.value for one in server.options if one.name == "workers"):
                    yield found(server.path, server.line, "nproc")
                continue
            yield from in_its_file(server, setup)


def in_its_file(server: Server, setup: Setup) -> Finds:
    path = config_path(server, setup)
    for number, line in enumerate((setup.project.read_text(path) or "").split("\n") if path else (), 1):
        counted = COUNTED.search(line)
        if counted is not None and ASSIGNED.match(line) and not LIMITED.search(line):
            yield found(path, number, re.sub(r"\(\)$", "", counted[0]))


def found(path: str, line: int, what: str) -> Found:
    return Found(
        path=path,
        line=line,
        message=f"{what} counts the CPUs of the host: on a large machine a small container starts as many "
        "workers as that has cores",
        hint="a number from outside, WEB_CONCURRENCY; or one from the container's own limits",
    )
