"""gunicorns, old and new, each in an environment of its own, and a folder with the kit and an app."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.kit.laid import lay_kit

APP = """\
import os

def application(environ, start_response):
    if environ["PATH_INFO"] == "/file":
        start_response("200 OK", [("Content-Length", str(os.path.getsize(__file__)))])
        return environ["wsgi.file_wrapper"](open(__file__, "rb"))
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/who":
        names = ("HTTP_X_REQUEST_ID", "REMOTE_ADDR", "wsgi.url_scheme", "HTTP_HOST")
        return [" ".join(environ[name] for name in names).encode()]
    return [os.environ.get("SECRET_KEY", "").encode()]
"""


@pytest.fixture(scope="session", params=["gunicorn==20.1.0", "gunicorn==23.0.0", "gunicorn>=27"])
def gunicorn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    uv = Path(sys.executable).with_name("uv")
    folder = tmp_path_factory.mktemp("gunicorn")
    subprocess.run((uv, "venv", "-q", "--python", sys.executable, folder / "venv"), check=True)
    python = folder / "venv/bin/python"
    install = (uv, "pip", "install", "-q", "--python", python, request.param, "setuptools<80")
    subprocess.run(install, check=True)
    return folder / "venv/bin/gunicorn"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lay_kit(tmp_path / "kit")
    (tmp_path / "wsgi.py").write_text(APP)
    return tmp_path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
