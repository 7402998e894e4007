"""What a server's command line says beside the app: its options, what runs before it."""

import re
from collections.abc import Iterator

from okamochi.detect.adoption.rows import Row, Verdict
from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType

__all__ = ["gunicorn_rows", "migration_rows"]

# gunicorn's option, the variable by which the kit takes it, the kit's own value
KEPT = (
    ("--threads", "GUNICORN_THREADS", "4"),
    ("--graceful-timeout", "GUNICORN_GRACEFUL_TIMEOUT", "25"),
    ("--keep-alive", "GUNICORN_KEEPALIVE", "5"),
)
# what other rows compare, and what the kit's own configuration sets
COMPARED = re.compile(
    r"--(?:timeout|threads|graceful-timeout|keep-alive|bind|workers|config|max-requests(?:-jitter)?|worker-class"
    r"|access-logfile|error-logfile|log-file|worker-tmp-dir|reload|chdir|name)"
)
WITH_DEFAULT = re.compile(r"\$\{\w+:?-(\d+)\}")
MIGRATION = re.compile(r"flask\s+db\s+upgrade|alembic\s+(?:-\S+\s+\S+\s+)*upgrade|manage\.py\s+migrate")


def gunicorn_rows(place: str, text: str, plan: Plan) -> Iterator[Row]:
    found = re.search(r"\bgunicorn\b[^&|;]*", text)
    if found is None:
        return
    text = found[0]
    for option, variable, ours in KEPT:
        said = value_of(text, option)
        if not said:
            continue
        number, topic = number_of(said), option.partition("|")[0]
        if number in (ours, ""):
            yield Row(Verdict.SAME, topic, place, said, f"{ours}, or {variable}")
        else:
            yield Row(
                Verdict.ADOPT,
                topic,
                place,
                number,
                ours,
                "what it was given so far",
                ("env", (variable, number)),
            )
    if (said := number_of(value_of(text, "--timeout|-t"))) and said != "30":
        why = "with threads it only replaces a worker that hangs; GUNICORN_TIMEOUT in env sets it"
        yield Row(Verdict.CHANGE, "--timeout", place, said, "30", why)
    if (said := value_of(text, "--max-requests")) and number_of(said) != "0":
        why = "for an app that leaks: GUNICORN_MAX_REQUESTS=1000 in env, spread by a tenth"
        yield Row(Verdict.CHANGE, "--max-requests", place, said, "workers stay", why)
    if value_of(text, "--worker-class|-k") == "sync":
        why = "threads answer more than one at a time; GUNICORN_CMD_ARGS in env chooses another class"
        yield Row(Verdict.CHANGE, "--worker-class", place, "sync", "gthread", why)
    if value_of(text, "--access-logfile") == "-":
        yield Row(Verdict.SAME, "--access-logfile", place, "-", "stdout, one JSON object a line")
    others = [word for word in re.findall(r"(?<!\S)--[a-z-]+", text) if COMPARED.fullmatch(word) is None]
    if others and "uvicorn.run" not in text:
        why = "GUNICORN_CMD_ARGS in the setting env gives gunicorn any option"
        yield Row(Verdict.CHANGE, "options", place, " ".join(others), "not taken over", why)


def value_of(text: str, options: str) -> str:
    """Of one option, whose spellings are told apart by "|"; "" when it is not there."""
    found = re.search(rf"(?<!\S)(?:{options})[ =](\S+)", text)
    return found[1].strip("\"'") if found else ""


def number_of(said: str) -> str:
    """A number, or the one that ${NAME:-60} falls back to; "" when neither."""
    found = WITH_DEFAULT.fullmatch(said)
    return found[1] if found else said if said.isdigit() else ""


def migration_rows(place: str, text: str, plan: Plan) -> Iterator[Row]:
    """Of a command that migrates and then serves."""
    found = MIGRATION.search(text)
    if found is None:
        return
    release = next((one for one in plan.processes if one.type is ProcessType.RELEASE), None)
    theirs = f"{' '.join(found[0].split())} at each start"
    if release is not None:
        yield Row(Verdict.SAME, "migrations", place, theirs, "once before web, under a lock")
        return
    why = "no such process was seen in the code; a line in a Procfile adds it: release: COMMAND"
    yield Row(Verdict.CHANGE, "migrations", place, theirs, "no migration of the plan", why)
