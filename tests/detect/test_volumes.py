"""Folders that the app writes."""

from pathlib import Path

import pytest

from okamochi.detect.planner import make_plan
from okamochi.errors import PlanError, UsageError
from okamochi.model.settings_reader import read_settings
from okamochi.system.project_files import DiskProject, MemoryProject
from tests.detect.plans import FLASK_APP, decision, planned, volume_paths

HEAD = "import os, sqlite3, logging\nfrom pathlib import Path\nfrom flask import Flask\n"
BASEDIR = "basedir = os.path.abspath(os.path.dirname(__file__))\n"


def paths(source: str, path: str = "app.py", **others: str) -> tuple[str, ...]:
    return volume_paths(planned({path: HEAD + source, **others}))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("app = Flask(__name__, instance_relative_config=True)\napp.config.from_pyfile('config.py')\n", ()),
        ("app = Flask(__name__)\nos.makedirs(app.instance_path, exist_ok=True)\n", ("/app/instance",)),
        (
            "app = Flask(__name__, instance_path='/srv/data')\nos.makedirs(app.instance_path)\n",
            ("/srv/data",),
        ),
        ("app = Flask(__name__)\napp.config['UPLOAD_FOLDER'] = 'uploads'\n", ("/app/uploads",)),
        (
            "app = Flask(__name__)\nUPLOAD_FOLDER = os.path.join(app.root_path, 'static', 'uploads')\n",
            ("/app/static/uploads",),
        ),
        (
            "app = Flask(__name__)\nBASE = Path(__file__).resolve().parent\n(BASE / 'media').mkdir()\n",
            ("/app/media",),
        ),
        ("app = Flask(__name__)\nh = logging.FileHandler('logs/app.log')\n", ("/app/logs",)),
        ("app = Flask(__name__)\nc = sqlite3.connect('/var/lib/shop/shop.db')\n", ("/var/lib/shop",)),
        ("app = Flask(__name__)\nwith open('/data/out.txt', 'a') as f: f.write('x')\n", ("/data",)),
        ("app = Flask(__name__)\nwith open('/data/in.txt') as f: f.read()\n", ()),
        ("app = Flask(__name__)\nc = sqlite3.connect('/tmp/x.db')\n", ()),
        ("app = Flask(__name__)\nc = sqlite3.connect(':memory:')\n", ()),
        (
            (
                "app = Flask(__name__)\n"
                "app.config.from_mapping(DATABASE=os.path.join(app.instance_path, 'f.sqlite'))\n"
                "def db():\n    return sqlite3.connect(app.config['DATABASE'])\n"
            ),
            ("/app/instance",),
        ),
        (
            "app = Flask(__name__)\nUPLOAD_FOLDER = '/srv/up'\nPath('/srv/up/thumbs').mkdir()\n",
            ("/srv/up",),
        ),
    ],
)
def test_what_the_app_writes_becomes_a_volume(source: str, expected: tuple[str, ...]) -> None:
    assert paths(source) == expected


SQLALCHEMY = (
    "from flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///shop.db'\n"
)


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("from peewee import *\ndb = SqliteDatabase('shop.db')\n", "/app/shop.db"),
        ("import peewee\ndb = peewee.SqliteDatabase(database='/srv/shop.db', pragmas={})\n", "/srv"),
        ("from playhouse.sqlite_ext import SqliteExtDatabase\ndb = SqliteExtDatabase('a/b.db')\n", "/app/a"),
        ("DATABASE = {'engine': 'peewee.SqliteDatabase', 'name': 'shop.db'}\n", "/app/shop.db"),
        ("from tinydb import TinyDB\ndb = TinyDB('shop.json', indent=2)\n", "/app/shop.json"),
        ("import shelve\ndef f():\n    with shelve.open('kept/shelf') as s: s['a'] = 1\n", "/app/kept"),
        ("from cs50 import SQL\ndb = SQL('sqlite:///finance.db')\n", "/app/finance.db"),
        ("import dataset\ndb = dataset.connect('sqlite:///shop.db')\n", "/app/shop.db"),
        ("from tortoise import Tortoise\nTortoise.init(db_url='sqlite://shop.db')\n", "/app/shop.db"),
        ("from tortoise import Tortoise\nTortoise.init(db_url='sqlite://:memory:')\n", ""),
        ("from fasthtml.common import *\na, rt, t, T = fast_app('data/t.db', id=int)\n", "/app/data"),
        (
            "from fasthtml.common import *\na, rt = fast_app(db_file='t.db')\ndb = database('t.db')\n",
            "/app/t.db",
        ),
        ("from fasthtml.common import *\na, rt = fast_app(live=True)\n", ""),
        ("import sqlite_utils\ndb = sqlite_utils.Database('shop.db')\n", "/app/shop.db"),
        ("import duckdb\ndb = duckdb.connect('shop.duckdb', read_only=True)\n", ""),
        ("import shelve\ns = shelve.open('words', flag='r')\n", ""),
        ("from peewee import *\ndb = SqliteDatabase(':memory:')\n", ""),
        ("from peewee import *\ndb = SqliteDatabase('file:%s?mode=ro' % 'shop.db', uri=True)\n", ""),
        ("from peewee import *\ndb = SqliteDatabase(None)\n", ""),
        ("import dbm\nd = dbm.open('/tmp/d', 'c')\n", ""),
    ],
)
def test_libraries_that_keep_everything_in_one_file_have_it_in_a_volume(source: str, path: str) -> None:
    plan = planned({"app.py": HEAD + "app = Flask(__name__)\n" + source})
    kept = [one.path for one in plan.moved_files] or list(volume_paths(plan))
    assert kept == ([path] if path else [])


def test_a_relative_sqlite_path_lies_in_the_instance_folder() -> None:
    assert paths(SQLALCHEMY) == ("/app/instance",)


def test_a_database_beside_the_code_becomes_a_link_into_a_volume() -> None:
    plan = planned({"app.py": HEAD + SQLALCHEMY, "requirements.txt": "flask\nflask-sqlalchemy==2.5.1\n"})
    assert volume_paths(plan) == ("/var/lib/app-files",)
    (moved,) = plan.moved_files
    assert (moved.path, moved.target) == ("/app/shop.db", "/var/lib/app-files/shop.db")
    assert decision(plan, "moved_files./app/shop.db").evidence[0].path == "app.py"


@pytest.mark.parametrize(
    ("requirements", "path"),
    [
        ("flask\nflask-sqlalchemy~=2.5\n", "/app/shop/shop.db"),
        ("flask==1.0.2\n", "/app/shop/shop.db"),
        ("flask==2.1.3\nflask-sqlalchemy\n", "/app/shop/shop.db"),
        ("flask\nflask-sqlalchemy\nsqlalchemy==1.3.24\n", "/app/shop/shop.db"),
        ("flask==2.2.5\nflask-sqlalchemy\nsqlalchemy==1.4.18\n", ""),
        ("flask~=2.1\nflask-sqlalchemy\n", ""),
    ],
)
def test_what_the_extension_needs_tells_its_age_where_nothing_else_does(requirements: str, path: str) -> None:
    plan = planned({"shop/__init__.py": HEAD + SQLALCHEMY, "requirements.txt": requirements})
    assert [one.path for one in plan.moved_files] == ([path] if path else [])
    assert volume_paths(plan) == ("/var/lib/app-files" if path else "/app/instance",)


def test_the_instance_folder_of_a_package_below_src_is_beside_the_package() -> None:
    files = {"src/shop/__init__.py": HEAD + "app = Flask(__name__)\nos.makedirs(app.instance_path)\n"}
    assert volume_paths(planned(files)) == ("/app/src/instance",)


def test_a_database_between_the_code_is_moved_by_the_variable_that_the_code_reads() -> None:
    source = (
        BASEDIR + "class Config:\n    SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL') or \\\n"
        "        'sqlite:///' + os.path.join(basedir, 'app.db')\n"
    )
    files = {
        "app.py": FLASK_APP + "from config import Config\napp.config.from_object(Config)\n",
        "config.py": HEAD + source,
    }
    plan = planned(files)
    assert ("DATABASE_URL", "sqlite:////app/data/app.db") in plan.image_environment
    assert volume_paths(plan) == ("/app/data",)
    assert decision(plan, "image_environment.DATABASE_URL").evidence[0].path == "config.py"


def test_the_folder_of_the_code_moved_by_a_variable_is_the_volume_itself_which_is_there() -> None:
    source = (
        "DATA_DIR = Path(os.environ.get('DATA_DIR', os.getcwd())).resolve()\n"
        "(DATA_DIR / 'x').mkdir()\napp = Flask(__name__)\n"
    )
    plan = planned({"app.py": HEAD + source})
    assert ("DATA_DIR", "/app/data") in plan.image_environment
    assert "/app/data" in volume_paths(plan)


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("PREFIX + os.path.join(basedir, os.getenv('DATABASE_FILE', 'app.db'))", "/app/data/app.db"),
        ("f\"sqlite:////{os.path.join(basedir, os.getenv('DATABASE_FILE', 'app.db'))}\"", "/app/data/app.db"),
        ("os.getenv('DATABASE_FILE', 'sqlite:////app/app.db')", "sqlite:////app/data/app.db"),
    ],
)
def test_a_variable_that_is_a_part_of_the_database_s_address_gets_that_part(url: str, value: str) -> None:
    source = f"{BASEDIR}PREFIX = 'sqlite:////'\napp = Flask(__name__)\nSQLALCHEMY_DATABASE_URI = {url}\n"
    plan = planned({"app.py": HEAD + source})
    assert ("DATABASE_FILE", value) in plan.image_environment


def test_a_variable_that_names_the_folder_of_a_database_does_not_get_the_file() -> None:
    url = "'sqlite:///' + os.path.join(os.getenv('DATA', basedir), 'app.db')"
    plan = planned({"app.py": f"{HEAD}{BASEDIR}app = Flask(__name__)\nSQLALCHEMY_DATABASE_URI = {url}\n"})
    assert "DATA" not in dict(plan.image_environment)
    assert [one.path for one in plan.moved_files] == ["/app/app.db"]


@pytest.mark.parametrize(
    "url",
    [
        "'sqlite:///%s' % os.path.join(basedir, 'app.db')",
        "'sqlite:///%s/%s' % (basedir, 'app.db')",
        "'sqlite:///{}'.format(os.path.join(basedir, 'app.db'))",
        "'sqlite:///{0}/{name}'.format(basedir, name='app.db')",
    ],
)
def test_a_database_s_address_may_be_filled_in(url: str) -> None:
    plan = planned({"app.py": f"{HEAD}{BASEDIR}app = Flask(__name__)\nSQLALCHEMY_DATABASE_URI = {url}\n"})
    assert [one.path for one in plan.moved_files] == ["/app/app.db"]


def test_a_handler_of_a_logging_configuration_logs_to_its_file() -> None:
    source = (
        "LOGGING = {'handlers': {'file': {'class': 'logging.handlers.RotatingFileHandler',\n"
        "    'filename': os.path.join(os.path.dirname(__file__), 'var', 'app.log')}}}\n"
    )
    assert volume_paths(planned({"app.py": f"{HEAD}{source}app = Flask(__name__)\n"})) == ("/app/var",)
    stream = source.replace("logging.handlers.RotatingFileHandler", "logging.StreamHandler")
    assert volume_paths(planned({"app.py": f"{HEAD}{stream}app = Flask(__name__)\n"})) == ()


def test_a_name_that_is_reassigned_from_itself_ends() -> None:
    body = "".join(f"    path = path.strip()\n    other{n} = path\n    path = other{n}\n" for n in range(30))
    source = f"app = Flask(__name__)\ndef save(path):\n{body}    open(path, 'w')\n"
    assert paths(source) == ()


def test_a_parameter_is_not_mistaken_for_a_variable_of_another_function() -> None:
    source = "app = Flask(__name__)\ndef a():\n    path = '/etc/x/y'\n    return path\n"
    assert paths(source + "def b(path):\n    open(path, 'w')\n") == ()


def test_settings_name_the_volumes_alone() -> None:
    plan = planned({"app.py": HEAD + SQLALCHEMY, "okamochi.toml": 'volumes = ["var/files", "/srv/x"]\n'})
    assert volume_paths(plan) == ("/app/var/files", "/srv/x")


def test_a_volume_over_the_code_is_refused() -> None:
    with pytest.raises(PlanError) as caught:
        planned({"app.py": FLASK_APP, "okamochi.toml": 'volumes = ["."]\n'})
    assert "own code" in caught.value.message


def test_a_volume_above_the_app_is_refused_and_not_taken_for_one_at_the_root() -> None:
    with pytest.raises(UsageError) as caught:
        planned({"app.py": FLASK_APP, "okamochi.toml": 'volumes = ["../uploads"]\n'})
    assert caught.value.message.startswith("'../uploads' is no folder inside of the app")
    assert caught.value.where == "okamochi.toml:1"


def test_volumes_of_the_same_last_name_are_told_apart() -> None:
    source = "app = Flask(__name__)\nos.makedirs('/srv/a/files')\nos.makedirs('/srv/b/files')\n"
    plan = planned({"app.py": HEAD + source})
    assert [volume.name for volume in plan.volumes] == ["files", "b-files"]


def test_a_database_in_tmp_is_told_to_be_lost_with_the_container() -> None:
    source = (
        "from flask import Flask\napp = Flask(__name__)\nSQLALCHEMY_DATABASE_URI = 'sqlite:////tmp/shop.db'\n"
    )
    plan = planned({"app.py": source})
    assert plan.volumes == ()
    assert "/tmp/shop.db is lost with the container" in decision(plan, "volumes").summary


def test_a_database_in_tmp_that_a_service_takes_the_place_of_is_not_told() -> None:
    source = (
        "import os\nfrom flask import Flask\napp = Flask(__name__)\nurl = os.getenv('DATABASE_URL')\n"
        "if url is not None:\n    app.config['SQLALCHEMY_DATABASE_URI'] = url\n"
        "else:\n    app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:////tmp/test.db'\n"
    )
    driver = {"requirements.txt": "flask\nflask-sqlalchemy\npsycopg2-binary\n"}
    with_one = planned({"app.py": source, **driver})
    assert [one.name for one in with_one.services] == ["db"]
    assert not any("is lost with" in one.summary for one in with_one.decisions)
    assert "is lost with" in decision(planned({"app.py": source}), "volumes").summary


STORE = "def keep(table):\n    table.to_csv(PATH, index=False)\n"


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        (
            "streamlit",
            {"Home.py": "import streamlit as st\nst.title('Hi')\n", "pages/1_Entry.py": "import store\n"},
        ),
        (
            "streamlit",
            {
                "app.py": "import streamlit as st\nst.navigation([st.Page('views/entry.py')]).run()\n",
                "views/entry.py": "import streamlit as st\nimport store\nst.title('Hi')\n",
            },
        ),
        (
            "dash",
            {
                "app.py": "from dash import Dash\napp = Dash(__name__, use_pages=True)\n",
                "pages/more/entry.py": "import dash\nimport store\ndash.register_page(__name__)\n",
            },
        ),
    ],
)
def test_what_only_a_page_that_the_framework_loads_writes_is_kept(asked: str, files: dict[str, str]) -> None:
    store = {"store.py": f"PATH = 'data/stock.csv'\n{STORE}", "requirements.txt": f"{asked}\npandas\n"}
    plan = planned({**files, **store})
    assert [one.path for one in plan.volumes] == ["/app/data"]
    assert "store.py:3: writes /app/data/stock.csv" in str(decision(plan, "volumes./app/data").evidence[0])


@pytest.mark.parametrize("call", ["to_csv()", "to_json('records')", "to_csv(None)", "to_csv(buffer)"])
def test_a_table_that_becomes_a_text_is_no_file(call: str) -> None:
    page = f"import streamlit as st\ndef text(table, buffer):\n    return table.{call}\nst.title('Hi')\n"
    plan = planned({"app.py": page, "requirements.txt": "streamlit\n"})
    assert (plan.volumes, plan.moved_files) == ((), ())


def test_saving_under_a_plain_word_is_no_file() -> None:
    source = (
        "from flask import Flask\napp = Flask(__name__)\ndef keep(form, upload):\n    form.save('tokens')\n"
    )
    plan = planned({"app.py": source})
    assert plan.volumes == ()
    assert not [one for one in plan.decisions if one.field == "volumes"]


def test_djangos_sqlite_file_beside_the_code_becomes_a_link() -> None:
    files = {
        "requirements.txt": "django\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n",
        "site/__init__.py": "",
        "site/settings.py": "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n"
        "STATIC_ROOT = BASE_DIR / 'staticfiles'\nINSTALLED_APPS = ['django.contrib.staticfiles']\n",
        "site/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"
        "application = get_wsgi_application()\n",
    }
    plan = planned(files)
    assert [moved.path for moved in plan.moved_files] == ["/app/db.sqlite3"]
    assert [folder.path for folder in plan.temporary_folders] == ["/app/staticfiles"]
    assert ("OKAMOCHI_COLLECT_STATIC", "manage.py") in plan.image_environment
    below = {f"backend/{path}": text for path, text in files.items() if path != "requirements.txt"}
    inner = planned({**below, "requirements.txt": files["requirements.txt"]})
    assert [folder.path for folder in inner.temporary_folders] == ["/app/backend/staticfiles"]
    assert ("OKAMOCHI_COLLECT_STATIC", "backend/manage.py") in inner.image_environment
    assert inner.application.import_root == "backend"
    without = {path: text for path, text in below.items() if path != "backend/manage.py"}
    alone = planned({**without, "manage.py": "", "requirements.txt": files["requirements.txt"]})
    assert ("OKAMOCHI_COLLECT_STATIC", "manage.py") in alone.image_environment


def test_a_database_whose_folder_another_settings_module_names_becomes_a_link() -> None:
    plan = planned(
        {
            "requirements.txt": "django\n",
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings.own')\n",
            "site/__init__.py": "",
            "site/settings/__init__.py": "",
            "site/settings/base.py": "from pathlib import Path\nBASE_DIR = Path(__file__).parents[2]\n",
            "site/settings/own.py": "from .base import *\nDATABASES = {'default': "
            "{'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n",
            "site/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
            "application = get_wsgi_application()\n",
        }
    )
    assert [one.path for one in plan.moved_files] == ["/app/db.sqlite3"]


def test_files_of_any_name_below_a_known_folder_are_in_that_folder() -> None:
    app = """import os
from flask import Flask, request
app = Flask(__name__)
app.config["UPLOAD_FOLDER"] = os.path.join(app.static_folder, "uploads")
@app.post("/")
def upload():
    sent = request.files["file"]
    sent.save(os.path.join(app.config["UPLOAD_FOLDER"], sent.filename))
    return "ok"
"""
    assert [volume.path for volume in planned({"app.py": app}).volumes] == ["/app/static/uploads"]


def test_a_file_that_the_project_ships_is_no_folder_that_is_written() -> None:
    app = f"{FLASK_APP}file_path = './static/' + 'favicon.ico'\n"
    assert planned({"app.py": app, "static/favicon.ico": b"x"}).volumes == ()
    assert planned({"app.py": f"{FLASK_APP}file_path = 'exports/rows.jsonl.gz'\n"}).volumes == ()
    made = f"{FLASK_APP}import os\nos.makedirs('spool.d')\n"
    assert [one.path for one in planned({"app.py": made}).volumes] == ["/app/spool.d"]


def django(settings: str, **more: str) -> dict[str, str]:
    return {
        "requirements.txt": "django\n",
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n",
        "site/__init__.py": "",
        "site/settings.py": settings,
        "site/wsgi.py": "from django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n",
        **more,
    }


ENVIRON = "import environ\nenv = environ.Env()\n"
BASE_DIR = "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n"


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("dj_database_url.config(default=f'sqlite:///{BASE_DIR}/shop.db')", "/app/shop.db"),
        ("dj_database_url.parse('sqlite:///' + str(BASE_DIR / 'shop.db'))", "/app/shop.db"),
        ("env.db('DATABASE_URL', default='sqlite:///shop.db')", "/app/shop.db"),
        ("env.db_url('DATABASE_URL', 'sqlite:///shop.db?timeout=20')", "/app/shop.db"),
        ("env.db('DATABASE_URL', default='sqlite:////srv/shop.db')", ""),
        ("env.db('DATABASE_URL', default='sqlite:///:memory:')", None),
        ("env.db('DATABASE_URL', default='postgres://db/shop')", None),
    ],
)
@pytest.mark.parametrize("inside", ["", "class Prod(Configuration):\n    "])
def test_the_sqlite_address_that_djangos_databases_have_without_a_variable_is_kept(
    address: str, file: str | None, inside: str
) -> None:
    databases = f"{inside}DATABASES = {{'default': {address}}}\n"
    settings = f"INSTALLED_APPS = []\n{BASE_DIR}{ENVIRON}import dj_database_url\n{databases}"
    plan = planned(django(settings))
    assert [one.path for one in plan.moved_files] == ([file] if file else [])
    assert bool(plan.volumes) is (file is not None)
    served = planned({**django(settings), "requirements.txt": "django\npsycopg\n"})
    assert served.volumes == ()


def test_the_path_of_a_page_that_shows_what_the_app_keeps_is_no_folder() -> None:
    source = (
        "import os\nfrom flask import Flask\napp = Flask(__name__)\nUPLOAD_DIR = 'static/media'\n"
        "os.makedirs(UPLOAD_DIR, exist_ok=True)\n"
        "def keep(make, name):\n    make(filepath=f'/static/media/{name}', upload_folder='/srv/media')\n"
    )
    assert [one.path for one in planned({"app.py": source}).volumes] == ["/app/static/media", "/srv/media"]


@pytest.mark.parametrize(
    ("read", "folder"),
    [
        ("env.str('SHOP_MEDIA', '/srv/media')", "/srv/media"),
        ("env('SHOP_MEDIA', default='/srv/media')", "/srv/media"),
        ("env('SHOP_MEDIA')", ""),
        ("other('SHOP_MEDIA', '/srv/media')", ""),
    ],
)
def test_the_default_of_a_reader_of_the_environment_is_a_folder(read: str, folder: str) -> None:
    plan = planned(django(f"{ENVIRON}MEDIA_ROOT = {read}\n"))
    assert [one.path for one in plan.volumes] == ([folder] if folder else [])


@pytest.mark.parametrize(
    ("root", "folders"),
    [
        ("'/home/shop/static'", ["/home/shop/static"]),
        ("env.str('SHOP_STATIC', '/var/www/static')", ["/var/www/static"]),
        ("'/usr/share/shop/static'", []),
        ("'/opt/venv/static'", []),
        ("'/tmp/static'", []),
        ("'/app'", []),
        ("'/'", []),
    ],
)
def test_static_files_are_collected_where_the_outer_settings_say(root: str, folders: list[str]) -> None:
    settings = f"from site.base import *\n{ENVIRON}STATIC_ROOT = {root}\n"
    plan = planned(django(settings, **{"site/base.py": "STATIC_ROOT = '/app/static'\n"}))
    assert [one.path for one in plan.temporary_folders] == folders


def test_a_folder_that_collectstatic_fills_is_no_volume_whoever_makes_or_mounts_it() -> None:
    settings = (
        "import os\nSTATIC_ROOT = '/app/.static'\nos.makedirs('/app/.static')\nMEDIA_ROOT = '/app/media'\n"
    )
    compose = "services:\n  nginx:\n    build: ./nginx\n    volumes: [static:/app/.static]\n"
    plan = planned(django(settings, **{"docker-compose.yml": f"{compose}volumes: {{static: }}\n"}))
    assert [one.path for one in plan.temporary_folders] == ["/app/.static"]
    assert [one.path for one in plan.volumes] == ["/app/media"]


def test_a_folder_above_the_app_has_one_slash_at_its_beginning() -> None:
    source = (
        "import os\nfrom pathlib import Path\nROOT = str(Path(__file__).resolve().parent.parent)\n"
        "UPLOAD_FOLDER = f'{ROOT}/src/uploads'\nos.makedirs(UPLOAD_FOLDER)\n"
    )
    assert volume_paths(planned({"app.py": source + FLASK_APP})) == ("/src/uploads",)


def test_the_scheme_of_sqlite_may_stand_in_another_module_than_the_path() -> None:
    app = "from flask import Flask\nfrom settings import DRIVER\napp = Flask(__name__)\n"
    app += "DATABASE_URL = f'{DRIVER}:////srv/kept/shop.db'\n"
    assert volume_paths(planned({"app.py": app, "settings.py": "DRIVER = 'sqlite'\n"})) == ("/srv/kept",)


def test_a_folder_that_a_view_names_and_another_module_writes_is_kept() -> None:
    app = "from flask import Flask\nfrom store import keep\napp = Flask(__name__)\n"
    app += "@app.post('/')\ndef take():\n    upload_folder = '/srv/kept'\n    keep(upload_folder)\n"
    store = "def keep(folder):\n    part.save(folder + '/x')\n"
    assert volume_paths(planned({"app.py": app, "store.py": store})) == ("/srv/kept",)


def test_a_database_s_address_may_be_given_to_several_names_at_once() -> None:
    chained = "class Config:\n    ADDRESS = SQLALCHEMY_DATABASE_URI = 'sqlite:////app/app.db'\n"
    plan = planned({"app.py": f"{HEAD}app = Flask(__name__)\n{chained}"})
    assert [one.path for one in plan.moved_files] == ["/app/app.db"]


def test_a_folder_that_is_named_for_what_is_shown_is_not_written() -> None:
    assert planned({"app.py": f"{FLASK_APP}static_file_dir = 'dist'\n"}).volumes == ()
    assert planned({"app.py": f"{FLASK_APP}APP_TEMPLATES_FILES_PATH = 'pages'\n"}).volumes == ()
    written = f"{FLASK_APP}STATIC_UPLOAD_FOLDER = 'static/sent'\n"
    assert [one.path for one in planned({"app.py": written}).volumes] == ["/app/static/sent"]


READER = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"


def test_a_name_of_one_file_says_nothing_about_a_folder_that_the_project_ships() -> None:
    asked = "def age(name):\n    file_path = os.path.join(app.static_folder, name)\n    return file_path\n"
    assert planned({"app.py": READER + asked, "static/app.css": ""}).volumes == ()
    kept = planned({"app.py": READER + asked, "static/.gitkeep": ""})
    assert [one.path for one in kept.volumes] == ["/app/static"]
    saved = asked.replace("return file_path", "name.save(file_path)")
    written = planned({"app.py": READER + saved, "static/app.css": ""})
    assert [one.path for one in written.volumes] == ["/app/static"]


def test_the_address_of_a_picture_is_no_folder_beside_the_app() -> None:
    answer = "def sent(name):\n    return {'filePath': f'/images/{name}'}\n"
    assert planned({"app.py": READER + answer}).volumes == ()


@pytest.mark.parametrize("address", ["file:shop.db?mode=ro", "file::memory:?cache=shared"])
def test_an_address_of_sqlite_in_a_uri_is_no_file_of_that_name(address: str) -> None:
    source = f"import sqlite3\nopened = sqlite3.connect('{address}', uri=True)\n"
    plan = planned({"app.py": FLASK_APP + source})
    assert (plan.volumes, plan.moved_files) == ((), ())


OF_TESTS = f"""\
{HEAD}{BASEDIR}
class Config:
    SQLALCHEMY_DATABASE_URI = "sqlite:////srv/shop/shop.db"

class TestingConfig(Config):
    TESTING = True
    SQLALCHEMY_DATABASE_URI = "sqlite:////srv/tests/tests.db"

app = Flask(__name__)
app.config.from_object(Config)
"""


def test_what_the_configuration_of_tests_names_is_no_volume() -> None:
    assert volume_paths(planned({"app.py": OF_TESTS})) == ("/srv/shop",)
    for other in (("TestingConfig", "DevConfig"), ("TESTING = True", "TESTING = False")):
        assert "/srv/tests" in volume_paths(planned({"app.py": OF_TESTS.replace(*other)}))


@pytest.mark.parametrize(
    ("made", "folder"), [("", "data"), ("data", "data"), ("data/stock.csv", "var"), ("data:file", "var")]
)
def test_an_empty_folder_does_not_move_the_data(tmp_path: Path, made: str, folder: str) -> None:
    """The engine makes one where a volume lies over the source at the desk: production's data stay."""
    (tmp_path / "requirements.txt").write_text("flask\nflask-sqlalchemy\n")
    (tmp_path / "app.py").write_text(
        "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\n"
        'app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]\ndb = SQLAlchemy(app)\n'
    )
    name, _, is_file = made.partition(":")
    place = tmp_path / name
    if is_file or place.suffix:
        place.parent.mkdir(exist_ok=True)
        place.write_text("1\n")
    else:
        place.mkdir(exist_ok=True)
    plan = make_plan(DiskProject.open(tmp_path), read_settings(MemoryProject({})))
    assert volume_paths(plan) == (f"/app/{folder}",)
