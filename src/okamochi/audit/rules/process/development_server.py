"""A framework's development server is what production starts.

`flask run`, `manage.py runserver`, `fastapi dev` and `python app.py` with `app.run()` are made for the desk:
Flask's own documentation says so. They do not limit what a slow client holds, do not restart a process that
died, and as process 1 they ignore SIGTERM, so that each stop takes until the engine kills them.

Fix: start the app by a server: `gunicorn "package:create_app()"`, `uvicorn package:app`. What a file for
developers starts (compose.override.yaml, a stage called dev) is not looked at.

Okamochi: gunicorn, or uvicorn, with the app that the plan proved; `okamochi dev` starts the framework's
own.

See: https://flask.palletsprojects.com/en/stable/deploying/
"""

import posixpath
import re

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.scripts import project_file
from okamochi.audit.servers import Server, is_development_server, servers
from okamochi.model.plan import Framework, ServerInterface
from okamochi.system.patterns import regex

SEVERITY = Severity.ERROR
OWN_SERVER = regex(
    r"^\s*(?:\w+\.)?(?:app|application|server|socketio|create_app\(\))\.run\(|\brun_simple\(", re.MULTILINE
)
# these servers are made for production, and started from a script
REAL_SERVER = regex(r"\b(?:waitress|gevent\.pywsgi|uvicorn\.run|hypercorn|cheroot|tornado|serve\()")


def look(setup: Setup) -> Finds:
    for container in setup.production:
        for server in servers(container):
            if is_development_server(server) or is_script_with_one(server, setup):
                words = " ".join((server.name, *server.words[:2]))
                yield Found(
                    path=server.path,
                    line=server.line,
                    message=f"{words} is a server for the desk: one process that a slow client can hold, "
                    "and that ignores SIGTERM as process 1",
                    hint=instead(setup),
                )


def is_script_with_one(server: Server, setup: Setup) -> bool:
    """`python app.py`, where that file runs Flask's server and no other."""
    if server.name != "python" or not server.words:
        return False
    path = project_file(server.words[0], setup, posixpath.dirname(server.container.stage_path))
    text = (setup.project.read_text(path) or "") if path else ""
    return OWN_SERVER.search(text) is not None and REAL_SERVER.search(text) is None


def instead(setup: Setup) -> str:
    plan = setup.plan
    if plan is None or not plan.application.object_reference:
        return "start the app by gunicorn (WSGI) or uvicorn (ASGI)"
    if (
        plan.application.interface is ServerInterface.ASGI
        and plan.application.framework is not Framework.FLASK
    ):
        return f'uvicorn "{plan.application.object_reference}"'
    return f'gunicorn "{plan.application.object_reference}"'
