"""Django's static files, where nothing of the project serves them: WhiteNoise in front of the application.

What the finders of django.contrib.staticfiles know is listed once, when a worker has loaded the app; what
collectstatic put into STATIC_ROOT goes first. No other file can be asked for.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

METHODS = ("GET", "HEAD")
CHUNK_BYTES = 64 * 1024


def in_front(application: Any, *, asynchronous: bool) -> Any:
    """`application`, WSGI or ASGI, with the static files of its settings answered before it is asked."""
    files = listed(application)
    return AsgiFiles(application, files) if asynchronous else files


def listed(application: Any) -> Any:
    """A WhiteNoise that holds the files, itself a WSGI application."""
    from django.conf import settings
    from django.contrib.staticfiles import finders
    from whitenoise import WhiteNoise

    files = WhiteNoise(application)
    prefix = "/" + urlsplit(settings.STATIC_URL or "/static/").path.strip("/") + "/"
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            within = str(getattr(storage, "prefix", None) or "").strip("/")
            url = prefix + "/".join(part for part in (within, path.replace(os.sep, "/")) if part)
            files.add_file_to_dictionary(url, storage.path(path))
    root = getattr(settings, "STATIC_ROOT", None)
    if root and os.path.isdir(root):  # noqa: PTH112 - pathlib would double the time of the imports
        files.add_files(os.fspath(root), prefix)
    return files


class AsgiFiles:
    """An ASGI application in front of another: the files of a WhiteNoise, and all else from the other."""

    def __init__(self, application: Any, files: Any) -> None:
        self.application = application
        self.files = files

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = self.files.files.get(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in METHODS:
            await self.application(scope, receive, send)
            return
        asked = {
            "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        answer = found.get_response(scope["method"], asked)
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers
        ]
        await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
        with_body = answer.file if answer.file is not None else _Nothing()
        try:
            while chunk := with_body.read(CHUNK_BYTES):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            with_body.close()
        await send({"type": "http.response.body", "body": b""})


class _Nothing:
    """The body of an answer that has none: HEAD, or a file that the browser has."""

    def read(self, _size: int) -> bytes:
        return b""

    def close(self) -> None:
        pass
