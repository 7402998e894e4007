"""What a running app could not write: seen by asking for a handful of its own pages right after its start,
and in the log of what served until now."""

import json
import posixpath
import re
import time
from collections.abc import Iterable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from urllib.parse import urlsplit

import msgspec

from okamochi.detect.frameworks.streamlit import OLD_HEALTH
from okamochi.model.correction import Correction, is_sound
from okamochi.model.plan import APP_ROOT, Framework, Plan
from okamochi.model.process import HttpProbe, host_of, request_path
from okamochi.run.diagnose import diagnose
from okamochi.run.engine import Engine
from okamochi.run.state import UpRecord
from okamochi.run.traces import UNNAMED, raised_traces
from okamochi.system.words import shortened
from okamochi.workflows.build import Building
from okamochi.workflows.mending.asked_elsewhere import asked_elsewhere, parts_of
from okamochi.workflows.mending.written_places import written_folder

__all__ = [
    "SCRIPT_CHECK",
    "Answered",
    "ask_for",
    "broken_parts",
    "looked_round",
    "other_site",
    "refuses_name",
    "seen_in_log",
    "sends_to_https",
    "told_of_failing",
]

LOOK_SECONDS = 2.0
# Streamlit answers 200 whatever its script raises, but here, where it runs it (scriptHealthCheckEnabled)
SCRIPT_CHECK = "/_stcore/script-health-check"
OLD_SCRIPT_CHECK = "/script-health-check"
SCRIPT_SECONDS = 20.0
MOST_PAGES = 8
LOG_LINES = 500
USER_AGENT = "okamochi"
TO_HTTPS = (
    "/ sends visitors to https, which this address does not speak: okamochi up --domain example.org puts a "
    "proxy with certificates in front; to look at it here, switch that off in the app (force_https)"
)
ELSEWHERE = (
    "/ sends visitors to {place}, which is another site: the app is up, its pages have other addresses here"
)
REFUSES_NAME = (
    "{url} answers 400, Bad Request: the app wants to be called by a name that its settings have "
    "(Django's ALLOWED_HOSTS); let them admit localhost, or okamochi up --domain with that name"
)
BROKEN_OFF = 0
"""In the place of a status, where the connection ended without an answer."""
OWN = "localhost"
LOOPBACK = (OWN, "127.0.0.1", "::1")
SIGNS = ("Read-only file system", "Permission denied")


class Answered(msgspec.Struct, frozen=True):
    """A page, the status that it answered, where it leads to, and what it shows."""

    page: str
    status: int
    location: str = ""
    text: str = ""


def looked_round(
    record: UpRecord, building: Building, engine: Engine, pages: Iterable[str]
) -> Correction | None:
    """Asks for the pages, for two seconds at most, and reads the log. None when all could be written; pages
    that answer with an error of the server are told then."""
    plan, reporter = building.plan, building.world.reporter
    answers = ask_for(record.port, plan, tuple(pages)[:MOST_PAGES])
    if plan.application.framework is Framework.STREAMLIT:
        old = plan.web.probe == HttpProbe(path=OLD_HEALTH)
        answers += ask_for(record.port, plan, (OLD_SCRIPT_CHECK if old else SCRIPT_CHECK,), SCRIPT_SECONDS)
    shown = [(one.page, one.text) for one in answers if one.status == HTTPStatus.OK]
    answers += broken_parts(record.port, plan, shown)
    log = engine.logs(record.container, tail=LOG_LINES)
    found = seen_in_log(log, building, "a look at its pages saw")
    if found is None and (failing := told_of_failing(answers, log)):
        reporter.warn(failing)
    host = host_of(plan.web.probe) or OWN
    if found is None and not plan.domain and sends_to_https(answers, host):
        reporter.warn(TO_HTTPS)
    if found is None and (place := other_site(answers, host)):
        reporter.warn(ELSEWHERE.format(place=place))
    if found is None and not plan.domain and refuses_name(record.url):
        reporter.warn(REFUSES_NAME.format(url=record.url))
    if found is None and (said := elsewhere(shown, record.port, host, building)):
        reporter.warn(said)
    return found


def broken_parts(port: int, plan: Plan, shown: Iterable[tuple[str, str]]) -> list[Answered]:
    """Scripts and styles of the pages that answer with an error of the server: these show nothing then."""
    return [one for one in ask_for(port, plan, parts_of(shown)) if one.status >= 500]


def elsewhere(shown: Iterable[tuple[str, str]], port: int, host: str, building: Building) -> str:
    def content(path: str) -> str:
        answer = answer_of(port, path, host, LOOK_SECONDS)
        return answer.text if answer is not None else ""

    return asked_elsewhere(shown, port, content, lambda path: has_file(building, path))


def has_file(building: Building, path: str) -> bool:
    """Whether a file of the project is called so, wherever the app serves it from."""
    from okamochi.system.project_files import DiskProject

    name = posixpath.basename(path)
    return any(posixpath.basename(one) == name for one in DiskProject.open(building.request.path).files())


def refuses_name(url: str) -> bool:
    """Whether the address that people are told answers 400; the check calls the app by a name it knows."""
    address = urlsplit(url)
    answer = answer_of(address.port or 80, "/", address.netloc, LOOK_SECONDS)
    return answer is not None and answer.status == HTTPStatus.BAD_REQUEST


def sends_to_https(answers: Iterable[Answered], host: str = OWN) -> bool:
    """Whether / leads to its own address with https, as Flask-Talisman's force_https does."""
    return any(urlsplit(one).scheme == "https" and not is_other(one, host) for one in led_by_first(answers))


def other_site(answers: Iterable[Answered], host: str) -> str:
    """To which / leads, "" where it leads to none: of a service whose links alone are its pages."""
    return next((urlsplit(one).netloc for one in led_by_first(answers) if is_other(one, host)), "")


def is_other(location: str, host: str) -> bool:
    return urlsplit(location).hostname not in (None, host.partition(":")[0], *LOOPBACK)


def led_by_first(answers: Iterable[Answered]) -> tuple[str, ...]:
    return tuple(one.location for one in answers if one.page == "/" and 300 <= one.status < 400)


def told_of_failing(answers: Iterable[Answered], log: str) -> str:
    """A sentence about the pages that answer 5xx, with what the last one raised; "" when none does. The app
    serves all the same: its first page is well."""
    failing = [how(one) for one in answers if one.status >= 500 or one.status == BROKEN_OFF]
    if not failing:
        return ""
    trace = next(iter(raised_traces(plain(log))), None)
    cause = diagnose(trace.text) if trace is not None else None
    said = cause.text if cause is not None else (trace.error if trace is not None else "")
    place = cause.place if cause is not None else ""
    why = f": {shortened(said, 300)}{place}" if said else ""
    return f"{', '.join(failing)}{why}; okamochi logs tells more"


def how(answer: Answered) -> str:
    if answer.page in (SCRIPT_CHECK, OLD_SCRIPT_CHECK):
        return "the script's page shows an error"
    broken = answer.status == BROKEN_OFF
    return f"{answer.page} breaks off" if broken else f"{answer.page} answers {answer.status}"


def ask_for(port: int, plan: Plan, pages: tuple[str, ...], seconds: float = LOOK_SECONDS) -> list[Answered]:
    """What each page answered in time; the one to which / leads comes next."""
    host = host_of(plan.web.probe) or OWN
    answers: list[Answered] = []
    end = time.monotonic() + seconds
    waiting = list(pages)
    while waiting:
        page = waiting.pop(0)
        left = end - time.monotonic()
        if left <= 0:
            break
        answer = answer_of(port, page, host, left)
        if answer is None:
            continue
        answers.append(answer)
        waiting[:0] = [one for one in led_to(answer, host, port) if one not in pages]
    return answers


def answer_of(port: int, page: str, host: str, seconds: float) -> Answered | None:
    """None where none came in time."""
    connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        headers = {"Host": host, "User-Agent": USER_AGENT, "Connection": "close"}
        connection.request("GET", request_path(page), headers=headers)
        answer = connection.getresponse()
        text = answer.read(1_000_000).decode("utf-8", "replace")
        return Answered(page, answer.status, answer.getheader("Location") or "", text)
    except RemoteDisconnected:  # gunicorn's answer to an OSError of the app
        return Answered(page, BROKEN_OFF)
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


def led_to(answer: Answered, host: str, port: int) -> tuple[str, ...]:
    """The page of the same app to which its first one sends visitors."""
    if answer.page != "/" or not 300 <= answer.status < 400:
        return ()
    target = urlsplit(answer.location)
    here = target.netloc in ("", host, f"{host}:{port}", f"127.0.0.1:{port}") and target.scheme != "https"
    found = re.fullmatch(r"/[\w./~-]+", target.path) is not None
    return (target.path,) if here and found else ()


def seen_in_log(log: str, building: Building, seen: str) -> Correction | None:
    """The place that the app should have, from the exceptions in its log; None when it wrote all it wanted,
    or has the place already."""
    if building.request.locked or not any(sign in log for sign in SIGNS):
        return None
    planned = building.plan_now()
    tried = {(one.kind, one.value) for one in planned.corrections}
    for trace in raised_traces(plain(log)):
        cause = diagnose(trace.text)
        if cause is None or not cause.unwritable or cause.unwritable == UNNAMED:
            continue
        place = cause.where if cause.where.startswith(f"{APP_ROOT}/") else ""
        path = posixpath.join(APP_ROOT, cause.unwritable)
        found = written_folder(path, place, planned, seen)
        if found is not None and is_sound(found) and found.key not in tried:
            return found
    return None


def plain(log: str) -> str:
    """Tracebacks that stand in lines of JSON, as lines of their own."""
    return "\n".join(told(line) for line in log.splitlines())


def told(line: str) -> str:
    if not line.startswith("{") or "Traceback" not in line:
        return line
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return line
    values = found.values() if isinstance(found, dict) else ()
    return "\n".join(one.strip() for one in values if isinstance(one, str) and "Traceback" in one)
