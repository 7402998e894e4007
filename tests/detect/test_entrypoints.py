"""Which object the server loads, in projects laid out as real ones are."""

from collections.abc import Mapping

import pytest

from okamochi.detect.planner import make_plan
from okamochi.errors import AmbiguousError, DetectionError
from okamochi.model.plan import Framework
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import MemoryProject
from tests.detect.plans import FLASK_APP, decision, planned, reference

FACTORY = """\
from flask import Flask

def create_app(test_config=None):
    app = Flask(__name__, instance_relative_config=True)
    return app
"""
CONFIGURED_FACTORY = """\
from flask import Flask
from config import config

def create_app(config_name):
    app = Flask(__name__)
    app.config.from_object(config[config_name])
    return app
"""
CONFIG = """\
class Config: pass
class DevelopmentConfig(Config): DEBUG = True
class ProductionConfig(Config): pass
config = {"development": DevelopmentConfig, "production": ProductionConfig, "default": DevelopmentConfig}
"""


def test_a_single_file_is_served() -> None:
    plan = planned({"app.py": FLASK_APP})
    assert plan.application.object_reference == "app:app"
    assert plan.web.argv[-1] == "app:app"
    assert decision(plan, "application.framework").evidence[0].line == 3


@pytest.mark.parametrize(
    "source",
    [
        "import flask\napp = flask.Flask(__name__)\n",
        "import flask as f\napp = f.Flask(__name__)\n",
        "from flask import Flask as F\napp: F = F(__name__)\n",
        (
            "from flask import Flask\ntry:\n    import x\nexcept ImportError:\n    x = None\n"
            "if x:\n    app = Flask('a')\n"
            "else:\n    app = Flask(__name__)\n"
        ),
        "from flask import Flask\nclass MyApp(Flask):\n    pass\napp = MyApp(__name__)\n",
        (
            "from flask import Flask\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n"
            "app = ProxyFix(Flask(__name__))\n"
        ),
        (
            "from flask import Flask\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n"
            "app = Flask(__name__)\napp.wsgi_app = ProxyFix(app.wsgi_app)\n"
        ),
        "from apiflask import APIFlask\napp = APIFlask(__name__)\n",
        "from flask_openapi3 import OpenAPI\napp = OpenAPI(__name__)\n",
        "from flask import Flask\ndef _b():\n    made = Flask(__name__)\n    return made\napp = _b()\n",
        "from flask import Flask\ndef build() -> Flask:\n    return registry.app()\napp = build()\n",
    ],
)
def test_every_way_to_make_a_flask_object_is_seen(source: str) -> None:
    assert reference({"app.py": source}) == "app:app"


def test_the_server_of_a_dash_app_is_served() -> None:
    source = "import dash\napp = dash.Dash(__name__)\nserver = app.server\n"
    assert reference({"app.py": source}) == "app:server"


MOUNTED = """\
from flask import Flask
from charts import with_charts

app = Flask(__name__)
app = with_charts(app)
"""
CHARTS = "def with_charts(server):\n    board = Board(server=server)\n    return board.server\n"


@pytest.mark.parametrize(
    "board", ["from dash import Dash as Board\n", "import dash\nclass Board(dash.Dash):\n    title = 'x'\n"]
)
def test_a_dash_object_in_a_flask_app_leaves_it_a_flask_app(board: str) -> None:
    plan = planned({"app.py": MOUNTED, "charts.py": board + CHARTS})
    assert (plan.application.object_reference, plan.application.framework) == ("app:app", Framework.FLASK)
    assert decision(plan, "application.framework").evidence[0].path == "app.py"
    given = f"{board}from flask import Flask\napp = Flask(__name__)\nboard = Board(server=app)\n"
    plan = planned({"app.py": f"{given}server = board.server\n"})
    assert plan.application.framework is Framework.FLASK


def test_an_application_by_that_name_is_served() -> None:
    files = {
        "shop/__init__.py": FACTORY,
        "shop/wsgi.py": "from shop import create_app\n\napplication = create_app()\n",
    }
    assert reference(files) == "shop.wsgi:application"


def test_a_factory_is_served_when_no_module_assigns_an_application() -> None:
    plan = planned({"flaskr/__init__.py": FACTORY, "pyproject.toml": PYPROJECT})
    assert plan.application.object_reference == "flaskr:create_app()"
    assert plan.dependencies.inline == ("flask",)


PYPROJECT = '[project]\nname = "flaskr"\ndependencies = ["flask"]\n'


def test_a_factory_with_conditional_returns_is_one() -> None:
    source = (
        "from flask import Flask\ndef make_app(debug=False):\n    if debug:\n        return Flask('x')\n"
        "    app = Flask(__name__)\n    return app\n"
    )
    assert reference({"service.py": source}) == "service:make_app()"


def test_the_environment_of_alembic_makes_no_application_wherever_it_lies() -> None:
    """nickjj/docker-flask-example has it in db/env.py, with an app of its own."""
    env = (
        "from alembic import context\nfrom hello.app import create_app\n\napp = create_app()\n"
        "config = context.config\n"
    )
    files = {"db/__init__.py": "", "db/env.py": env, "hello/__init__.py": "", "hello/app.py": FACTORY}
    assert reference(files) == "hello.app:create_app()"


def test_the_object_in_wsgi_py_wins_over_the_factory_that_made_it() -> None:
    files = {"app/__init__.py": FACTORY, "wsgi.py": "from app import create_app\napp = create_app()\n"}
    assert reference(files) == "wsgi:app"


def test_a_root_module_that_imports_the_package_is_served() -> None:
    files = {
        "microblog.py": "from app import create_app, db\n\napp = create_app()\n",
        "app/__init__.py": FACTORY.replace("test_config=None", "config_class=object"),
        ".flaskenv": "FLASK_APP=microblog.py\nFLASK_DEBUG=1\n",
        "Procfile": "web: flask db upgrade; gunicorn microblog:app\nworker: rq worker microblog-tasks\n",
    }
    plan = planned(files)
    assert plan.application.object_reference == "microblog:app"
    assert decision(plan, "application.object_reference").evidence[0].path == "Procfile"
    worker = next(process for process in plan.processes if process.name == "worker")
    assert worker.argv == ("/opt/venv/bin/rq", "worker", "microblog-tasks")


def test_the_procfile_wins_over_flask_app() -> None:
    files = {
        "bluelog/__init__.py": CONFIGURED_FACTORY.replace("config_name)", "config_name=None)"),
        "config.py": CONFIG,
        "wsgi.py": "from bluelog import create_app\napp = create_app('production')\n",
        ".flaskenv": "FLASK_APP=bluelog\n",
        "Procfile": "web: gunicorn wsgi:app --log-file -\n",
    }
    assert reference(files) == "wsgi:app"


def test_flask_app_wins_over_the_usual_names() -> None:
    files = {"app.py": FLASK_APP, "site_two.py": FLASK_APP, ".flaskenv": 'export FLASK_APP="site_two.py"\n'}
    assert reference(files) == "site_two:app"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".flaskenv", "FLASK_APP=shop:make('staging')\n"),
        (".flaskenv", "export FLASK_APP=shop:make('staging')  # the one that is shown\n"),
        (".flaskenv", """FLASK_APP="shop:make('staging')" # said\n"""),
        (".env", r"""FLASK_APP='shop:make(\'staging\')'""" + "\n"),
        ("Dockerfile", """FROM python:3.13\nENV FLASK_APP="shop:make('staging')" FLASK_DEBUG=0\n"""),
        ("Dockerfile", "FROM python:3.13\nENV FLASK_APP shop:make('staging')\n"),
        (
            "compose.yaml",
            """services:\n  web:\n    environment:\n      FLASK_APP: "shop:make('staging')"\n""",
        ),
        (
            "compose.yaml",
            """services:\n  web:\n    environment:\n      - "FLASK_APP=shop:make('staging')"\n""",
        ),
        ("compose.yaml", """services:\n  web:\n    environment:\n      - FLASK_APP=shop:make('staging')\n"""),
        ("run.sh", """export FLASK_APP="shop:make('staging')"; flask run\n"""),
        ("run.bat", """set FLASK_APP=shop:make('staging')\r\nflask run\r\n"""),
        ("Procfile", """web: gunicorn "shop:make('staging')"\n"""),
    ],
)
def test_the_arguments_of_a_factory_are_those_that_a_file_states(path: str, text: str) -> None:
    factory = "from flask import Flask\n\ndef make(stage):\n    app = Flask(__name__)\n    return app\n"
    plan = planned({"shop/__init__.py": factory, path: text})
    assert plan.application.object_reference == "shop:make('staging')"
    told = [one.reason for one in decision(plan, "application.object_reference").evidence]
    assert "make() returns Flask(...)" in told


def test_a_stale_procfile_is_noted_and_not_believed() -> None:
    plan = planned({"app.py": FLASK_APP, "Procfile": "web: gunicorn -w 3 old.module:app\n"})
    assert plan.application.object_reference == "app:app"
    notes = [one.reason for one in decision(plan, "application.object_reference").evidence]
    assert any("not used" in note for note in notes)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Dockerfile", 'FROM python:3.13\nCMD ["gunicorn", "-b", "0.0.0.0:8000", "second:app"]\n'),
        ("Dockerfile", "FROM python:3.13\nCMD exec gunicorn --bind :$PORT \\\n  --workers 2 second:app\n"),
        ("Dockerfile", 'FROM python:3.13\nENTRYPOINT ["./boot.sh"]\n'),
        ("Dockerfile", 'FROM python:3.13\nENTRYPOINT ["gunicorn", "-w", "4"]\nCMD ["second:app"]\n'),
        ("docker-compose.yml", "services:\n  web:\n    command: gunicorn -b 0.0.0.0:5000 second:app\n"),
        (
            "compose.yaml",
            "services:\n  web:\n    command: [sh, -c, 'flask db upgrade && gunicorn second:app']\n",
        ),
        ("compose.yaml", "services:\n  web:\n    environment:\n      - FLASK_APP=second.py\n"),
        ("gunicorn.conf.py", 'wsgi_app = "second:app"\nworkers = 2\n'),
        ("render.yaml", 'services:\n  - type: web\n    startCommand: "gunicorn second:app"\n'),
        ("Procfile", "web: waitress-serve --port=$PORT --call second:make\n"),
        ("Procfile", "web: uwsgi --http :8000 --module second:app\n"),
        ("uwsgi.ini", "[uwsgi]\nwsgi-file = second.py\ncallable = app\n"),
    ],
)
def test_statements_of_the_project_choose_between_applications(path: str, text: str) -> None:
    second = FLASK_APP + "\ndef make():\n    return app\n"
    files: Mapping[str, str | bytes] = {
        "first.py": FLASK_APP,
        "second.py": second,
        path: text,
        "boot.sh": "#!/bin/sh\nflask db upgrade\nexec gunicorn -b :5000 second:app\n",
    }
    expected = "second:make()" if "--call" in text else "second:app"
    assert reference(files) == expected


def test_a_module_without_a_name_is_served_by_its_application() -> None:
    """As gunicorn and uWSGI take it, whatever makes it."""
    files = {
        "comments/run.py": "from comments.wsgi import make_app\napplication = make_app(many=True)\n",
        "comments/__init__.py": "",
        "comments/wsgi.py": "from werkzeug.wrappers import Response\n"
        "class Comments:\n    def __call__(self, environ, start):\n"
        "        return Response()(environ, start)\n"
        "def make_app(many):\n    return Comments()\n",
        "requirements.txt": "werkzeug\n",
    }
    split = 'FROM python:3.13\nENTRYPOINT ["/venv/bin/gunicorn", "--preload"]\nCMD ["comments.run"]\n'
    assert reference({**files, "Dockerfile": split}) == "comments.run:application"
    assert reference({**files, "Procfile": "web: gunicorn comments.run\n"}) == "comments.run:application"
    with pytest.raises(DetectionError):
        reference({**files, "Procfile": "web: gunicorn comments.wsgi\n"})


def test_manage_py_is_served_when_nothing_else_is() -> None:
    files = {
        "manage.py": "from flask.cli import FlaskGroup\nfrom project import app\ncli = FlaskGroup(app)\n",
        "project/__init__.py": FLASK_APP,
    }
    assert reference(files) == "project:app"


def test_the_source_folder_is_the_import_root() -> None:
    plan = planned(
        {
            "src/reader/__init__.py": "",
            "src/reader/_app/__init__.py": FACTORY,
            "src/reader/_app/wsgi.py": "from . import create_app\napp = create_app()\n",
        }
    )
    assert plan.application.object_reference == "reader._app.wsgi:app"
    assert plan.application.import_root == "src"
    assert ("PYTHONPATH", "/app/src") in plan.image_environment


def test_a_folder_without_init_is_imported_from_where_its_imports_point() -> None:
    own = {
        "backend/app.py": "from flask import Flask\nfrom settings import X\napp = Flask(__name__)\n",
        "backend/settings.py": "X = 1\n",
    }
    plan = planned(own)
    assert (plan.application.object_reference, plan.application.import_root) == ("app:app", "backend")
    outer = {
        "backend/app.py": "from flask import Flask\nfrom backend.settings import X\napp = Flask(__name__)\n",
        "backend/settings.py": "X = 1\n",
    }
    assert planned(outer).application.object_reference == "backend.app:app"


def test_an_argument_is_taken_from_the_configuration_for_production() -> None:
    files = {"app/__init__.py": CONFIGURED_FACTORY, "config.py": CONFIG}
    plan = planned(files)
    assert plan.application.object_reference == "app:create_app('production')"
    evidence = decision(plan, "application.object_reference").evidence
    assert any(one.path == "config.py" for one in evidence)


def test_an_argument_is_taken_from_a_call_elsewhere() -> None:
    files = {
        "app/__init__.py": CONFIGURED_FACTORY.replace("config[config_name]", "f'settings.{config_name}'"),
        "config.py": "config = None\n",
        "run.py": "from app import create_app\nif __name__ == '__main__':\n    create_app('local').run()\n",
    }
    assert reference(files) == "app:create_app('local')"


def test_an_argument_is_the_import_path_of_the_production_class() -> None:
    source = (
        "from flask import Flask\ndef create_app(config_object):\n    app = Flask(__name__)\n"
        "    app.config.from_object(config_object)\n    return app\n"
    )
    files = {"app/__init__.py": source, "app/settings.py": "class ProdConfig:\n    pass\n"}
    assert reference(files) == "app:create_app('app.settings.ProdConfig')"


def test_a_factory_whose_argument_nothing_tells_is_explained() -> None:
    source = "from flask import Flask\ndef create_app(settings):\n    return Flask(__name__)\n"
    with pytest.raises(DetectionError) as caught:
        planned({"app/__init__.py": source})
    assert "settings" in caught.value.details[0]
    assert "entrypoint" in caught.value.hint
    assert caught.value.where == "app/__init__.py:2"


def test_several_applications_that_nothing_ranks_are_all_shown() -> None:
    with pytest.raises(AmbiguousError) as caught:
        planned({"blog.py": FLASK_APP, "shop.py": FLASK_APP})
    assert caught.value.exit_code == 3
    assert [line.split()[0] for line in caught.value.details] == ["blog:app", "shop:app"]
    assert "blog.py:3" in caught.value.details[0]
    assert caught.value.where == "blog.py:3, shop.py:3"
    assert caught.value.hint == (
        "choose one: okamochi up --entrypoint blog:app or okamochi up --entrypoint shop:app; for good: "
        '[tool.okamochi] entrypoint = "blog:app" in pyproject.toml'
    )


def test_a_factory_to_choose_can_be_copied_into_a_shell() -> None:
    factory = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    with pytest.raises(AmbiguousError) as caught:
        planned({"blog.py": factory, "shop.py": factory})
    assert "okamochi up --entrypoint 'blog:create_app()' or" in caught.value.hint


def test_of_modules_that_all_run_themselves_a_usual_name_comes_first() -> None:
    runs = f"{FLASK_APP}if __name__ == '__main__':\n    app.run()\n"
    assert reference({"app.py": runs, "sessions.py": runs}) == "app:app"
    with pytest.raises(AmbiguousError):
        planned({"app.py": runs, "main.py": runs})


def test_the_module_that_runs_the_app_comes_before_the_one_that_only_makes_it() -> None:
    main = "from app import app\nimport views\nif __name__ == '__main__':\n    app.run()\n"
    views = "from app import app\n@app.get('/')\ndef home():\n    return 'home'\n"
    files = {"app.py": FLASK_APP, "main.py": main, "views.py": views}
    assert reference(files) == "main:app"
    assert reference({**files, "main.py": main.replace("app.run()", "print(app.url_map)")}) == "app:app"
    runs_too = f"{FLASK_APP}if __name__ == '__main__':\n    app.run()\n"
    assert reference({**files, "app.py": runs_too}) == "app:app"


def test_a_factory_that_completes_an_object_comes_before_the_object() -> None:
    factory = "from shop import app\ndef create_app():\n    app.register_blueprint(pages)\n    return app\n"
    files = {"shop/__init__.py": FLASK_APP, "shop/factory.py": factory}
    assert reference(files) == "shop.factory:create_app()"
    called = {**files, "run.py": "from shop.factory import create_app\napp = create_app()\n"}
    assert reference(called) == "run:app"
    only_returned = factory.replace("    app.register_blueprint(pages)\n", "")
    assert reference({**files, "shop/factory.py": only_returned}) == "shop:app"


def test_the_setting_chooses() -> None:
    files = {"blog.py": FLASK_APP, "shop.py": FLASK_APP}
    assert reference(files, entrypoint="shop:app") == "shop:app"
    toml = {**files, "okamochi.toml": 'entrypoint = "blog"\n'}
    plan = planned(toml)
    assert plan.application.object_reference == "blog:app"
    assert decision(plan, "application.object_reference").origin == "settings"


def test_a_setting_that_names_nothing_is_refused_with_what_is_there() -> None:
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": FLASK_APP, "okamochi.toml": 'entrypoint = "wsgi:app"\n'})
    assert caught.value.where == "okamochi.toml:1"
    assert "app:app" in caught.value.hint


def test_tests_examples_and_scripts_hold_no_candidates() -> None:
    files = {
        "app.py": FLASK_APP,
        "tests/app.py": FLASK_APP,
        "examples/one/app.py": FLASK_APP,
        "scripts/seed.py": FLASK_APP,
        "docs/conf.py": FLASK_APP,
        "_updated/app.py": FLASK_APP,
    }
    assert reference(files) == "app:app"


def test_an_object_made_only_when_run_as_a_script_does_not_count() -> None:
    source = "from flask import Flask\nif __name__ == '__main__':\n    app = Flask(__name__)\n    app.run()\n"
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": source})
    assert "no name of a module holds it" in caught.value.message
    assert caught.value.where == "app.py:3"


def test_a_mounted_application_gives_way_to_the_outer_one() -> None:
    files = {
        "main.py": "from flask import Flask\n"
        "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
        "from api import app as api\napp = Flask(__name__)\n"
        "app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {'/api': api})\n",
        "api.py": FLASK_APP,
    }
    assert reference(files) == "main:app"


def test_a_celery_module_is_not_what_the_server_loads() -> None:
    files = {
        "shop/__init__.py": FACTORY,
        "shop/celery_worker.py": "from shop import create_app\napp = create_app()\n",
    }
    assert reference(files) == "shop:create_app()"


def test_a_coroutine_is_no_factory() -> None:
    source = "from flask import Flask\nasync def create_app():\n    return Flask(__name__)\n"
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": source})
    assert "coroutine" in caught.value.details[0]


def test_a_syntax_error_in_the_entry_module_is_shown_with_its_line() -> None:
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": "from flask import Flask\napp = Flask(__name__\n\ndef x(:\n"})
    assert caught.value.where.startswith("app.py:")
    assert caught.value.details


def test_a_syntax_error_elsewhere_does_not_matter() -> None:
    files: Mapping[str, str | bytes] = {
        "app.py": FLASK_APP,
        "tools/old.py": "print 'hello'\n",
        "deep.py": "x = " + "(" * 500 + ")" * 500,
        "null.py": b"x = 1\0\n",
        "odd.py": b"# -*- coding: nonsense -*-\nx = '\xe9'\n",
        "long.py": "x = " + " + ".join(["1"] * 20000) + "\n",
    }
    assert reference(files) == "app:app"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import cherrypy\n", "CherryPy"),
        ("import reflex as rx\napp = rx.App()\n", "Reflex"),
        ("from robyn import Robyn\n", "Robyn"),
    ],
)
def test_other_frameworks_are_named_honestly(source: str, name: str) -> None:
    with pytest.raises(DetectionError) as caught:
        planned({"app.py": source})
    assert name in caught.value.message and "later version" in caught.value.hint
    assert caught.value.exit_code == 3


def test_of_modules_with_the_same_object_the_one_that_is_named_for_serving_it_is_loaded() -> None:
    files = {
        "account/__init__.py": "",
        "account/api.py": "from shop import app\n",
        "shop/__init__.py": FLASK_APP,
        "shop/pages.py": "from shop import app\n",
    }
    assert reference(files) == "shop:app"
    assert reference({**files, "shop/server.py": "from shop import app\n"}) == "shop.server:app"


def test_a_script_beside_the_object_is_told_with_how_to_serve_it() -> None:
    pages = "import streamlit as st\nst.title('x')\n"
    told = decision(planned({"app.py": FLASK_APP, "pages.py": pages}), "application.object_reference")
    assert any("--entrypoint pages.py" in one.reason for one in told.evidence)
    helpers = "import streamlit as st\ndef header():\n    st.title('x')\n"
    told = decision(planned({"app.py": FLASK_APP, "pages.py": helpers}), "application.object_reference")
    assert not any("--entrypoint" in one.reason for one in told.evidence)


def test_a_script_that_a_harness_of_the_desk_imports_is_the_app_all_the_same() -> None:
    drawing = "import streamlit as st\nst.title('x')\n"
    files = {
        "app.py": f"import chart\n{drawing}",
        "chart.py": drawing,
        "app_debug.py": f"import app\n{drawing}",
        "scratch/try.py": drawing,
    }
    assert planned(files).application.script == "app.py"


def test_an_object_beside_the_pages_of_reflex_is_not_the_app_unless_it_is_named() -> None:
    files = {
        "rxconfig.py": "import reflex as rx\nconfig = rx.Config(app_name='shop')\n",
        "shop/shop.py": "import reflex as rx\nfrom fastapi import FastAPI\napi = FastAPI()\napp = rx.App()\n",
    }
    with pytest.raises(DetectionError, match="Reflex"):
        planned(files)
    below = {f"pages/{path}": text for path, text in files.items()}
    with pytest.raises(DetectionError, match="Reflex"):
        planned(below)
    assert reference({**below, "app.py": FLASK_APP}) == "app:app"
    assert planned(files, entrypoint="shop.shop:api").application.object_reference == "shop.shop:api"
    del files["rxconfig.py"]
    assert reference(files).endswith(":api")


def test_a_folder_without_python_is_told() -> None:
    with pytest.raises(DetectionError) as caught:
        planned({"index.html": "<p>"})
    assert "no Python file" in caught.value.message


def test_circular_imports_and_a_shadowed_name_are_followed() -> None:
    files = {
        "app/__init__.py": "from flask import Flask\napp = Flask(__name__)\nfrom app import routes\n",
        "app/routes.py": "from app import app\n@app.route('/')\ndef index(): return ''\n",
        "run.py": "from app import app\nif __name__ == '__main__':\n    app.run()\n",
    }
    assert reference(files) == "run:app"


def test_a_module_with_a_hyphen_can_be_served() -> None:
    assert reference({"my-site.py": FLASK_APP}) == "my-site:app"


def test_the_flask_object_of_a_decoupled_extension_is_not_mistaken_for_the_app() -> None:
    source = FLASK_APP + "from flask_cors import CORS\nfrom flask_socketio import SocketIO\n"
    source += "cors = CORS(app)\nsocketio = SocketIO(app)\n"
    assert reference({"server.py": source}) == "server:app"


def test_a_package_called_example_is_the_app_where_manage_py_names_its_settings() -> None:
    wsgi = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
    files = {
        "requirements.txt": "django\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'example.settings')\n",
        "example/__init__.py": "",
        "example/settings.py": "INSTALLED_APPS = []\n",
        "example/wsgi.py": wsgi,
    }
    assert planned(files).application.object_reference == "example.wsgi:application"


def test_examples_that_nothing_beside_them_imports_stay_aside() -> None:
    files = {"app.py": FLASK_APP, "demo/__init__.py": "", "demo/app.py": FLASK_APP}
    assert planned(files).application.object_reference == "app:app"


def test_of_two_equal_factories_the_one_that_another_module_calls_is_served() -> None:
    factory = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    files = {"shop/server/__init__.py": factory, "shop/server/main/__init__.py": factory}
    manage = "from shop.server import create_app\napp = create_app()\n"
    plan = planned({**files, "shop/__init__.py": "", "manage.py": manage})
    assert plan.application.object_reference == "shop.server:create_app()"


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("flask==0.12.2", "/app"),
        ("flask<1.0", "/app"),
        ("flask==1.0.2", ""),
        ("flask", ""),
        ("flask>=0.10", ""),
    ],
)
def test_the_command_of_an_old_flask_is_told_where_the_app_lies(asked: str, path: str) -> None:
    plan = planned({"app.py": FLASK_APP, "requirements.txt": f"{asked}\n"})
    assert dict(plan.image_environment).get("PYTHONPATH", "") == path


@pytest.mark.parametrize("path", ["tests/__init__.py", "shop/tests/app.py"])
def test_an_app_in_a_folder_that_is_left_aside_for_its_name_is_named_in_the_hint(path: str) -> None:
    files = {"shop/__init__.py": "", "shop/tests/__init__.py": "", path: FLASK_APP}
    with pytest.raises(DetectionError, match="no web application was found") as caught:
        planned(files)
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert f"--entrypoint {dotted}:app" in caught.value.hint
    assert "was left aside for its name" in caught.value.hint
    assert reference(files, entrypoint=f"{dotted}:app") == f"{dotted}:app"


def test_a_script_in_such_a_folder_is_an_app_of_that_folder() -> None:
    with pytest.raises(DetectionError, match="no web application was found") as caught:
        planned({"docs/end/shop.py": FLASK_APP})
    assert caught.value.hint.endswith("give its folder: okamochi up docs/end")


def test_an_app_that_a_test_makes_is_not_named() -> None:
    with pytest.raises(DetectionError, match="no web application was found") as caught:
        planned({"tests/test_app.py": FLASK_APP, "tests/conftest.py": FLASK_APP})
    assert "left aside for" not in caught.value.hint


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("from flsk import Flask", "from flask import Flask"),
        ("from Flask import Flask", "from flask import Flask"),
        ("from flask import flask as Flask", "from flask import Flask"),
        ("from fastpi import FastAPI as Flask", "from fastapi import FastAPI"),
        ("from acme.web import Flask", ""),
        ("from own import Flask", ""),
    ],
)
def test_an_import_that_is_all_but_right_is_named(line: str, meant: str) -> None:
    app = f"{line}\napp = Flask(__name__)\n@app.get('/')\ndef f(): ...\n"
    with pytest.raises(DetectionError, match="no web application was found") as caught:
        planned({"app.py": app, "own.py": "class Flask: ...\n"})
    assert (f"is this meant: {meant}" in caught.value.hint) == bool(meant)


CLASS_FACTORY = "from flask import Flask\ndef create_app(config):\n    app = Flask(__name__)\n"
GIVEN_A_CLASS = f"{CLASS_FACTORY}    app.config.from_object(config)\n    return app\n"
START = 'if __name__ == "__main__":\n    create_app({}).run()\n'
SETTINGS = {"config.py": "class Config:\n    SITE = 'x'\nclass TestConfig(Config):\n    TESTING = True\n"}


@pytest.mark.parametrize("given", ["Config()", "Config", "config.Config"])
def test_a_factory_is_given_the_class_that_the_authors_own_start_gives_it(given: str) -> None:
    taken = "import config\n" if "." in given else "from config import Config\n"
    files = {**SETTINGS, "app.py": f"{taken}{GIVEN_A_CLASS}{START.format(given)}"}
    files["tests/test_app.py"] = (
        "from app import create_app\nfrom config import TestConfig\ncreate_app(TestConfig)\n"
    )
    assert reference(files) == "app:create_app('config.Config')"


@pytest.mark.parametrize(
    "source",
    [
        f"from config import Config\n{GIVEN_A_CLASS}{START.format('Config(1)')}",
        f"from config import Config\n{CLASS_FACTORY}    return app\n{START.format('Config()')}",
        f"from config import Config, TestConfig\n{GIVEN_A_CLASS}create_app(Config)\ncreate_app(TestConfig)\n",
    ],
)
def test_a_factory_whose_argument_is_no_plain_class_has_none(source: str) -> None:
    with pytest.raises(DetectionError, match="none can be called as it is"):
        reference({**SETTINGS, "app.py": source})


@pytest.mark.parametrize(
    ("beside", "taken"),
    [
        ("dev.py", ""),
        ("local_test/main.py", ""),
        ("server/debug.py", ""),
        ("main.py", "main:app"),
        ("devices.py", "devices:app"),
    ],
)
def test_what_stands_in_for_the_app_does_not_take_its_place_when_it_fails(beside: str, taken: str) -> None:
    project = MemoryProject({"requirements.txt": "flask\n", "wsgi.py": FLASK_APP, beside: FLASK_APP})

    def next_one() -> str:
        plan = make_plan(project, read_settings(project), without=frozenset(["wsgi:app"]))
        return plan.application.object_reference

    if taken:
        assert next_one() == taken
    else:
        with pytest.raises(DetectionError):
            next_one()


def test_an_app_that_lies_among_such_may_give_way_to_another_there() -> None:
    files = {"requirements.txt": "flask\n", "local_shop/wsgi.py": FLASK_APP, "local_shop/main.py": FLASK_APP}
    project = MemoryProject(files)
    (first,) = {reference(files)}
    plan = make_plan(project, read_settings(project), without=frozenset([first]))
    assert plan.application.object_reference not in ("", first)


PACKAGED = {
    "shop/__init__.py": "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n",
    "shop/db.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
}
BORROWED = "import sys\nfrom shop import create_app\nfrom shop.db import db\napp = create_app()\n"


@pytest.mark.parametrize(
    "work",
    [
        "with app.app_context():\n    if not db.engine:\n        sys.exit(1)\n",
        "def fill():\n    db.session.add(1)\n    db.session.commit()\nwith app.app_context():\n    fill()\n",
        "with app.app_context():\n    db.session.delete(1)\n",
        "session = db.session\nsession.commit()\nexit()\n",
    ],
)
def test_a_script_that_does_its_work_while_it_is_imported_is_not_what_a_server_loads(work: str) -> None:
    assert reference({**PACKAGED, "accounts.py": BORROWED + work}) == "shop:create_app()"


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "if __name__ == '__main__':\n    sys.exit(app.run())\n",
        "@app.cli.command()\ndef fill():\n    db.session.commit()\n",
        "@app.route('/')\ndef index():\n    return ''\nwith app.app_context():\n    db.session.commit()\n",
        "with app.app_context():\n    db.create_all()\n",
    ],
)
def test_a_module_of_any_name_that_makes_the_app_and_adds_to_it_is_loaded(rest: str) -> None:
    assert reference({**PACKAGED, "accounts.py": BORROWED + rest}) == "accounts:app"


def test_what_is_named_for_serving_may_fill_its_tables_first() -> None:
    work = "with app.app_context():\n    db.session.commit()\n"
    assert reference({**PACKAGED, "run.py": BORROWED + work}) == "run:app"


@pytest.mark.parametrize(
    ("made", "found"),
    [
        ("CustomFlask(__name__)", True),
        ("CustomFlask(import_name=__name__)", True),
        ("CustomFlask('x')", False),
        ("make_flask(__name__)", False),
        ("FlaskPlugin(__name__)", False),
    ],
)
def test_a_class_of_a_library_that_is_called_as_flask_is_makes_the_app(made: str, found: bool) -> None:
    source = f"from brains.flask import {made.partition('(')[0]}\ndef create_app():\n    return {made}\n"
    if found:
        assert reference({"shop/__init__.py": source}) == "shop:create_app()"
        return
    with pytest.raises(DetectionError):
        planned({"shop/__init__.py": source})


HANDED_ON = {
    "shop/__init__.py": "from .base import create_app\n",
    "shop/base.py": (
        "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
        "    @app.get('/healthz')\n    def healthz():\n        return 'ok'\n    return app\n"
    ),
}


@pytest.mark.parametrize(
    "said",
    [
        {".flaskenv": "FLASK_APP=shop:create_app\n"},
        {"Procfile": 'web: gunicorn "shop:create_app()"\n'},
        {"pyproject.toml": '[tool.okamochi]\nentrypoint = "shop:create_app()"\n'},
    ],
)
def test_a_factory_that_a_package_hands_on_is_followed_where_it_is_named(said: dict[str, str]) -> None:
    plan = planned({**HANDED_ON, **said})
    assert plan.application.object_reference == "shop:create_app()"
    told = [one.reason for one in decision(plan, "application.object_reference").evidence]
    assert "create_app() returns Flask(...) of shop/base.py:3" in told
    assert decision(plan, "processes.web.probe").summary == "health: GET /healthz"
    assert planned(HANDED_ON).application.object_reference == "shop.base:create_app()"


@pytest.mark.parametrize(
    ("holds", "believed"),
    [
        ("def make():\n    app = made()\n    return app\n", False),
        ("if x:\n    def make():\n        app = made()\n", False),
        ("class A:\n    app = made()\n", False),
        ("if __name__ == '__main__':\n    app = made()\n", False),
        ("try:\n    app = made()\nfinally:\n    pass\n", True),
        ("with made() as app:\n    pass\n", True),
        ("def make():\n    global app\n    app = made()\nmake()\n", True),
        ("from elsewhere import thing as app\n", True),
        ("import app.thing\n", True),
        ("async def app(scope, to, fro):\n    pass\n", True),
    ],
)
def test_a_name_that_a_server_is_told_to_load_is_the_modules_own(holds: str, believed: bool) -> None:
    files = {"shop.py": holds, "web.py": "from flask import Flask\napplication = Flask(__name__)\n"}
    plan = planned({**files, "requirements.txt": "flask\n", "Procfile": "web: gunicorn shop:app\n"})
    assert plan.application.object_reference == ("shop:app" if believed else "web:application")


TWO = {"app.py": FLASK_APP, "main.py": f"{FLASK_APP}# another\n"}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("README.md", "# Shop\n\n```shell\n. venv/bin/activate\nexport FLASK_APP=main\nflask run\n```\n"),
        ("README.md", "Run `python main.py`, and open the page.\n"),
        ("readme.txt", "> python main.py\n"),
        ("README_ja.md", "$ flask --app main run --debug\n"),
        ("README.rst", "1. pip install flask\n2. python3 ./main.py\n"),
    ],
)
def test_a_readme_chooses_between_two_apps_that_are_as_good(path: str, text: str) -> None:
    with pytest.raises(AmbiguousError):
        planned(TWO)
    plan = planned({**TWO, path: text})
    assert plan.application.object_reference == "main:app"
    assert decision(plan, "application.object_reference").evidence[0].path == path
    with pytest.raises(AmbiguousError):
        planned({**TWO, path: text.replace("main", "gone")})


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("run.sh", "export FLASK_APP=main"),
        ("run.bat", "set FLASK_APP=main"),
        ("start.ps1", '$env:FLASK_APP = "main"'),
    ],
)
def test_a_script_of_the_desk_names_the_app(path: str, line: str) -> None:
    plan = planned({**TWO, path: f"{line}\r\nflask run\r\n"})
    assert plan.application.object_reference == "main:app"
    assert decision(plan, "application.object_reference").evidence[0].reason == "FLASK_APP=main"


NEIGHBOURS = (
    "from flask import Flask\nfrom config import Config\nfrom models.user import User\n"
    "def create_app():\n    app = Flask(__name__)\n    return app\n"
)
BESIDE = {"src/backend/config.py": "class Config: ...\n", "src/backend/models/user.py": "class User: ...\n"}
MARKED = {"src/backend/__init__.py": "", "src/backend/app.py": NEIGHBOURS, **BESIDE}


@pytest.mark.parametrize(
    ("files", "loaded"),
    [
        ({}, ("app:create_app()", "src/backend")),
        ({"src/backend/models/__init__.py": ""}, ("app:create_app()", "src/backend")),
        ({"run.py": "from backend.app import create_app\n"}, ("backend.app:create_app()", "src")),
        ({"config.py": "", "models/user.py": ""}, ("backend.app:create_app()", "src")),
    ],
)
def test_modules_that_name_their_neighbours_are_imported_from_their_own_folder(
    files: dict[str, str], loaded: tuple[str, str]
) -> None:
    application = planned({**MARKED, **files}).application
    assert (application.object_reference, application.import_root) == loaded


def test_what_such_a_module_imports_is_read_and_what_a_dockerfile_says_of_it_is_used() -> None:
    dockerfile = 'FROM python:3.13\nENV PYTHONPATH=/app/src/backend\nCMD ["gunicorn", "app:create_app()"]\n'
    config = "import os\nclass Config:\n    COLOR = os.environ['COLOR']\n"
    plan = planned({**MARKED, "src/backend/config.py": config, "Dockerfile": dockerfile})
    assert [one.name for one in plan.environment] == ["COLOR"]
    reasons = [one.reason for one in decision(plan, "application.object_reference").evidence]
    assert "gunicorn serves app:create_app()" in reasons


def test_dots_that_lead_above_a_package_make_its_folder_one() -> None:
    shop = "from flask import Flask\nfrom ..shop.config import Config\napp = Flask(__name__)\n"
    files = {"src/shop/__init__.py": shop, "src/shop/config.py": "class Config: ...\n"}
    for more in ({}, {"Dockerfile": "FROM python:3.13\nENV FLASK_APP=shop\n"}):
        application = planned({**files, **more}).application
        assert (application.object_reference, application.import_root) == ("src.shop:app", "")
    inside = {**files, "src/shop/__init__.py": shop.replace("..shop.config", ".config")}
    assert planned(inside).application.object_reference == "shop:app"


def test_what_stands_beside_the_main_guard_is_what_a_server_runs() -> None:
    start = "from shop import create_app\nif __name__ == '__main__':\n    app = create_app()\n    app.run()\n"
    served = f"{start}else:\n    served = create_app()\n    import os\n    os.environ['COLOR']\n"
    shop = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    files = {"shop/__init__.py": shop, "start.py": served, "Procfile": "web: gunicorn start:served\n"}
    plan = planned(files)
    assert plan.application.object_reference == "start:served"
    assert [one.name for one in plan.environment if one.required] == ["COLOR"]
    assert planned({**files, "start.py": start}).application.object_reference != "start:served"


@pytest.mark.parametrize(
    ("worker", "interface"), [("-k uvicorn.workers.UvicornWorker ", "asgi"), ("", "wsgi")]
)
def test_the_workers_that_gunicorn_is_told_say_what_an_unknown_object_is(worker: str, interface: str) -> None:
    files = {
        "asgi.py": "from other import make\napp = make()\n",
        "Procfile": f"web: gunicorn {worker}asgi:app\n",
    }
    assert planned(files).application.interface.value == interface
