"""Frameworks beside Flask: what is served, by which server, and what is asked for its health."""

import pytest

from okamochi.errors import DetectionError
from okamochi.model.plan import Framework, Plan, ServerInterface
from okamochi.model.process import HttpProbe, TcpProbe
from tests.detect.plans import FLASK_APP, decision, planned

WSGI, ASGI, OWN = ServerInterface.WSGI, ServerInterface.ASGI, ServerInterface.OWN
UVICORN_WORKER = ("--worker-class", "uvicorn_worker.UvicornWorker")

HOSTS = "import os\nALLOWED_HOSTS = os.environ.get('HOSTS', '').split(' ')\n"
DJANGO = {
    "requirements.txt": "django\n",
    "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
    "shop/__init__.py": "",
    "shop/settings.py": "ALLOWED_HOSTS = ['*']\nROOT_URLCONF = 'shop.urls'\n",
    "shop/urls.py": "urlpatterns = []\n",
    "shop/wsgi.py": (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "application = get_wsgi_application()\n"
    ),
    "shop/asgi.py": "from django.core import asgi\napplication = asgi.get_asgi_application()\n",
}


def served(files: dict[str, str], asked: str) -> Plan:
    return planned({"requirements.txt": asked, **files})


@pytest.mark.parametrize(
    ("asked", "source", "framework", "interface", "reference"),
    [
        ("fastapi", "from fastapi import FastAPI\napp = FastAPI()\n", Framework.FASTAPI, ASGI, "main:app"),
        (
            "fastapi",
            "from fastapi import FastAPI\ndef create_app():\n    app = FastAPI()\n    return app\n",
            Framework.FASTAPI,
            ASGI,
            "main:create_app()",
        ),
        (
            "starlette",
            "from starlette.applications import Starlette\nimport o\napp = o.AMiddleware(Starlette())\n",
            Framework.STARLETTE,
            ASGI,
            "main:app",
        ),
        ("quart", "from quart import Quart\napp = Quart(__name__)\n", Framework.QUART, ASGI, "main:app"),
        (
            "litestar",
            "from litestar import Litestar\napp = Litestar([])\n",
            Framework.LITESTAR,
            ASGI,
            "main:app",
        ),
        ("sanic", "from sanic import Sanic\napp = Sanic('shop')\n", Framework.SANIC, ASGI, "main:app"),
        ("falcon", "import falcon\napp = falcon.App()\n", Framework.FALCON, WSGI, "main:app"),
        ("falcon", "from falcon.asgi import App\napp = App()\n", Framework.FALCON, ASGI, "main:app"),
        ("bottle", "import bottle\napp = bottle.default_app()\n", Framework.BOTTLE, WSGI, "main:app"),
        ("bottle", "from bottle import *\napp = Bottle()\n", Framework.BOTTLE, WSGI, "main:app"),
        (
            "blacksheep",
            "from blacksheep import Application\napp = Application()\n",
            Framework.BLACKSHEEP,
            ASGI,
            "main:app",
        ),
        (
            "python-fasthtml",
            "from fasthtml.common import *\napp, rt = fast_app(live=False)\nserve()\n",
            Framework.STARLETTE,
            ASGI,
            "main:app",
        ),
        (
            "python-fasthtml",
            "from fasthtml.common import fast_app\ncalc, rt, todos, Todo = fast_app('todos.db', id=int)\n",
            Framework.STARLETTE,
            ASGI,
            "main:calc",
        ),
        (
            "flask",
            "from flask import *\ndef make():\n    web = Flask('a')\n    return 1, web\nport, app = make()\n",
            Framework.FLASK,
            WSGI,
            "main:app",
        ),
        (
            "dash",
            "from dash import Dash\napp = Dash(__name__)\nserver = app.server\n",
            Framework.DASH,
            WSGI,
            "main:server",
        ),
        ("dash", "import dash\napp = dash.Dash(__name__)\n", Framework.DASH, WSGI, "main:app.server"),
        (
            "flask\nasgiref",
            "import flask\nfrom asgiref.wsgi import WsgiToAsgi\napp = WsgiToAsgi(flask.Flask(__name__))\n",
            Framework.FLASK,
            ASGI,
            "main:app",
        ),
    ],
)
def test_an_object_of_the_framework_is_served(
    asked: str, source: str, framework: Framework, interface: ServerInterface, reference: str
) -> None:
    plan = served({"main.py": source}, asked)
    application = plan.application
    assert (application.framework, application.interface) == (framework, interface)
    assert application.object_reference == reference
    by_uvicorn = plan.web.argv[3:5] == UVICORN_WORKER
    assert by_uvicorn == (interface is ASGI)
    assert any(one.startswith("uvicorn-worker") for one in plan.dependencies.added) == by_uvicorn


def test_an_attribute_is_followed_by_the_kit_as_gunicorn_follows_none() -> None:
    plan = served({"app.py": "import dash\napp = dash.Dash(__name__)\n"}, "dash")
    assert plan.web.argv[-1] == "okamochi_object:application"
    assert dict(plan.image_environment)["OKAMOCHI_OBJECT"] == "app:app.server"


def test_a_coroutine_that_makes_an_aiohttp_application_is_handed_to_its_own_worker() -> None:
    source = "from aiohttp import web\nasync def create_app():\n    app = web.Application()\n    return app\n"
    plan = served({"main.py": source}, "aiohttp")
    assert plan.application.object_reference == "main:create_app"
    assert "aiohttp.GunicornWebWorker" in plan.web.argv
    assert plan.dependencies.added[0].startswith("gunicorn") and len(plan.dependencies.added) == 1


def test_a_coroutine_factory_of_another_framework_is_refused_with_the_reason() -> None:
    source = "from fastapi import FastAPI\nasync def create_app():\n    app = FastAPI()\n    return app\n"
    with pytest.raises(DetectionError) as caught:
        served({"main.py": source}, "fastapi")
    assert "coroutine" in caught.value.details[0]


def test_websockets_bring_their_protocol_unless_the_project_has_one() -> None:
    source = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.websocket('/ws')\nasync def ws(socket): pass\n"
    )
    assert "websockets" in served({"main.py": source}, "fastapi").dependencies.added
    assert "websockets" not in served({"main.py": source}, "fastapi\nwsproto").dependencies.added


def test_a_router_s_health_route_is_asked_with_its_prefix() -> None:
    source = (
        "from fastapi import APIRouter, FastAPI\nrouter = APIRouter(prefix='/api')\n"
        "@router.get('/health')\nasync def health(): return {}\n"
        "app = FastAPI()\napp.include_router(router)\n"
    )
    assert served({"main.py": source}, "fastapi").web.probe == HttpProbe(path="/api/health")


@pytest.mark.parametrize(
    "command",
    ["uvicorn web.site:api --reload", "hypercorn web.site:api", "fastapi run web/site.py --app api"],
)
def test_what_a_development_server_names_is_served_by_the_right_one(command: str) -> None:
    files = {
        "Procfile": f"web: {command}\n",
        "web/__init__.py": "",
        "web/site.py": "from fastapi import FastAPI\napi = FastAPI()\n",
        "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
    }
    plan = served(files, "fastapi")
    assert plan.application.object_reference == "web.site:api"
    assert plan.web.argv[3:5] == UVICORN_WORKER


def test_streamlit_runs_its_script_and_leaves_pages_and_imported_modules_aside() -> None:
    files = {
        "requirements.txt": "streamlit\n",
        "home.py": "import streamlit as st\nfrom parts import header\nst.title('x')\n",
        "parts.py": "import streamlit as st\nst.set_option('a', 1)\ndef header(): st.write('h')\n",
        "pages/other.py": "import streamlit as st\nst.write('p')\n",
    }
    plan = planned(files)
    assert plan.application.interface is OWN
    assert (plan.application.script, plan.application.object_reference) == ("home.py", "")
    assert plan.web.argv[:3] == ("/opt/venv/bin/streamlit", "run", "home.py")
    assert plan.web.probe == HttpProbe(path="/_stcore/health")
    assert plan.dependencies.added == ()
    assert "gunicorn" not in decision(plan, "processes.web.port").evidence[0].reason


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("==1.7.0", "/healthz"),
        ("<1.18", "/healthz"),
        ("==1.18.0", "/_stcore/health"),
        (">=1.2", "/_stcore/health"),
    ],
)
def test_an_old_streamlit_has_its_health_at_another_address(asked: str, path: str) -> None:
    plan = served({"home.py": "import streamlit as st\nst.title('x')\n"}, f"streamlit{asked}\n")
    assert plan.web.probe == HttpProbe(path=path)


def test_streamlit_listens_where_the_setting_says() -> None:
    files = {"requirements.txt": "streamlit\n", "app.py": "import streamlit as st\nst.write('x')\n"}
    plan = planned(files, port="8501")
    assert "--server.port=8501" in plan.web.argv
    assert plan.web.port == 8501 and dict(plan.image_environment)["PORT"] == "8501"


def test_gradio_is_started_by_its_script_on_the_port_that_it_names() -> None:
    source = (
        "import gradio as gr\nif __name__ == '__main__':\n"
        "    gr.Interface(str, 'text', 'text').launch(server_port=7861, share=True)\n"
    )
    plan = served({"app.py": source}, "gradio")
    assert plan.web.argv == ("/opt/venv/bin/python", "app.py")
    assert plan.web.port == 7861
    environment = dict(plan.image_environment)
    assert environment["GRADIO_SERVER_NAME"] == "0.0.0.0" and environment["PORT"] == "7861"
    assert any("tunnel" in one.reason for one in decision(plan, "processes.web.argv").evidence)


def test_panel_serves_its_script() -> None:
    plan = served({"app.py": "import panel as pn\npn.Row('x').servable()\n"}, "panel")
    assert plan.web.argv[:3] == ("/opt/venv/bin/panel", "serve", "app.py")
    assert plan.web.probe == HttpProbe(path="/liveness")


CHAINLIT = "import chainlit as cl\n@cl.on_message\nasync def answer(message):\n    ...\n"
SHINY = "from shiny import App, ui\napp_ui = ui.page_fluid()\napp = App(app_ui, None)\n"
EXPRESS = "from shiny.express import ui\nui.h1('Hello')\n"
MARIMO = "import marimo\napp = marimo.App(width='medium')\n@app.cell\ndef _():\n    return\n"
SOLARA = "import solara\n@solara.component\ndef Page():\n    solara.Text('x')\n"
ADDRESS = ("--host", "0.0.0.0", "--port", "8000")
QUIET = (*ADDRESS, "--no-dev-mode")


def test_a_shiny_that_knows_no_console_of_errors_is_not_told_to_leave_it_out() -> None:
    assert served({"app.py": SHINY}, "shiny==0.8.1\n").web.argv[3:] == ADDRESS
    assert served({"app.py": SHINY}, "shiny>=0.6\n").web.argv[3:] == QUIET


@pytest.mark.parametrize(
    ("program", "source", "framework", "options"),
    [
        ("chainlit", CHAINLIT, Framework.CHAINLIT, ("--headless", *ADDRESS)),
        (
            "chainlit",
            "from chainlit import langchain_factory\n@langchain_factory(use_async=False)\ndef make(): ...\n",
            Framework.CHAINLIT,
            ("--headless", *ADDRESS),
        ),
        ("shiny", SHINY, Framework.SHINY, QUIET),
        ("shiny", SHINY.replace("App, ui", "*"), Framework.SHINY, QUIET),
        ("shiny", EXPRESS, Framework.SHINY, QUIET),
        ("marimo", MARIMO, Framework.MARIMO, ("--headless", *ADDRESS)),
    ],
)
def test_scripts_that_the_program_of_their_framework_runs(
    program: str, source: str, framework: Framework, options: tuple[str, ...]
) -> None:
    plan = served({"chat.py": source, "helper.py": f"import {program}\n"}, f"{program}\n")
    assert (plan.application.framework, plan.application.interface) == (framework, OWN)
    assert plan.web.argv == (f"/opt/venv/bin/{program}", "run", "chat.py", *options)
    assert plan.dependencies.added == (("chainlit>=0.5",) if program == "chainlit" else ())
    told = served(
        {"chat.py": source, "other.py": source, "Procfile": f"web: {program} run other.py --port $PORT\n"},
        f"{program}\n",
    )
    assert told.application.script == "other.py"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (
            "from taipy.gui import Gui\nif __name__ == '__main__':\n    Gui('# Hi').run(use_reloader=True)\n",
            True,
        ),
        ("from taipy import Gui\ngui = Gui(page='x')\ngui.run(port=5001)\n", True),
        ("import taipy as tp\ntp.run(tp.Gui(page='x'), tp.Core())\n", True),
        ("import taipy as tp\nscenario = tp.create_scenario(x)\nscenario.run()\n", False),
        ("from taipy import Core\ncore = Core()\ncore.run()\n", False),
    ],
)
def test_scripts_that_start_taipy_are_given_their_address(source: str, found: bool) -> None:
    if not found:
        with pytest.raises(DetectionError):
            served({"main.py": source}, "taipy\n")
        return
    plan = served({"main.py": source}, "taipy\n")
    assert (plan.application.framework, plan.application.script) == (Framework.TAIPY, "main.py")
    options = (*ADDRESS, "--no-debug", "--no-reloader")
    assert plan.web.argv == ("/opt/venv/bin/python", "main.py", *options)
    assert plan.dependencies.added == ()


def test_a_page_of_solara_is_served_by_its_application() -> None:
    plan = served({"sol.py": SOLARA, "Procfile": "web: solara run sol.py --host=0.0.0.0\n"}, "solara\n")
    assert (plan.application.framework, plan.application.script) == (Framework.SOLARA, "sol.py")
    assert plan.web.argv == ("/opt/venv/bin/uvicorn", "solara.server.starlette:app", *ADDRESS)
    assert ("SOLARA_APP", "sol.py") in plan.image_environment


def test_a_component_of_solara_that_is_no_page_is_no_script() -> None:
    with pytest.raises(DetectionError):
        served({"parts.py": SOLARA.replace("Page", "Card")}, "solara\n")


@pytest.mark.parametrize(
    ("asked", "added"),
    [
        ("chainlit\n", ("chainlit>=0.5",)),
        ("Chainlit[all]\n", ("chainlit>=0.5",)),
        ("chainlit==0.4.1\n", ()),
        ("chainlit<2\n", ()),
    ],
)
def test_the_version_that_a_servers_options_need_is_asked_for_where_none_is_named(
    asked: str, added: tuple[str, ...]
) -> None:
    assert served({"chat.py": CHAINLIT}, asked).dependencies.added == added


def test_an_api_into_which_a_script_is_mounted_is_what_is_served() -> None:
    api = (
        "from fastapi import FastAPI\nfrom chainlit.utils import mount_chainlit\napp = FastAPI()\n"
        "mount_chainlit(app=app, target='chat.py', path='/chat')\n"
    )
    plan = served({"main.py": api, "chat.py": CHAINLIT}, "fastapi\nchainlit\n")
    assert plan.application.object_reference == "main:app"


def test_an_object_is_preferred_to_a_script_beside_it() -> None:
    files = {
        "main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "app.py": "import streamlit as st\nst.write('x')\n",
    }
    assert served(files, "fastapi\nstreamlit").application.framework is Framework.FASTAPI


def test_django_is_served_by_its_wsgi_module_and_migrated() -> None:
    plan = planned(DJANGO)
    assert plan.application.framework is Framework.DJANGO
    assert plan.application.object_reference == "shop.wsgi:application"
    assert [process.argv[1:] for process in plan.processes if process.name == "release"] == [
        ("manage.py", "migrate", "--noinput")
    ]
    assert "DJANGO_SETTINGS_MODULE" not in dict(plan.image_environment)


@pytest.mark.parametrize(
    "made",
    [
        "import django.core.handlers.wsgi\napplication = django.core.handlers.wsgi.WSGIHandler()\n",
        (
            "from django.core.handlers.wsgi import WSGIHandler\nclass OwnHandler(WSGIHandler):\n    pass\n"
            "def get_own_application():\n    return OwnHandler()\napplication = get_own_application()\n"
        ),
    ],
)
def test_a_handler_of_django_is_an_application_as_well_as_what_its_function_returns(made: str) -> None:
    files = {path: text for path, text in DJANGO.items() if path != "shop/asgi.py"}
    plan = planned({**files, "shop/wsgi.py": made})
    assert plan.application.framework is Framework.DJANGO
    assert plan.application.object_reference == "shop.wsgi:application"


def test_what_wsgi_sets_before_settings_are_loaded_is_asked_of_nobody() -> None:
    reads = f"import os\nWHICH = os.environ['DJANGO_SETTINGS_MODULE']\n{DJANGO['shop/settings.py']}"
    needed = {one.name: one.required for one in planned({**DJANGO, "shop/settings.py": reads}).environment}
    assert needed["DJANGO_SETTINGS_MODULE"] is False
    other = reads.replace("DJANGO_SETTINGS_MODULE", "SHOP")
    assert {
        one.name for one in planned({**DJANGO, "shop/settings.py": other}).environment if one.required
    } == {"SHOP"}


def test_a_script_in_the_package_that_names_the_whole_module_moves_no_root() -> None:
    moved = {f"site/{path}" if path.startswith("shop/") else path: text for path, text in DJANGO.items()}
    asgi = "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"
    files = {
        **moved,
        "site/__init__.py": "",
        "site/__main__.py": "import uvicorn\nuvicorn.run('site.shop.asgi:application')\n",
        "site/shop/asgi.py": f"import site.shop.settings\n{asgi}",
    }
    application = planned(files).application
    assert (application.object_reference, application.import_root) == ("site.shop.asgi:application", "")


def test_django_below_a_folder_is_migrated_by_the_manage_py_there() -> None:
    moved = {f"site/{path}" if "/" in path or path == "manage.py" else path: DJANGO[path] for path in DJANGO}
    plan = planned({**moved, "Procfile": "web: gunicorn --chdir site shop.wsgi\n"})
    assert plan.application.import_root == "site"
    assert [process.argv[1:] for process in plan.processes if process.name == "release"] == [
        ("site/manage.py", "migrate", "--noinput")
    ]


def test_an_asgi_object_of_unknown_making_that_sets_django_s_settings_is_django() -> None:
    asgi = (
        "import os\nfrom .own import get_own_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "application = get_own_application()\n"
    )
    files = {**DJANGO, "shop/asgi.py": asgi, "shop/own.py": "def get_own_application(): ...\n"}
    plan = planned({**files, "Procfile": "web: uvicorn shop.asgi:application\n"})
    assert (plan.application.framework, plan.application.interface) == (Framework.DJANGO, ASGI)
    assert "release" in {process.name for process in plan.processes}
    reasons = [str(one) for one in decision(plan, "application.framework").evidence]
    assert reasons == ["shop/asgi.py: has application, which is loaded"]


def test_what_django_loads_by_name_is_a_dependency_where_nothing_lists_them() -> None:
    settings = (
        "INSTALLED_APPS = [\n    'django.contrib.admin',\n    'shop',\n    'crispy_forms',\n    'polls',\n]\n"
        "INSTALLED_APPS += ['rest_framework.authtoken']\n"
        "MIDDLEWARE = ('whitenoise.middleware.WhiteNoiseMiddleware',)\n"
    )
    files = {path: text for path, text in DJANGO.items() if path != "requirements.txt"}
    plan = planned({**files, "lists nothing": "", "shop/settings.py": settings})
    wanted = ("django-crispy-forms", "django", "djangorestframework", "whitenoise")
    assert set(plan.dependencies.inline) == set(wanted)


def test_committed_virtual_environments_are_no_part_of_the_project() -> None:
    installed = "lib/python3.7/site-packages/other/__init__.py"
    files = {
        "lists nothing": "",
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
        f"my-env/{installed}": "",
        "my-env/bin/tool.py": "import paste\nfrom flask import Flask\napp = Flask(__name__)\n",
    }
    plan = planned(files)
    assert plan.dependencies.inline == ("flask",)
    assert plan.application.object_reference == "app:app"


def test_django_with_routed_protocols_is_served_by_its_asgi_module() -> None:
    asgi = (
        "from channels.routing import ProtocolTypeRouter\nfrom django.core.asgi import get_asgi_application\n"
        "application = ProtocolTypeRouter({'http': get_asgi_application()})\n"
    )
    plan = planned({**DJANGO, "requirements.txt": "django\nchannels\n", "shop/asgi.py": asgi})
    assert plan.application.object_reference == "shop.asgi:application"


@pytest.mark.parametrize(
    ("setting", "served"),
    [
        ('ASGI_APPLICATION = "shop.asgi.application"\n', "shop.wsgi:application"),
        ('ASGI_APPLICATION = "shop.routing.application"\n', "shop.asgi:application"),
        ("", "shop.asgi:application"),
    ],
)
def test_a_router_beside_the_object_that_the_settings_name_is_a_leftover(setting: str, served: str) -> None:
    plain = "from django.core.{0} import get_{0}_application\napplication = get_{0}_application()\n"
    files = {
        "requirements.txt": "django\n",
        "shop/settings.py": DJANGO["shop/settings.py"] + setting,
        "shop/asgi.py": plain.format("asgi"),
        "shop/wsgi.py": plain.format("wsgi"),
        "shop/routing.py": (
            "from channels.routing import ProtocolTypeRouter\napplication = ProtocolTypeRouter({})\n"
        ),
    }
    assert planned({**DJANGO, **files}).application.object_reference == served


def test_settings_that_only_manage_py_names_are_set() -> None:
    wsgi = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    plan = planned({**DJANGO, "shop/wsgi.py": wsgi})
    assert dict(plan.image_environment)["DJANGO_SETTINGS_MODULE"] == "shop.settings"


def test_the_release_knows_the_settings_before_manage_py_names_them() -> None:
    """The lock and the look at the schema are the kit's own; it asks Django, as no manage.py has run yet."""
    (release,) = (one for one in planned(DJANGO).processes if one.name == "release")
    assert dict(release.environment)["DJANGO_SETTINGS_MODULE"] == "shop.settings"


def test_the_settings_of_the_server_s_module_are_those_of_migrations_and_workers() -> None:
    """cookiecutter-django: production in wsgi.py, local in manage.py and celery_app.py."""
    assert "DJANGO_SETTINGS_MODULE" not in dict(planned(DJANGO).image_environment)
    celery = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.local')\n"
    for path in ("manage.py", "shop/celery_app.py"):
        plan = planned({**DJANGO, "shop/local.py": "DEBUG = True\n", path: celery})
        assert dict(plan.image_environment)["DJANGO_SETTINGS_MODULE"] == "shop.settings"
    same = planned({**DJANGO, "shop/celery_app.py": celery.replace("shop.local", "shop.settings")})
    assert "DJANGO_SETTINGS_MODULE" not in dict(same.image_environment)


LIVE = {"shop/live.py": "import os\nfrom .settings import *\nTOKEN = os.environ['TOKEN']\n"}


@pytest.mark.parametrize(
    "files",
    [
        {"Dockerfile": "FROM python:3.13\nENV DJANGO_SETTINGS_MODULE=shop.live OTHER=x\n"},
        {"fly.toml": '[env]\nDJANGO_SETTINGS_MODULE = "shop.live"\n'},
        {
            "compose.yaml": (
                "services:\n  web:\n    build: .\n    environment:\n      DJANGO_SETTINGS_MODULE: shop.live\n"
            )
        },
    ],
)
def test_the_settings_that_the_project_s_own_container_has_rule_over_those_of_the_server_s_module(
    files: dict[str, str],
) -> None:
    plan = planned({**DJANGO, **LIVE, **files})
    assert dict(plan.image_environment)["DJANGO_SETTINGS_MODULE"] == "shop.live"
    assert "TOKEN" in [one.name for one in plan.environment]


@pytest.mark.parametrize(
    "module", ["shop.local", "shop.settings_dev", "shop.nowhere", "${MODULE}", "shop.urls"]
)
def test_settings_of_the_desk_and_what_is_no_module_do_not(module: str) -> None:
    desk = {"shop/local.py": "ROOT_URLCONF = 'shop.urls'\n", "shop/settings_dev.py": "ROOT_URLCONF = 'x'\n"}
    files = {"Dockerfile": f"FROM python:3.13\nENV DJANGO_SETTINGS_MODULE={module}\n"}
    assert "DJANGO_SETTINGS_MODULE" not in dict(planned({**DJANGO, **desk, **files}).image_environment)


def test_a_package_of_settings_that_sets_nothing_itself_leaves_the_choice_to_manage_py() -> None:
    files = {name: text for name, text in DJANGO.items() if name != "shop/settings.py"}
    manage = DJANGO["manage.py"].replace("shop.settings", "shop.settings.one")
    own = {"shop/settings/__init__.py": "from pathlib import Path\nBASE = Path()\n", "manage.py": manage}
    plan = planned({**files, **own, "shop/settings/one.py": DJANGO["shop/settings.py"]})
    assert dict(plan.image_environment)["DJANGO_SETTINGS_MODULE"] == "shop.settings.one"
    stars = {"shop/settings/__init__.py": "from shop.settings.one import *\n"}
    whole = planned({**files, **own, **stars, "shop/settings/one.py": DJANGO["shop/settings.py"]})
    assert "DJANGO_SETTINGS_MODULE" not in dict(whole.image_environment)


@pytest.mark.parametrize(
    "chosen",
    [
        "module = 'shop.production' if 'ON_AZURE' in os.environ else 'shop.settings'\n",
        "module = 'shop.settings' if 'HERE' not in os.environ else 'shop.production'\n",
        "module = 'shop.production' if os.getenv('ENV') == 'production' else 'shop.settings'\n",
        "module = os.environ.get('SETTINGS', 'shop.settings')\n",
        "module = os.getenv('SETTINGS') or 'shop.settings'\n",
        "module = f\"shop.{os.getenv('STAGE', 'settings')}\"\n",
    ],
)
def test_settings_that_a_variable_would_choose_are_those_without_it(chosen: str) -> None:
    wsgi = DJANGO["shop/wsgi.py"].replace("'shop.settings'", "module").replace('"shop.settings"', "module")
    assert "module)" in wsgi
    plan = planned({**DJANGO, "shop/wsgi.py": f"import os\n{chosen}{wsgi}", "shop/settings.py": HOSTS})
    assert dict(plan.image_environment)["HOSTS"] == "localhost 127.0.0.1"


def test_hosts_from_the_environment_admit_the_health_check() -> None:
    plan = planned({**DJANGO, "shop/settings.py": HOSTS})
    assert dict(plan.image_environment)["HOSTS"] == "localhost 127.0.0.1"


@pytest.mark.parametrize(
    ("hosts", "value"),
    [
        ("[os.environ.get('DOMAIN')]", "localhost"),
        ("(os.environ['DOMAIN'], 'shop.example')", "localhost"),
        ("[*os.environ['DOMAIN'].split(',')]", "localhost,127.0.0.1"),
    ],
)
def test_a_list_that_takes_one_host_from_the_environment_gets_one(hosts: str, value: str) -> None:
    settings = f"import os\nROOT_URLCONF = 'shop.urls'\nALLOWED_HOSTS = {hosts}\n"
    assert dict(planned({**DJANGO, "shop/settings.py": settings}).image_environment)["DOMAIN"] == value


def test_a_literal_host_is_what_the_health_check_calls_itself_by() -> None:
    plan = planned({**DJANGO, "shop/settings.py": "ALLOWED_HOSTS = ['shop.example']\n"}, health="/up")
    assert plan.web.probe == HttpProbe(path="/up", host="shop.example")


def test_without_a_health_route_any_answer_will_do() -> None:
    plan = served({"main.py": "from fastapi import FastAPI\napp = FastAPI()\n"}, "fastapi")
    assert plan.web.probe == TcpProbe()
    assert "any HTTP answer" in decision(plan, "processes.web.probe").summary


def test_health_routes_of_django_starlette_and_aiohttp_are_found() -> None:
    urls = (
        "from django.urls import path\nurlpatterns = [path('health/', lambda r: r), path('healthz/', view)]\n"
    )
    assert planned({**DJANGO, "shop/urls.py": urls}).web.probe == HttpProbe(path="/healthz/")
    source = (
        "from starlette.applications import Starlette\nfrom starlette.routing import Route\n"
        "app = Starlette(routes=[Route('/health', health)])\n"
    )
    assert served({"main.py": source}, "starlette").web.probe == HttpProbe(path="/health")
    source = "from aiohttp import web\napp = web.Application()\napp.router.add_get('/ping', ping)\n"
    assert served({"main.py": source}, "aiohttp").web.probe == HttpProbe(path="/ping")


@pytest.mark.parametrize(
    ("value", "off"),
    [
        ("True", "SECURE_SSL_REDIRECT = False"),
        ("env.bool('SSL_REDIRECT', default=True)", "SSL_REDIRECT=False"),
        ("config('SSL_REDIRECT', True, cast=bool)", "SSL_REDIRECT=False"),
        ("os.environ.get('SSL_REDIRECT') != 'off'", "SSL_REDIRECT=off"),
        ("os.environ.get('SSL_REDIRECT') == 'on'", ""),
        ("env.bool('SSL_REDIRECT', default=False)", ""),
        ("not DEBUG", ""),
        ("False", ""),
    ],
)
def test_pages_of_django_that_only_https_shows_are_told(value: str, off: str) -> None:
    files = {**DJANGO, "shop/settings.py": f"{DJANGO['shop/settings.py']}SECURE_SSL_REDIRECT = {value}\n"}
    told = [one.summary for one in planned(files).decisions if "redirected to https" in one.summary]
    assert [one.endswith(off) for one in told] == ([True] if off else [])
    assert not [one for one in planned(files, domain="example.org").decisions if "https:" in one.summary]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("if not DEBUG:\n    SECURE_SSL_REDIRECT = True\n", True),
        ("if os.getenv('LIVE'):\n    SECURE_SSL_REDIRECT = True\n", False),
        ("SECURE_SSL_REDIRECT = not env.bool('NO_HTTPS', True)\n", False),
    ],
)
def test_a_redirect_below_another_condition_is_not_told(line: str, told: bool) -> None:
    files = {**DJANGO, "shop/settings.py": f"{DJANGO['shop/settings.py']}import os\n{line}"}
    assert any("redirected to https" in one.summary for one in planned(files).decisions) is told


def test_settings_in_classes_are_followed_to_the_urls() -> None:
    settings = "import configurations as c\nclass Prod(c.Configuration):\n    ROOT_URLCONF = 'shop.urls'\n"
    urls = "from django.urls import path\nurlpatterns = [path('healthz/', view)]\n"
    wsgi = DJANGO["shop/wsgi.py"].replace("django.core.wsgi", "configurations.wsgi")
    files = {**DJANGO, "shop/settings.py": settings, "shop/urls.py": urls, "shop/wsgi.py": wsgi}
    assert planned(files).web.probe == HttpProbe(path="/healthz/")


APPS = "INSTALLED_APPS = ['django.contrib.staticfiles']\n"
MIDDLEWARE = "MIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n"
WRAPPED = "from dj_static import Cling\napplication = Cling(get_wsgi_application())\n"


@pytest.mark.parametrize(
    ("files", "served"),
    [
        ({"shop/settings.py": APPS}, True),
        ({"shop/settings.py": APPS + MIDDLEWARE}, False),
        ({"shop/settings.py": "from shop.base import *\n" + MIDDLEWARE, "shop/base.py": APPS}, False),
        ({"shop/settings.py": APPS, "shop/wsgi.py": DJANGO["shop/wsgi.py"] + WRAPPED}, False),
        ({}, False),
    ],
)
def test_static_files_that_nothing_serves_are_served_by_whitenoise(
    files: dict[str, str], served: bool
) -> None:
    plan = planned({**DJANGO, **files})
    assert ("whitenoise" in plan.dependencies.added) is served
    assert (("OKAMOCHI_SERVE_STATIC", "1") in plan.image_environment) is served
    assert any("serves the static files" in one.summary for one in plan.decisions) is served


def test_whitenoise_that_the_project_asks_for_is_not_added() -> None:
    asked = {"requirements.txt": "django\nwhitenoise==6.6\n", "shop/settings.py": APPS}
    plan = planned({**DJANGO, **asked})
    assert "whitenoise" not in plan.dependencies.added
    assert ("OKAMOCHI_SERVE_STATIC", "1") in plan.image_environment


@pytest.mark.parametrize(
    ("value", "off"),
    [
        ("env('SITE_DEBUG') == 'True'", "False"),
        ("os.environ['SITE_DEBUG'] in ('1', 'yes')", "False"),
        ("env.bool('SITE_DEBUG')", "False"),
        ("int(os.environ['SITE_DEBUG'])", "0"),
        ("os.environ['SITE_DEBUG']", None),
        ("bool(os.environ['SITE_DEBUG'])", None),
        ("env.bool('SITE_DEBUG', default=False)", None),
    ],
)
def test_debug_that_a_variable_must_decide_is_off(value: str, off: str | None) -> None:
    head = "import os\nimport environ\nenv = environ.Env()\n"
    files = {**DJANGO, "shop/settings.py": f"{head}{DJANGO['shop/settings.py']}DEBUG = {value}\n"}
    assert dict(planned(files).image_environment).get("SITE_DEBUG") == off


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ("DEBUG = True\n", True),
        ("DEBUG = False\n", False),
        ("import os\nDEBUG = os.getenv('DEBUG') == '1'\n", False),
        ("DEBUG = True\nif x:\n    DEBUG = False\n", False),
        ("from shop.base import *\n", True),
        ("from shop.base import *\nDEBUG = False\n", False),
        ("TEMPLATE_DEBUG = True\n", False),
        ("DEBUG: bool = True\n", True),
        ("from shop.base import *\nDEBUG: bool = False\n", False),
        ("import os\nif os.getenv('DESK'):\n    DEBUG = True\n", False),
    ],
)
def test_debug_mode_that_djangos_settings_turn_on_is_warned_about(settings: str, warned: bool) -> None:
    plan = planned({**DJANGO, "shop/settings.py": settings, "shop/base.py": "DEBUG = True\n"})
    assert any("debug mode is on" in one.summary for one in plan.decisions) is warned


def test_settings_that_are_chosen_in_a_try_are_followed_to_the_urls() -> None:
    files = {path: text for path, text in DJANGO.items() if path != "shop/settings.py"}
    plan = planned(
        {
            **files,
            "shop/settings/__init__.py": "try:\n    from .dev import *\nexcept E:\n    from .prod import *\n",
            "shop/settings/prod.py": "ROOT_URLCONF = 'shop.urls'\n",
            "shop/urls.py": "from shop.views import health\nurlpatterns = [path('health', health)]\n",
        }
    )
    assert plan.web.probe == HttpProbe(path="/health")


@pytest.mark.parametrize(
    ("asked", "patch", "worker"),
    [
        ("flask\ngevent\n", "from gevent import monkey\nmonkey.patch_all()\n", "gevent"),
        ("flask\neventlet\n", "import eventlet\neventlet.monkey_patch()\n", "eventlet"),
        ("flask\n", "from gevent import monkey\nmonkey.patch_all()\n", ""),
        ("flask\ngevent\n", "# monkey.patch_all()\n", ""),
    ],
)
def test_an_app_that_patches_its_threads_away_gets_the_worker_made_for_that(
    asked: str, patch: str, worker: str
) -> None:
    app = f"{patch}from flask import Flask\napp = Flask(__name__)\n"
    plan = planned({"requirements.txt": asked, "wsgi.py": app})
    given = ("--worker-class", worker) if worker else ()
    assert plan.web.argv[3:-1] == given


@pytest.mark.parametrize(
    ("package", "worker"),
    [
        ("import eventlet\neventlet.monkey_patch()\n", "eventlet"),
        (
            "try:\n    import eventlet\n    eventlet.monkey_patch()\nexcept ImportError:\n    pass\n",
            "eventlet",
        ),
        ("import eventlet\ndef start():\n    eventlet.monkey_patch()\n", ""),
    ],
)
def test_patches_of_a_module_that_is_loaded_with_the_app_count(package: str, worker: str) -> None:
    """shop/__init__.py patches, wsgi.py makes the app: with threads the worker hung, and was killed."""
    made = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    wsgi = "from shop import create_app\napp = create_app()\n"
    files = {"shop/__init__.py": package + made, "wsgi.py": wsgi}
    plan = planned({"requirements.txt": "flask\neventlet\n", **files})
    assert plan.application.object_reference == "wsgi:app"
    assert plan.web.argv[3:-1] == (("--worker-class", worker) if worker else ())


SOCKETS = """\
from flask import Flask
from flask_socketio import SocketIO
mode = "threading"
app = Flask(__name__)
sockets = SocketIO({})
"""


@pytest.mark.parametrize(
    ("asked", "arguments", "worker", "gunicorn"),
    [
        ("", "app", "", "gunicorn>=26.1"),
        ("eventlet\n", "app", "eventlet", "gunicorn[eventlet]>=20,<26"),
        ("gevent\n", "app", "gevent", "gunicorn[gevent]>=20"),
        ("gevent\neventlet\n", "app, async_mode='gevent'", "gevent", "gunicorn[gevent]>=20"),
        (
            "gevent\ngevent-websocket\n",
            "app",
            "geventwebsocket.gunicorn.workers.GeventWebSocketWorker",
            "gunicorn[gevent]>=20",
        ),
        ("eventlet\n", "app, async_mode='threading'", "", "gunicorn>=26.1"),
        ("eventlet\n", "app, async_mode=mode", "", "gunicorn>=26.1"),
        ("eventlet\n", ")\nsockets.init_app(app, async_mode='threading'", "", "gunicorn>=26.1"),
        ("eventlet\n", "app, async_mode=app.config['MODE']", "eventlet", "gunicorn[eventlet]>=20,<26"),
    ],
)
def test_sessions_of_socket_io_have_one_worker_that_waits_as_they_do(
    asked: str, arguments: str, worker: str, gunicorn: str
) -> None:
    files = {"requirements.txt": f"flask\nflask-socketio\n{asked}", "app.py": SOCKETS.format(arguments)}
    plan = planned(files)
    assert plan.web.argv[3:-1] == (("--worker-class", worker) if worker else ())
    values = dict(plan.image_environment)
    assert values["WEB_CONCURRENCY"] == "1"
    assert values.get("GUNICORN_THREADS") == (None if worker else "100")
    assert plan.dependencies.added == (gunicorn,)
    assert any("serves Socket.IO" in one.reason for one in decision(plan, "processes.web.argv").evidence)


@pytest.mark.parametrize(
    ("own", "added"),
    [("gunicorn\n", ("gunicorn[eventlet]>=20,<26",)), ("gunicorn==20.1.0\n", ()), ("gunicorn>=20\n", ())],
)
def test_a_gunicorn_without_a_version_is_one_that_has_the_worker(own: str, added: tuple[str, ...]) -> None:
    asked = f"flask\nflask-socketio\neventlet\n{own}"
    plan = planned({"requirements.txt": asked, "app.py": SOCKETS.format("app")})
    assert plan.dependencies.added == added


def test_open_connections_of_flask_sock_have_threads_enough() -> None:
    app = "from flask import Flask\nfrom flask_sock import Sock\napp = Flask(__name__)\nsock = Sock(app)\n"
    plan = planned({"requirements.txt": "flask\nflask-sock\n", "app.py": app})
    values = dict(plan.image_environment)
    assert values["GUNICORN_THREADS"] == "100" and "WEB_CONCURRENCY" not in values
    assert plan.web.argv[3:-1] == ()


def test_a_class_of_ones_own_serves_socket_io_as_well() -> None:
    own = SOCKETS.format("app").replace("SocketIO(app)", "Logged(app, async_mode='gevent')")
    own = own.replace("mode =", "class Logged(SocketIO): ...\nmode =")
    plan = planned({"requirements.txt": "flask\nflask-socketio\ngevent\n", "app.py": own})
    assert dict(plan.image_environment)["WEB_CONCURRENCY"] == "1"
    assert plan.web.argv[3:-1] == ("--worker-class", "gevent")


def test_an_app_that_only_names_socket_io_has_workers_as_usual() -> None:
    files = {"requirements.txt": "flask\nflask-socketio\n", "app.py": f"{FLASK_APP}# SocketIO(app)\n"}
    assert "WEB_CONCURRENCY" not in dict(planned(files).image_environment)


def test_a_function_around_a_hidden_object_is_what_the_server_loads() -> None:
    wsgi = (
        "from django.core.wsgi import get_wsgi_application\n_application = get_wsgi_application()\n\n"
        "def application(environ, start_response):\n    return _application(environ, start_response)\n"
    )
    files = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/__init__.py": "",
        "shop/settings.py": "SECRET_KEY = 'x'\n",
        "shop/wsgi.py": wsgi,
        "requirements.txt": "django\n",
    }
    assert planned(files).application.object_reference == "shop.wsgi:application"


@pytest.mark.parametrize(
    ("asked", "worker"),
    [
        ("uvicorn==0.13.4", "uvicorn.workers.UvicornH11Worker"),
        ("uvicorn==0.13.4\nuvloop\nhttptools", "uvicorn.workers.UvicornWorker"),
        ("uvicorn[standard]~=0.13.0", "uvicorn.workers.UvicornWorker"),
        ("uvicorn>=0.13", "uvicorn_worker.UvicornWorker"),
        ("uvicorn", "uvicorn_worker.UvicornWorker"),
    ],
)
def test_an_uvicorn_of_old_has_workers_of_its_own(asked: str, worker: str) -> None:
    app = "from fastapi import FastAPI\napp = FastAPI()\n"
    plan = planned({"app.py": app, "requirements.txt": f"fastapi\n{asked}\n"})
    assert plan.web.argv[4] == worker
    added = any(one.startswith("uvicorn-worker") for one in plan.dependencies.added)
    assert added is worker.startswith("uvicorn_worker")


ENGINE = "DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{}', 'NAME': 'shop'}}}}\n"
WITH_POSTGRES = {
    "requirements.txt": "django\npsycopg\n",
    "compose.yaml": "services:\n  web:\n    build: .\n  db:\n    image: postgres:16\n",
}


def test_a_database_that_only_the_compose_file_has_is_not_started_beside_sqlite() -> None:
    settings = DJANGO["shop/settings.py"]
    plan = planned({**DJANGO, **WITH_POSTGRES, "shop/settings.py": settings + ENGINE.format("sqlite3")})
    assert plan.services == ()
    assert "no postgres is started: Django's database is SQLite" in decision(plan, "services").summary
    for other in (
        ENGINE.format("postgresql"),
        ENGINE.format("sqlite3") + "import dj_database_url as d\nDATABASES['x'] = d.config()\n",
        ENGINE.format("sqlite3") + "import psycopg\n",
        "",
    ):
        assert planned({**DJANGO, **WITH_POSTGRES, "shop/settings.py": settings + other}).services != ()


BOKEH = "from bokeh.io import curdoc\ncurdoc().add_root(page)\n"


@pytest.mark.parametrize(
    ("path", "served"), [("app.py", "app.py"), ("dash/main.py", "dash"), ("main.py", "main.py")]
)
def test_a_document_of_bokeh_is_served_by_its_program(path: str, served: str) -> None:
    plan = planned({"requirements.txt": "bokeh\n", path: BOKEH})
    assert plan.application.framework is Framework.BOKEH
    assert plan.web.argv[:3] == ("/opt/venv/bin/bokeh", "serve", served)
    assert "--allow-websocket-origin=*" in plan.web.argv


def test_a_document_that_a_function_is_handed_is_no_script_of_bokeh() -> None:
    inside = "from bokeh.server.server import Server\ndef page(doc):\n    doc.add_root(1)\n"
    with pytest.raises(DetectionError):
        planned({"requirements.txt": "bokeh\n", "app.py": inside})
