"""Apps that start a server of their own, and those that only bring a line for development."""

import pytest

from tests.detect.plans import decision, planned

MAIN = "import rooms.pages, rooms.server\n\nif __name__ == '__main__':\n    rooms.server.start()\n"
OBJECT = "from flask import Flask\napp = Flask(__name__)\n"
ROOMS = {
    "shop.py": MAIN,
    "rooms/__init__.py": OBJECT,
    "rooms/pages.py": "from rooms import app\n@app.route('/')\ndef home(): ...\n",
    "rooms/server.py": "import os\nfrom gevent.pywsgi import WSGIServer\nfrom rooms import app\n"
    "def start():\n    WSGIServer(('', int(os.environ.get('SHOP_PORT', 8083))), app).serve_forever()\n",
}


def test_a_script_that_puts_the_app_together_is_run_on_the_port_that_it_reads() -> None:
    plan = planned(ROOMS)
    assert plan.application.script == "shop.py"
    assert plan.web.argv == ("/opt/venv/bin/python", "shop.py")
    assert dict(plan.image_environment)["SHOP_PORT"] == "8000"
    assert "starts a server of its own" in str(decision(plan, "application.object_reference").evidence)


@pytest.mark.parametrize(
    ("head", "read"),
    [
        ("from os import environ as env", "env.get('SHOP_PORT', 5000)"),
        ("from os import getenv as g", "g('SHOP_PORT', 5000)"),
        ("import os as o", "o.environ['SHOP_PORT']"),
        ("import os\nget = os.environ.get", "get('SHOP_PORT')"),
        ("from shop_settings import env", "env['SHOP_PORT']"),
        ("from decouple import config", "config('SHOP_PORT', default=1)"),
    ],
)
def test_the_port_is_found_under_whatever_name_the_environment_has(head: str, read: str) -> None:
    server = ROOMS["rooms/server.py"].replace("import os", head, 1)
    server = server.replace("os.environ.get('SHOP_PORT', 8083)", read)
    settings = {"shop_settings.py": "import os\nenv = os.environ\nDB_PORT = env.get('DB_PORT')\n"}
    plan = planned({**ROOMS, **settings, "rooms/server.py": server})
    assert dict(plan.image_environment)["SHOP_PORT"] == "8000"
    assert "DB_PORT" not in dict(plan.image_environment)


def test_the_arguments_of_the_projects_own_image_are_given() -> None:
    main = (
        "import os, shop_app\nif __name__ == '__main__':\n"
        "    shop_app.run(int(os.environ.get('PORT', 5000)))\n"
    )
    app = (
        "from flask import Flask\nfrom flask_socketio import SocketIO\napp = Flask(__name__)\n"
        "socketio = SocketIO(app)\n@app.route('/')\ndef home(): ...\n"
        "def run(port):\n    socketio.run(app, port=port, allow_unsafe_werkzeug=True)\n"
    )
    files = {
        "serve.py": main,
        "shop_app.py": app,
        "Dockerfile": 'FROM python\nCMD ["python", "./serve.py", "-d", "/datastore"]\n',
    }
    plan = planned(files)
    assert plan.web.argv == ("/opt/venv/bin/python", "serve.py", "-d", "/datastore")
    assert "SHOP_PORT" not in dict(plan.image_environment)


@pytest.mark.parametrize(
    ("arguments", "port"),
    [("app, host='0.0.0.0', port=5000", 5000), ("app, host='0.0.0.0', port=number", 8000)],
)
def test_a_port_that_the_program_fixes_is_where_it_is_asked(arguments: str, port: int) -> None:
    app = "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n"
    run = (
        "from flask_socketio import SocketIO\nfrom shop_app import create_app\napp = create_app()\n"
        "socketio = SocketIO(app)\n@app.route('/')\ndef home(): ...\nnumber = 1\n"
        f"if __name__ == '__main__':\n    socketio.run({arguments}, allow_unsafe_werkzeug=True)\n"
    )
    plan = planned(
        {"run.py": run, "shop_app.py": app, "Dockerfile": 'FROM python\nCMD ["python", "run.py"]\n'}
    )
    assert plan.web.argv == ("/opt/venv/bin/python", "run.py")
    assert plan.web.port == port


def test_the_development_server_of_a_whole_app_is_not_run() -> None:
    app = f"{OBJECT}@app.route('/')\ndef home(): ...\nif __name__ == '__main__':\n    app.run(debug=True)\n"
    plan = planned({"app.py": app, "Dockerfile": 'FROM python\nCMD ["python", "app.py"]\n'})
    assert plan.application.object_reference == "app:app"


def test_an_entry_point_that_is_set_stays() -> None:
    assert planned(ROOMS, entrypoint="rooms:app").application.object_reference == "rooms:app"


@pytest.mark.parametrize(
    ("call", "warned"),
    [
        ("sockets.run(app, debug=True, allow_unsafe_werkzeug=True)", True),
        ("sockets.run(app, allow_unsafe_werkzeug=True, debug=DEBUG)", False),
        ("sockets.run(app, allow_unsafe_werkzeug=True)", False),
    ],
)
def test_a_debugger_that_visitors_reach_is_told(call: str, warned: bool) -> None:
    server = f"from rooms import app, sockets\nDEBUG = False\ndef start():\n    {call}\n"
    plan = planned(ROOMS | {"rooms/server.py": server, "Procfile": "web: python shop.py\n"})
    assert plan.application.script == "shop.py"
    told = [one for one in plan.decisions if "visitors can run code" in one.summary]
    assert bool(told) is warned
    assert not told or told[0].evidence[0].path == "rooms/server.py"
