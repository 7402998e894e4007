"""The access log: one JSON object a line, with the request's id; the health check's own requests left out.

The id is the caller's X-Request-ID, else the trace of its traceparent (https://www.w3.org/TR/trace-context/),
else made here. The app finds it in the X-Request-ID header of the request, whoever made it.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import re
import time
from typing import Any

REQUEST_ID = "X-REQUEST-ID"
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._:+/=@-]{1,128}")
TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")
# what a log must not keep of an address: login codes, tokens, keys
SENSITIVE = re.compile(
    r"(?i)(^|&)([^=&]*(?:token|secret|passw|api_?key|signature|session)[^=&]*|code|state|key|sig|auth)=[^&]*"
)


def request_id_of(given: str, traceparent: str) -> str:
    """The id of a request; a given one that would not be fit for a log is replaced."""
    if ACCEPTED_ID.fullmatch(given):
        return given
    return trace_of(traceparent) or os.urandom(16).hex()


def trace_of(traceparent: str) -> str:
    """The trace id; "" when the header is none."""
    found = TRACEPARENT.fullmatch(traceparent.strip().lower())
    return found.group(1) if found and found.group(1).strip("0") else ""


def stamp(headers: list[tuple[str, str]]) -> None:
    """Gives a request its id: exactly one X-Request-ID among gunicorn's (NAME, value) pairs."""
    given = {name.upper(): value for name, value in headers}
    wanted = request_id_of(given.get(REQUEST_ID, ""), given.get("TRACEPARENT", ""))
    headers[:] = [pair for pair in headers if pair[0].upper() != REQUEST_ID]
    headers.append((REQUEST_ID, wanted))


def without_secrets(query: str) -> str:
    return SENSITIVE.sub(r"\1\2=...", query)


class NotAProbe:
    """Keeps the health check's own requests out of the access log: from inside, and answered well. Anybody
    can call himself by its name."""

    def filter(self, record: Any) -> bool:
        atoms = record.args
        if isinstance(atoms, tuple) and len(atoms) == 5:
            return not _is_own_probe(*atoms)
        if not isinstance(atoms, dict) or atoms.get("a") != "okamochi-healthcheck":
            return True
        status = str(atoms.get("s", ""))
        return not (atoms.get("h") == "127.0.0.1" and status.isdigit() and int(status) < 400)


def _is_own_probe(client: Any, verb: Any, path: Any, version: Any, status: Any) -> bool:
    """uvicorn's access log knows no User-Agent: the address and the path of the health check must do."""
    wanted = ("GET", os.environ.get("OKAMOCHI_HEALTH_PATH", ""))
    asked = (verb, path) == (wanted if wanted[1] else ("HEAD", "/"))
    return asked and str(client).startswith("127.0.0.1:") and str(status).isdigit() and int(status) < 400


class JsonLine(logging.Formatter):
    """A record of gunicorn's or uvicorn's access log as one JSON object; absent values are left out."""

    def format(self, record: logging.LogRecord) -> str:
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
        }
        atoms: Any = record.args
        if isinstance(atoms, dict):
            # gunicorn writes quotes for its own format
            plain = {k: v.replace('\\"', '"') if isinstance(v, str) else v for k, v in atoms.items()}
            fields.update(_of_gunicorn(plain))
        elif isinstance(atoms, tuple) and len(atoms) == 5:
            fields.update(_of_uvicorn(*atoms))
        else:
            fields["message"] = record.getMessage()
        shown = {name: value for name, value in fields.items() if value not in (None, "", "-")}
        return json.dumps(shown, ensure_ascii=False)


class TextLine(logging.Formatter):
    """As gunicorn or uvicorn writes it, without what a log must not keep."""

    def format(self, record: logging.LogRecord) -> str:
        plain = copy.copy(record)
        atoms: Any = record.args
        if isinstance(atoms, dict):
            plain.args = atoms = copy.copy(atoms)  # of gunicorn's own class, which knows headers by "{name}i"
            for name, clean in (("r", _cleaned), ("q", without_secrets), ("f", without_query)):
                if isinstance(atoms.get(name), str):
                    atoms[name] = clean(atoms[name])
        elif isinstance(atoms, tuple) and len(atoms) == 5:
            plain.args = (*atoms[:2], _cleaned(str(atoms[2])), *atoms[3:])
        return plain.getMessage()


def _cleaned(request: str) -> str:
    """An address with its query, or a request's first line: "GET /login?code=... HTTP/1.1"."""
    address, mark, rest = request.partition("?")
    query, space, version = rest.partition(" ")
    return address + mark + without_secrets(query) + space + version


def _of_gunicorn(atoms: dict[str, Any]) -> dict[str, Any]:
    query = without_secrets(str(atoms.get("q") or ""))
    return {
        "method": atoms.get("m"),
        "path": atoms.get("U"),
        "query": query,
        "status": _whole(atoms.get("s")),
        "bytes": _sent(atoms),
        "duration_ms": round((_whole(atoms.get("D")) or 0) / 1000, 1),
        "remote_addr": atoms.get("h"),
        "host": atoms.get("{host}i"),
        "referer": without_query(str(atoms.get("f") or "")),
        "user_agent": atoms.get("a"),
        "request_id": atoms.get("{x-request-id}i"),
        "trace_id": trace_of(str(atoms.get("{traceparent}i") or "")),
    }


def _sent(atoms: dict[str, Any]) -> int | None:
    """gunicorn counts nothing of a file that sendfile() sends: its length is in the answer's headers."""
    counted = _whole(atoms.get("B"))
    return (
        counted or (None if atoms.get("m") == "HEAD" else _whole(atoms.get("{content-length}o"))) or counted
    )


def _of_uvicorn(client: Any, verb: Any, path: Any, version: Any, status: Any) -> dict[str, Any]:
    plain, _, query = str(path).partition("?")
    return {
        "method": verb,
        "path": plain,
        "query": without_secrets(query),
        "status": _whole(status),
        "remote_addr": str(client).rpartition(":")[0],
    }


def without_query(address: str) -> str:
    return address.partition("?")[0]


def _whole(value: Any) -> int | None:
    text = str(value)
    return int(text) if text.isdigit() else None
