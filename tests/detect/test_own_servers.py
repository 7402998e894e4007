"""Programs that start a server which no other could stand in for, and the address that they give it."""

import pytest

from okamochi.errors import DetectionError, PlanError
from okamochi.model.plan import Framework, Plan, ServerInterface
from tests.detect.plans import decision, planned

NICEGUI = "from nicegui import app, ui\n\n@ui.page('/')\ndef home():\n    ui.label('x')\n\n"
AIOHTTP = "import os\nfrom aiohttp import web\n\ndef main():\n    app = web.Application()\n"
GUARD = "\nif __name__ == '__main__':\n    main()\n"


def program(source: str, **more: str) -> Plan:
    return planned({"main.py": source, "requirements.txt": "nicegui\naiohttp\nuvicorn\ntornado\n", **more})


@pytest.mark.parametrize("call", ["ui.run()", "if __name__ in {'__main__', '__mp_main__'}:\n    ui.run()"])
def test_nicegui_is_run_by_its_script(call: str) -> None:
    plan = program(f"{NICEGUI}{call}\n")
    assert (plan.application.framework, plan.application.interface) == (
        Framework.NICEGUI,
        ServerInterface.OWN,
    )
    assert plan.web.argv == ("/opt/venv/bin/python", "main.py")
    assert plan.web.port == 8080
    assert "gunicorn" not in " ".join(plan.dependencies.added)


def test_nicegui_in_a_window_of_the_desktop_is_refused_with_what_to_write() -> None:
    with pytest.raises(PlanError, match="opens a window on the screen") as caught:
        program(f"{NICEGUI}ui.run(native=True, reload=False)\n")
    assert caught.value.where == "main.py:7" and "leave native out" in caught.value.hint
    assert program(f"{NICEGUI}ui.run(native=False)\n").web.argv[-1] == "main.py"


def test_nicegui_on_an_app_of_fastapi_is_served_as_that() -> None:
    source = "from fastapi import FastAPI\nfrom nicegui import ui\napp = FastAPI()\nui.run_with(app)\n"
    assert program(source).application.object_reference == "main:app"


@pytest.mark.parametrize(("kept", "volumes"), [("user", 1), ("general", 1), ("tab", 0)])
def test_what_nicegui_keeps_in_files_is_kept(kept: str, volumes: int) -> None:
    plan = program(f"{NICEGUI}app.storage.{kept}['a'] = 1\nui.run()\n")
    assert [one.path for one in plan.volumes] == ["/app/.nicegui"] * volumes


@pytest.mark.parametrize(
    ("start", "port", "variable"),
    [
        ("    web.run_app(app)\n", 8080, ""),
        ("    web.run_app(app, port=9001)\n", 9001, ""),
        ("    web.run_app(app, port=PORT)\n", 9002, ""),
        ("    web.run_app(app, port=int(os.environ.get('PAGE_PORT', 9003)))\n", 8000, "PAGE_PORT"),
        ("    port = os.getenv('PORT') or 9004\n    web.run_app(app, port=port)\n", 8000, ""),
        ("    web.run_app(app, port=OTHER)\n", 9005, ""),
        ("    web.run_app(app, port=told())\n", 8080, ""),
    ],
)
def test_an_object_that_only_a_function_knows_is_run_on_the_port_of_its_call(
    start: str, port: int, variable: str
) -> None:
    source = f"from settings import OTHER\nPORT = 9002\n{AIOHTTP}{start}{GUARD}"
    plan = program(source, **{"settings.py": "OTHER = 9005\n"})
    assert plan.application.script == "main.py"
    assert plan.web.port == port
    assert (variable in dict(plan.image_environment)) == bool(variable)


def test_a_port_that_is_asked_for_counts_where_the_code_tells_none() -> None:
    source = f"{AIOHTTP}    web.run_app(app, port=told()){GUARD}"
    files = {"main.py": source, "requirements.txt": "aiohttp\n"}
    assert planned(files, port="9100").web.port == 9100
    assert "does not tell" in str(decision(planned(files), "processes.web.port").evidence)


@pytest.mark.parametrize("host", ["", ", host='127.0.0.1'", ", host='localhost'"])
def test_a_server_for_this_machine_alone_is_refused_with_what_to_do(host: str) -> None:
    source = "import uvicorn\n\ndef main():\n    uvicorn.run(make()" + host + f"){GUARD}"
    with pytest.raises(PlanError, match="alone") as caught:
        program(source)
    assert "HOST" in caught.value.hint


def test_an_address_that_the_code_reads_is_given() -> None:
    host = "host=os.environ.get('HOST', '127.0.0.1')"
    source = f"import os\nimport uvicorn\n\ndef main():\n    uvicorn.run(make(), {host}, port=9001){GUARD}"
    assert dict(program(source).image_environment)["HOST"] == "0.0.0.0"


def test_tornado_is_served_by_gunicorn_where_something_returns_its_application() -> None:
    source = (
        "from tornado.web import Application\n\ndef make_app():\n    return Application([])\n\n"
        "if __name__ == '__main__':\n    make_app().listen(8888)\n"
    )
    plan = program(source)
    assert plan.application.object_reference == "main:make_app()"
    assert plan.web.argv[3:5] == ("--worker-class", "tornado")


@pytest.mark.parametrize("port", ["8881", "options.port"])
def test_tornado_is_run_where_only_its_program_has_the_application(port: str) -> None:
    source = (
        "from tornado.options import define, options\nfrom tornado.web import Application\n"
        "define('port', default=8881)\n\ndef main():\n    app = Application([])\n"
        f"    app.listen({port}){GUARD}"
    )
    plan = program(source)
    assert (plan.application.script, plan.web.port) == ("main.py", 8881)


def test_a_library_that_could_start_a_server_is_no_program() -> None:
    with pytest.raises(DetectionError):
        program("from aiohttp import web\n\ndef serve(app):\n    web.run_app(app)\n")


def test_a_script_whose_modules_draw_the_pages_is_run_by_streamlit() -> None:
    pages = "import streamlit as st\n\ndef render():\n    st.title('x')\n"
    files = {"shop/pages.py": pages, "shop/__init__.py": "", "requirements.txt": "streamlit\n"}
    script = "from shop.pages import render\n\nif __name__ == '__main__':\n    render()\n"
    plan = planned({**files, "desk.py": script})
    assert (plan.application.framework, plan.application.script) == (Framework.STREAMLIT, "desk.py")
    with pytest.raises(DetectionError):
        planned({**files, "desk.py": "from shop.pages import render\n"})


def test_the_outer_one_of_two_programs_is_run() -> None:
    inner = f"{AIOHTTP}    web.run_app(app){GUARD}"
    files = {"pages.py": inner, "site.py": f"from pages import main{GUARD}"}
    assert planned({**files, "requirements.txt": "aiohttp\n"}).application.script == "site.py"


def test_a_script_in_a_folder_finds_the_modules_of_the_projects_folder() -> None:
    source = f"from src.parts import x\n{NICEGUI}ui.run()\n"
    files = {"src/main.py": source, "src/parts.py": "x = 1\n", "requirements.txt": "nicegui\n"}
    assert "/app" in dict(planned(files).image_environment)["PYTHONPATH"].split(":")
    files["src/main.py"] = f"from parts import x\n{NICEGUI}ui.run()\n"
    assert "/app" not in dict(planned(files).image_environment).get("PYTHONPATH", "").split(":")


@pytest.mark.parametrize("start", ["run()\n", ""])
def test_routes_of_bottle_without_an_object_are_told_with_what_to_write(start: str) -> None:
    source = f"from bottle import route, run\n@route('/')\ndef home():\n    return 'x'\n{start}"
    with pytest.raises(DetectionError, match="no name of a module") as caught:
        planned({"todo.py": source, "requirements.txt": "bottle\n"})
    assert "bottle.default_app()" in caught.value.hint


def test_an_interface_of_gradio_that_another_module_made_is_launched_by_its_script() -> None:
    source = "from parts import pages\n\ndef main():\n    pages().launch(server_port=7860)\n" + GUARD
    parts = "import gradio as gr\n\ndef pages():\n    return gr.Blocks()\n"
    plan = planned({"main.py": source, "parts.py": parts, "requirements.txt": "gradio\n"})
    assert (plan.application.framework, plan.application.script) == (Framework.GRADIO, "main.py")
    assert plan.web.port == 7860


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_gradio_for_this_machine_alone_is_refused_with_what_to_do(host: str) -> None:
    source = f"import gradio as gr\ngr.Interface().launch(server_name='{host}')\n"
    with pytest.raises(PlanError, match="alone") as caught:
        planned({"app.py": source, "requirements.txt": "gradio\n"})
    assert "GRADIO_SERVER_NAME" in caught.value.hint


@pytest.mark.parametrize("made", ["from flask import Flask as App", "from dash import Dash as App"])
@pytest.mark.parametrize("end", ["", "    return app\n"])
def test_an_app_that_only_the_function_which_serves_it_has_is_told_with_that_function(
    made: str, end: str
) -> None:
    source = f"{made}\ndef main():\n    app = App(__name__)\n    app.run(host='0.0.0.0')\n{end}{GUARD}"
    with pytest.raises(DetectionError, match="no name of a module holds it") as caught:
        planned({"shop.py": source, "requirements.txt": "flask\ndash\n"})
    assert caught.value.where == "shop.py:3"
    assert "out of main() into a function create_app()" in caught.value.hint


def test_a_factory_beside_a_function_that_serves_is_called() -> None:
    source = (
        "from flask import Flask\ndef make():\n    app = Flask(__name__)\n    other.run()\n    return app\n"
        f"def main():\n    make().run()\n{GUARD}"
    )
    plan = planned({"shop.py": source, "requirements.txt": "flask\n"})
    assert plan.application.object_reference == "shop:make()"


BOTTLE = "@bottle.route('/')\ndef home():\n    return 'x'\n"


@pytest.mark.parametrize(
    ("head", "end", "name"),
    [
        ("import bottle\n", "if __name__ == '__main__':\n    bottle.run(port=8080)\n", "bottle"),
        (
            "import bottle\n",
            "def main():\n    bottle.run()\nif __name__ == '__main__':\n    main()\n",
            "bottle",
        ),
        ("import bottle\n", "", "bottle"),
        ("import bottle as b\nimport bottle\n", "if __name__ == '__main__':\n    bottle.run()\n", "b"),
    ],
)
def test_bottle_s_default_application_is_served_where_a_name_leads_to_bottle(
    head: str, end: str, name: str
) -> None:
    plan = planned({"shop.py": head + BOTTLE + end, "requirements.txt": "bottle\n"})
    assert plan.application.object_reference == f"shop:{name}.default_app()"
    assert plan.application.framework is Framework.BOTTLE
    assert plan.web.argv[-1] == "okamochi_object:application"
    assert dict(plan.image_environment)["OKAMOCHI_OBJECT"] == f"shop:{name}.default_app()"


def test_of_bottle_s_modules_the_one_that_starts_the_server_loads_the_others() -> None:
    files = {
        "pages.py": f"import bottle\n{BOTTLE}",
        "start.py": "import bottle\nimport pages\nif __name__ == '__main__':\n    bottle.run()\n",
    }
    plan = planned({**files, "requirements.txt": "bottle\n"})
    assert plan.application.object_reference == "start:bottle.default_app()"


@pytest.mark.parametrize("start", ["bottle.run()\n", "if True:\n    bottle.run()\n"])
def test_bottle_that_starts_when_it_is_imported_is_told(start: str) -> None:
    with pytest.raises(DetectionError, match="Bottle serves an application here") as caught:
        planned({"shop.py": f"import bottle\n{BOTTLE}{start}", "requirements.txt": "bottle\n"})
    assert "only below if __name__" in caught.value.hint


def test_an_object_of_bottle_s_comes_before_its_default_application() -> None:
    source = f"import bottle\napp = bottle.Bottle()\n{BOTTLE}"
    plan = planned({"shop.py": source, "requirements.txt": "bottle\n"})
    assert plan.application.object_reference == "shop:app"


WSGIREF = "from wsgiref.simple_server import make_server\ndef main():\n    make_server('', 8123, app)"


def test_a_host_before_the_object_is_no_object() -> None:
    assert program(f"{WSGIREF}.serve_forever()\n{GUARD}").web.port == 8123


def test_a_server_that_does_not_go_on_serving_is_no_program() -> None:
    callback = "from http.server import HTTPServer\ndef main():\n    HTTPServer(('', 8085), H)"
    with pytest.raises(DetectionError, match="no web application"):
        program(f"{callback}.handle_request()\n{GUARD}")
    assert program(f"{callback}.serve_forever()\n{GUARD}").web.port == 8085


@pytest.mark.parametrize("port", ["'²'", "True", "99999", f"'{'9' * 5000}'", "-1"])
def test_what_is_no_port_tells_none(port: str) -> None:
    assert program(f"{NICEGUI}ui.run(port={port})\n").web.port == 8080


@pytest.mark.parametrize("names", [1, 4, 5, 6])
def test_a_name_that_stands_for_itself_tells_nothing(names: int) -> None:
    chain = "".join(f"x{number} = x{number + 1}\n" for number in range(names))
    source = f"{NICEGUI}from other import x{names}\n{chain}ui.run(port=x0)\n"
    assert program(source, **{"other.py": f"x{names} = x{names}\n"}).web.port == 8080


@pytest.mark.parametrize(
    ("words", "port"),
    [
        ("--host 0.0.0.0", 9000),
        ("--host=0.0.0.0 --port 9100", 9100),
        ("-b 0.0.0.0 --port=9100", 9100),
        ("--host 0.0.0.0 --port $PORT", 8000),
        ("--host 0.0.0.0 --port=${PORT:-5000}", 8000),
    ],
)
def test_what_the_command_line_says_rules_over_the_options_defaults(words: str, port: int) -> None:
    options = (
        "    options.add_argument('-b', '--host', default='127.0.0.1')\n"
        "    options.add_argument('--port', type=int, default=9000)\n    asked = options.parse_args()\n"
        "    web.run_app(app, host=asked.host, port=asked.port)\n"
    )
    plan = program(f"{AIOHTTP}{options}{GUARD}", Procfile=f"web: python main.py {words}\n")
    told = words.replace("$PORT", "8000").replace("${PORT:-5000}", "8000")
    assert plan.web.argv == ("/opt/venv/bin/python", "main.py", *told.split())
    assert plan.web.port == port
    with pytest.raises(PlanError, match=r"listens on 127\.0\.0\.1 alone"):
        program(f"{AIOHTTP}{options}{GUARD}", Procfile="web: python main.py --port 9100\n")


@pytest.mark.parametrize(
    "route", ["APIWebSocketRoute('/ws', ws)", "WebSocketRoute('/ws', ws)", "Route('/ws', WebSocketEndpoint)"]
)
def test_routes_for_web_sockets_bring_the_package(route: str) -> None:
    source = f"from fastapi import FastAPI\napp = FastAPI(routes=[{route}])\n"
    plan = planned({"main.py": source, "requirements.txt": "fastapi\n"})
    assert "websockets" in plan.dependencies.added


@pytest.mark.parametrize(
    ("asked", "worker"),
    [
        ("uvicorn[standard,watch]==0.13", "UvicornWorker"),
        ("uvicorn==0.13\nuvloop\nhttptools", "UvicornWorker"),
        ("uvicorn==0.13", "UvicornH11Worker"),
    ],
)
def test_old_uvicorns_worker_by_what_is_installed(asked: str, worker: str) -> None:
    source = "from fastapi import FastAPI\napp = FastAPI()\n"
    plan = planned({"main.py": source, "requirements.txt": f"fastapi\n{asked}\n"})
    assert f"uvicorn.workers.{worker}" in plan.web.argv


CHERRYPY = "import os\nimport cherrypy\n\nclass Root:\n    @cherrypy.expose\n    def index(self): ...\n\n"
REACHED = "cherrypy.config.update({'server.socket_host': '0.0.0.0'})\n"


def cherry(source: str, **more: str) -> Plan:
    return planned({"main.py": CHERRYPY + source, "requirements.txt": "cherrypy\n", **more})


GLOBAL = """conf = {'global': {
    'server.socket_host': '0.0.0.0',
    'server.socket_port': int(os.environ['APP_PORT']),
}}
if __name__ == '__main__':
    cherrypy.quickstart(Root(), '/', conf)
"""


@pytest.mark.parametrize(
    ("start", "port", "variable"),
    [
        (f"{REACHED}cherrypy.quickstart(Root())\n", 8080, ""),
        (f"{REACHED}cherrypy.server.socket_port = 9001\ncherrypy.quickstart(Root())\n", 9001, ""),
        (f"{REACHED}cherrypy.tree.mount(Root())\ncherrypy.engine.block()\n", 8080, ""),
        (GLOBAL, 8000, "APP_PORT"),
    ],
)
def test_cherrypy_is_run_on_the_address_of_its_settings(start: str, port: int, variable: str) -> None:
    plan = cherry(start)
    assert plan.application.interface is ServerInterface.OWN
    assert plan.web.argv == ("/opt/venv/bin/python", "main.py")
    assert plan.web.port == port
    assert dict(plan.image_environment).get(variable, str(port)) == str(port)


def test_settings_of_cherrypy_may_stand_in_a_file_that_the_code_names() -> None:
    config = "[global]\nserver.socket_host = '0.0.0.0'\nserver.socket_port = 9002\n"
    start = "cherrypy.quickstart(Root(), '/', 'server.conf')\n"
    assert cherry(start, **{"server.conf": config}).web.port == 9002
    with pytest.raises(PlanError, match=r"listens on 127\.0\.0\.1 alone"):
        cherry(start, **{"another.conf": config})


def test_an_address_of_the_projects_own_module_is_read_there() -> None:
    start = (
        "import config\n"
        "cherrypy.config.update({'server.socket_host': config.HOST, 'server.socket_port': config.PORT})\n"
        "cherrypy.quickstart(Root())\n"
    )
    assert cherry(start, **{"config.py": "HOST = '0.0.0.0'\nPORT = 9003\n"}).web.port == 9003
    with pytest.raises(PlanError, match=r"listens on 127\.0\.0\.1 alone"):
        cherry(start, **{"config.py": "HOST = '127.0.0.1'\nPORT = 9003\n"})


def test_cherrypy_that_nobody_outside_reaches_is_refused_with_what_to_write() -> None:
    with pytest.raises(PlanError, match=r"cherrypy\.quickstart\(\) listens on 127\.0\.0\.1 alone") as caught:
        cherry("cherrypy.quickstart(Root())\n")
    assert 'cherrypy.config.update({"server.socket_host": os.environ.get("HOST"' in caught.value.hint
    told = "cherrypy.config.update({'server.socket_host': os.environ.get('HOST', '127.0.0.1')})\n"
    plan = cherry(f"{told}cherrypy.quickstart(Root())\n")
    assert dict(plan.image_environment)["HOST"] == "0.0.0.0"


def test_a_package_that_python_runs_is_a_program_too() -> None:
    package = CHERRYPY + f"def main():\n    {REACHED}    cherrypy.quickstart(Root())\n"
    files = {"shop/__init__.py": package, "shop/__main__.py": "from shop import main\nmain()\n"}
    plan = planned({**files, "requirements.txt": "cherrypy\n"})
    assert plan.web.argv == ("/opt/venv/bin/python", "shop/__main__.py")
    with pytest.raises(DetectionError):
        planned({"shop/__init__.py": package, "shop/other.py": "x = 1\n", "requirements.txt": "cherrypy\n"})


OF_A_CLASS = """from flask import Flask
from waitress.server import create_server

class Server:
    def __init__(self):
        self.app = Flask(__name__)

    def run(self, host, port):
        create_server(self.app, host=host, port=port).run()

SERVER = Server()
"""


@pytest.mark.parametrize(
    ("exposed", "port", "reason"),
    [
        ("EXPOSE 5656", 5656, "Dockerfile:2 exposes it"),
        ("EXPOSE 5656/tcp", 5656, "Dockerfile:2 exposes it"),
        ("EXPOSE 5656 5657", 8080, "the code does not tell"),
        ("EXPOSE $PORT", 8080, "the code does not tell"),
        ("ENV SHOP_PORT=5658 A=1\nEXPOSE ${SHOP_PORT}/tcp", 5658, "Dockerfile:3 exposes it"),
        ("ENV A=1", 8080, "the code does not tell"),
    ],
)
def test_a_program_whose_code_does_not_tell_its_port_listens_where_its_image_exposes_one(
    exposed: str, port: int, reason: str
) -> None:
    plan = planned(
        {
            "requirements.txt": "flask\nwaitress\n",
            "shop/server.py": OF_A_CLASS,
            "Shop.py": f"from shop.server import SERVER\n{GUARD.replace('main()', 'SERVER.run(*told)')}",
            "Dockerfile": f'FROM python:3.13\n{exposed}\nCMD ["python3", "/app/Shop.py"]\n',
        }
    )
    assert plan.web.argv == ("/opt/venv/bin/python", "Shop.py")
    assert plan.web.port == port
    assert reason in decision(plan, "processes.web.port").evidence[0].reason


@pytest.mark.parametrize(
    ("command", "arguments", "port"),
    [
        ('["python", "-m", "shop", "--port=8085"]', ("--port=8085",), 8085),
        ("python3 -u -m shop --port 8086 --quiet", ("--port", "8086", "--quiet"), 8086),
        ("python -m shop --sport=9", ("--sport=9",), 8000),
        ("python -m other --port=8085", (), 8000),
    ],
)
def test_a_package_that_the_image_runs_gets_its_arguments_and_listens_where_they_say(
    command: str, arguments: tuple[str, ...], port: int
) -> None:
    """The code reads ports of its neighbours alone."""
    started = (
        "import os\nfrom tornado.httpserver import HTTPServer\nfrom tornado.web import Application\n\n"
        "def main(own):\n    CACHE = os.environ.get('CACHE_PORT') if own.cached else ''\n"
        "    HTTPServer(Application()).listen(own.port, own.host)\n"
    )
    if port == 8000:
        started = started.replace("CACHE_PORT", "CACHE")
    files = {"shop/__init__.py": started, "shop/__main__.py": "from shop import main\nmain(...)\n"}
    plan = planned({**files, "requirements.txt": "tornado\n", "Dockerfile": f"FROM python\nCMD {command}\n"})
    assert plan.web.argv == ("/opt/venv/bin/python", "shop/__main__.py", *arguments)
    assert plan.web.port == port
