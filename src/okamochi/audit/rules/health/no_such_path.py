"""The health check asks a path that no route of the app has.

The answer is 404, `curl -f` and urllib fail, and the container is unhealthy for ever. It happens when a
check is copied from another project, or when the route is called otherwise (`/healthz`, `/health/`).

The rule looks for the last part of the path in the app's own code, and is silent where that is anywhere.

Fix: a route for it, without a database behind: `@app.get("/health")`; or the path that there is.

Okamochi: asks a route that it found in the code; without one, any answer on the port counts.

See: https://docs.docker.com/reference/dockerfile/#healthcheck
"""

import re

from okamochi.audit.health import health_checks
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.model.plan import Framework

SEVERITY = Severity.ERROR
WITH_ROUTES = frozenset(
    (
        *(Framework.FLASK, Framework.QUART, Framework.FASTAPI, Framework.STARLETTE, Framework.LITESTAR),
        *(Framework.DJANGO, Framework.AIOHTTP, Framework.BOTTLE, Framework.FALCON, Framework.SANIC),
        *(Framework.PYRAMID, Framework.BLACKSHEEP),
    )
)
# of frameworks and of packages that everybody knows
BUILT_IN = re.compile(r"|docs|redoc|openapi\.json|metrics|admin|static|favicon\.ico|robots\.txt|__\w+__")
MOST_FILES = 500


def look(setup: Setup) -> Finds:
    plan = setup.plan
    if plan is None or plan.application.framework not in WITH_ROUTES:
        return
    for check in health_checks(setup):
        address = check.address
        if check.off or address is None or not check.container.own or check.container.desk:
            continue
        if address["host"] not in ("localhost", "127.0.0.1", "0.0.0.0"):
            continue
        path = (address["path"] or "").partition("?")[0]
        word = path.strip("/").rpartition("/")[2]
        if BUILT_IN.fullmatch(word) or "$" in path or is_named(word, setup):
            continue
        yield Found(
            path=check.path,
            line=check.line,
            message=f"{path} is nowhere in the app's code: the answer is 404, and the check never succeeds",
            hint=f"a route {path} that asks no database, or a path that there is",
        )


def is_named(word: str, setup: Setup) -> bool:
    paths = [*setup.project.files("**/*.py"), *setup.project.files("**/*.y*ml")]
    described = {one.path for one in (*setup.composes, *setup.manifests, *setup.task_definitions)}
    if len(paths) > MOST_FILES:
        return True
    scripts = re.compile(r"(?:.*/)?(?:health_?check|healthz?)\.py")
    code = (path for path in paths if path not in described and not scripts.fullmatch(path))
    return any(
        word in (setup.project.read_text(path) or "") for path in code if "/.github/" not in f"/{path}"
    )
