"""One look at an app from outside: what it answers, and under which address people find it."""

from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

from okamochi.model.process import HttpProbe, Probe, host_of
from okamochi.run.spec import RunSpec

__all__ = ["Look", "look_at", "url_for_people", "url_of"]

REQUEST_SECONDS = 5
SILENT = 0
SLOW = -1
USER_AGENT = "okamochi-healthcheck"
NO_FRONT_PAGE = (
    "{reason}, and the app has no page there: how it answers for unknown pages fails; the health check alone "
    "counts"
)


@dataclass(frozen=True)
class Look:
    """One look at the app: `ready` or the reason why not; `answered` when anything spoke HTTP; `starting`
    while no answer comes, be it that nothing listens yet or that nobody answers yet. `note` is what is to be
    said of one that is ready."""

    ready: bool
    reason: str
    answered: bool
    page_status: int = 0
    starting: bool = False
    note: str = ""


def url_of(spec: RunSpec) -> str:
    return f"http://{host_from_here(spec)}:{spec.published_port}/"


def host_from_here(spec: RunSpec) -> str:
    return "127.0.0.1" if spec.bind_address in ("0.0.0.0", "") else spec.bind_address


def url_for_people(spec: RunSpec) -> str:
    """The address under which the app answers: with "localhost" where it refuses to be called by its number
    (Django's ALLOWED_HOSTS = ["localhost"] answers 400 then)."""
    url = url_of(spec)
    if not url.startswith("http://127.0.0.1:"):
        return url
    refused = 400
    by_number, _ = ask(spec, "/", None, REQUEST_SECONDS, called=f"127.0.0.1:{spec.published_port}")
    if by_number != refused:
        return url
    by_name, _ = ask(spec, "/", None, REQUEST_SECONDS, called=f"localhost:{spec.published_port}")
    return url if by_name in (refused, SILENT, SLOW) else url.replace("127.0.0.1", "localhost")


def look_at(spec: RunSpec, request_seconds: float) -> Look:
    """Asks the probe's path, then /: where the app has no page there, an error is how it tells so, and what
    another page said counts."""
    probe = spec.process.probe
    if isinstance(probe, HttpProbe):
        status, reason = ask(spec, probe.path, probe, request_seconds)
        if not 0 < status < 400:
            return Look(False, reason, answered=status != SILENT, starting=status in (SILENT, SLOW))
    status, reason = ask(spec, "/", probe, request_seconds)
    if status >= 500 and isinstance(probe, HttpProbe) and not spec.front_page:
        return Look(True, reason, True, status, note=NO_FRONT_PAGE.format(reason=reason))
    starting = status in (SILENT, SLOW)
    return Look(0 < status < 500, reason, status != SILENT, page_status=status, starting=starting)


def ask(
    spec: RunSpec, path: str, probe: Probe | None, request_seconds: float, *, called: str = ""
) -> tuple[int, str]:
    """The status of a GET; SLOW when a connection brought no answer in time, SILENT without one. `called` is
    the Host to name, else the probe's.

    Redirects are not followed."""
    headers = {"User-Agent": USER_AGENT, "Connection": "close"}
    headers["Host"] = called or host_of(probe) or "localhost"
    connection = HTTPConnection(host_from_here(spec), spec.published_port, timeout=request_seconds)
    try:
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
    except TimeoutError:
        return SLOW, f"GET {path} brought no answer in {request_seconds:g} s"
    except (OSError, HTTPException) as error:
        return SILENT, f"GET {path}: {error or type(error).__name__}"
    finally:
        connection.close()
    return status, f"GET {path} answered {status}"
