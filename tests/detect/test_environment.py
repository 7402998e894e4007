"""Environment variables that the code reads."""

import pytest

from okamochi.errors import UsageError
from okamochi.model.process import VariableKind
from okamochi.model.variable_names import kind_of
from tests.detect.plans import FLASK_APP, decision, planned, variable

HEAD = "import os\nfrom os import environ, getenv\nfrom flask import Flask\napp = Flask(__name__)\n"


@pytest.mark.parametrize(
    "source",
    [
        "import os as o\nx = o.environ['API_HOST']\n",
        "env: dict = os.environ\nx = env['API_HOST']\n",
        "env, get = os.environ, os.getenv\nx = env['API_HOST'], get('OTHER')\n",
        "env = dict(os.environ)\nx = env['API_HOST']\n",
        "env = os.environ.copy()\nx = env['API_HOST']\n",
        "from dotenv import dotenv_values\nc = {**dotenv_values('.env'), **os.environ}\nx = c['API_HOST']\n",
        "from os import *\nx = environ['API_HOST']\n",
        "def found():\n    env = os.environ\n    return env['API_HOST']\nx = found()\n",
        "class C:\n    env = os.environ\n    host = env['API_HOST']\n",
        "from conf import env\nx = env['API_HOST']\n",
        "from conf import get\nx = get('API_HOST')\nif x is None:\n    raise SystemExit\n",
    ],
)
def test_the_environment_is_known_under_other_names(source: str) -> None:
    conf = "import os\nenv = os.environ\nget = os.getenv\n"
    plan = planned({"app.py": HEAD + source, "conf.py": conf})
    assert variable(plan, "API_HOST").required


@pytest.mark.parametrize(
    "source",
    [
        "def handler(environ, start):\n    return environ['API_HOST']\nx = handler({}, 1)\n",
        "env = os.environ\ndef shown(env):\n    return env['API_HOST']\nx = shown({})\n",
        "def f():\n    env = os.environ\ndef g(env):\n    return env['API_HOST']\nx = f(), g({})\n",
        "defaults = {'API_HOST': 1}\nc = {**defaults, **os.environ}\nx = c['API_HOST']\n",
        "from conf import env\nx = env['API_HOST']\n",
    ],
)
def test_a_parameter_or_another_table_of_that_name_is_not_the_environment(source: str) -> None:
    plan = planned({"app.py": HEAD + source, "conf.py": "env = {}\n"})
    assert "API_HOST" not in [one.name for one in plan.environment]


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ('env = { SECRET_KEY = "a-real-one" }', "SECRET_KEY"),
        ('env = { DATABASE_URL = "postgresql://me:pw@db.example.org/shop" }', "DATABASE_URL"),
        ('env = { SECRET_KEY = "" }', ""),
        ('env = { DATABASE_URL = "sqlite:////data/shop.db", PAGE_SIZE = "5" }', ""),
    ],
)
def test_the_setting_env_takes_no_secret_of_the_code(line: str, refused: str) -> None:
    read = 'k, d = os.environ["SECRET_KEY"], os.getenv("DATABASE_URL")\napp.secret_key = k\n'
    files = {"app.py": HEAD + read, "okamochi.toml": f"{line}\n"}
    if not refused:
        planned(files)
        return
    with pytest.raises(UsageError) as caught:
        planned(files)
    assert caught.value.message.endswith(refused)
    assert caught.value.where == "okamochi.toml:1"


def names(source: str) -> dict[str, tuple[bool, str | None]]:
    plan = planned({"app.py": HEAD + source})
    return {one.name: (one.required, one.default) for one in plan.environment}


@pytest.mark.parametrize(
    ("source", "required", "default"),
    [
        ('x = os.environ["API_HOST"]\n', True, None),
        ('x = environ["API_HOST"]\n', True, None),
        ('x = os.environ.get("API_HOST")\n', False, None),
        ('x = os.getenv("API_HOST", "localhost")\n', False, "localhost"),
        ('x = getenv("API_HOST") or "localhost"\n', False, "localhost"),
        ('x = int(environ.get("API_HOST", 5))\n', False, "5"),
        ('x = os.environ.setdefault("API_HOST", "here")\n', False, "here"),
        ('if "API_HOST" in os.environ:\n    x = os.environ["API_HOST"]\n', False, None),
        ('if "API_HOST" not in os.environ:\n    raise SystemExit("API_HOST")\n', True, None),
        ('if "API_HOST" not in environ or not environ["API_HOST"]:\n    x = 1\n', False, None),
        ('if "API_HOST" in os.environ and os.environ["API_HOST"]:\n    x = 1\n', False, None),
        ('if os.getenv("OTHER") or os.environ["API_HOST"]:\n    x = 1\n', True, None),
        ('x = os.getenv("API_HOST")\nif not x:\n    raise RuntimeError("API_HOST")\n', True, None),
        ('x = os.getenv("API_HOST")\nif x is None:\n    import sys\n    sys.exit(1)\n', True, None),
        ('try:\n    x = os.environ["API_HOST"]\nexcept KeyError:\n    x = "a"\n', False, None),
        ('if os.getenv("MODE") == "production":\n    x = os.environ["API_HOST"]\n', False, None),
        ('if not os.getenv("AZURE"):\n    x = os.environ["API_HOST"]\n', True, None),
        ('if os.getenv("MAIL", False):\n    x = os.environ["API_HOST"]\n', False, None),
        ('if not os.getenv("MAIL", 0):\n    x = os.environ["API_HOST"]\n', True, None),
        ('if os.getenv("MAIL", "False"):\n    x = os.environ["API_HOST"]\n', True, None),
        ('import environ as e\nv = e.Env()\nif v.bool("M", False):\n    x = v("API_HOST")\n', False, None),
        ('import environ as e\nv = e.Env()\nif v.bool("M", "on"):\n    x = v("API_HOST")\n', True, None),
        (
            'from decouple import config as c\nif c("M", default="no", cast=bool):\n    x = c("API_HOST")\n',
            False,
            None,
        ),
        (
            'import environ\nv = environ.Env(M=(bool, False))\nif v("M"):\n    x = v("API_HOST")\n',
            False,
            None,
        ),
        ('x = os.environ["API_HOST"] if os.getenv("B") else "a"\n', False, None),
        ('env = os.environ.get\nx = env("API_HOST", "z")\n', False, "z"),
        ('class Config:\n    HOST = os.environ["API_HOST"]\n', True, None),
        ('@app.route("/")\ndef index():\n    return os.environ["API_HOST"]\n', False, None),
        ('def setup():\n    return os.environ["API_HOST"]\nsetup()\n', True, None),
        ('def need(name):\n    return os.environ[name]\nx = need("API_HOST")\n', True, None),
        (
            'def env(name, default=None):\n    return os.getenv(name, default)\nx = env("API_HOST", "q")\n',
            False,
            "q",
        ),
        ('import click\n@click.option("--host", envvar="API_HOST")\ndef run(host): ...\n', False, None),
        (
            (
                "from pydantic import BaseSettings, Field\nclass S(BaseSettings):\n"
                '    host: str = Field(..., env="API_HOST")\n'
            ),
            True,
            None,
        ),
        ('from decouple import config\nx = config("API_HOST")\n', True, None),
        ('from decouple import config\nx = config("API_HOST", default="d", cast=str)\n', False, "d"),
        ('from environs import Env\nenv = Env()\nx = env.str("API_HOST")\n', True, None),
        ('from environs import FileAwareEnv\nenv = FileAwareEnv()\nx = env("API_HOST")\n', True, None),
        ('from envparse import env\nx = env.str("API_HOST")\n', True, None),
        ('from envparse import Env\nenv = Env()\nx = env.int("API_HOST", default=3)\n', False, "3"),
        ('import dj_database_url as d\nx = d.config(env="API_HOST", default="b")\n', False, "b"),
        ('import dj_database_url\nx = dj_database_url.config("API_HOST")\n', False, None),
        ('from environs import Env\nenv = Env()\nx = env.int("API_HOST", 3)\n', False, "3"),
        (
            "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    api_host: str\n",
            True,
            None,
        ),
        (
            'from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    api_host: str = "h"\n',
            False,
            "h",
        ),
        (
            (
                "from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n"
                '    model_config = SettingsConfigDict(env_prefix="api_")\n    host: str\n'
            ),
            True,
            None,
        ),
    ],
)
def test_a_read_is_required_or_optional(source: str, required: bool, default: str | None) -> None:
    assert names(source)["API_HOST"] == (required, default)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ("    model_config = SettingsConfigDict(case_sensitive=True)\n", "api_host"),
        ("    class Config:\n        case_sensitive = True\n", "api_host"),
        ('    model_config = SettingsConfigDict(env_prefix="my_", case_sensitive=True)\n', "my_api_host"),
        ("    model_config = SettingsConfigDict(case_sensitive=False)\n", "API_HOST"),
    ],
)
def test_the_name_of_a_settings_field_is_as_written_when_its_letters_count(options: str, name: str) -> None:
    source = f"from pydantic_settings import *\nclass S(BaseSettings):\n{options}    api_host: str\n"
    assert names(source.replace("import *", "import BaseSettings, SettingsConfigDict")) == {
        name: (True, None)
    }


def test_reads_below_the_main_guard_are_not_the_apps() -> None:
    assert names('if __name__ == "__main__":\n    app.run(port=os.environ["APP_PORT"])\n') == {}


def test_variables_of_the_system_and_the_server_are_left_out() -> None:
    source = 'x = (os.environ["HOME"], os.environ["PORT"], getenv("TZ"), getenv("FLASK_DEBUG"))\n'
    assert names(source) == {}
    assert names('folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")\n') == {}  # the kit sets it


def test_a_module_that_the_app_never_imports_makes_nothing_required() -> None:
    plan = planned({"app.py": FLASK_APP, "deploy_tool.py": 'import os\nx = os.environ["CLOUD_TOKEN"]\n'})
    assert variable(plan, "CLOUD_TOKEN").required is False


def test_a_module_named_to_from_object_is_reached() -> None:
    source = FLASK_APP + 'app.config.from_object("settings.Production")\n'
    files = {
        "app.py": source,
        "settings.py": 'import os\nclass Production:\n    NAME = os.environ["SERVER_LABEL"]\n',
    }
    assert variable(planned(files), "SERVER_LABEL").required is True


def test_a_secret_key_is_required_and_may_be_made_up() -> None:
    plan = planned({"app.py": HEAD + 'app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]\n'})
    found = variable(plan, "SECRET_KEY")
    assert (found.kind, found.required) == (VariableKind.GENERATED, True)
    why = decision(plan, "environment.SECRET_KEY").evidence[0]
    assert (why.path, why.line) == ("app.py", 5)


def test_a_variable_that_becomes_the_secret_key_may_be_made_up_whatever_its_name() -> None:
    plan = planned({"app.py": HEAD + 'app.config.update(SECRET_KEY=os.environ["COOKIE_SALTING"])\n'})
    assert variable(plan, "COOKIE_SALTING").kind is VariableKind.GENERATED


def test_a_secrets_default_never_enters_the_plan() -> None:
    plan = planned({"app.py": HEAD + 'x = os.getenv("DB_PASSWORD", "hunter2")\n'})
    assert variable(plan, "DB_PASSWORD").default is None
    assert b"hunter2" not in repr(plan).encode()


def test_a_name_and_its_file_are_one_variable() -> None:
    source = 'p = os.getenv("DB_PASSWORD_FILE")\nx = open(p).read() if p else os.environ["DB_PASSWORD"]\n'
    assert set(names(source)) == {"DB_PASSWORD"}


def test_a_secret_from_a_file_or_else_the_environment_is_required() -> None:
    source = (
        'def read(n, p): ...\nx = read("A", os.environ.get("API_TOKEN_FILE")) or os.environ["API_TOKEN"]\n'
    )
    assert names(source)["API_TOKEN"][0] is True


SQLALCHEMY = "from flask_sqlalchemy import SQLAlchemy\nfrom flask import Flask\napp = Flask(__name__)\n"


def test_from_prefixed_env_gives_the_database_an_address_that_nothing_else_gives() -> None:
    source = SQLALCHEMY + "app.config.from_prefixed_env('SHOP')\ndb = SQLAlchemy(app)\n"
    files = {"requirements.txt": "flask\nflask-sqlalchemy\npsycopg2\n"}
    plan = planned({"app.py": source, **files})
    assert variable(plan, "SHOP_SQLALCHEMY_DATABASE_URI").required
    (service,) = plan.services
    assert [one.name for one in service.variables] == ["SHOP_SQLALCHEMY_DATABASE_URI"]
    named = source.replace("db =", "app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///a.db'\ndb =")
    without = source.replace("SQLAlchemy", "Other").replace("flask_sqlalchemy", "other")
    for other in (named, without):
        names = [one.name for one in planned({"app.py": other, **files}).environment]
        assert names == ["SHOP_SECRET_KEY"]


def test_from_prefixed_env_takes_the_secret_key() -> None:
    plan = planned({"app.py": FLASK_APP + "app.config.from_prefixed_env()\n"})
    found = variable(plan, "FLASK_SECRET_KEY")
    assert (found.kind, found.required) == (VariableKind.GENERATED, False)


def test_what_every_shell_sets_is_no_variable_of_the_app() -> None:
    plan = planned({"app.py": FLASK_APP + 'import os\nstarted_by = os.environ["_"]\n'})
    assert not plan.environment


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SECRET_KEY", VariableKind.GENERATED),
        ("SECURITY_PASSWORD_SALT", VariableKind.GENERATED),
        ("JWT_SECRET_KEY", VariableKind.GENERATED),
        ("ACME_SECRET", VariableKind.GENERATED),
        ("REDASH_COOKIE_SECRET", VariableKind.GENERATED),
        ("STRIPE_SECRET_KEY", VariableKind.SECRET),
        ("APP_AUTH_JWT_SECRET_KEY", VariableKind.GENERATED),
        ("SUPABASE_JWT_SECRET", VariableKind.SECRET),
        ("API_SECRET_KEY", VariableKind.SECRET),
        ("AUTH_SECRET", VariableKind.SECRET),
        ("AWS_SECRET_ACCESS_KEY", VariableKind.SECRET),
        ("OPENAI_API_KEY", VariableKind.SECRET),
        ("MAIL_PASSWORD", VariableKind.SECRET),
        ("SENTRY_DSN", VariableKind.SECRET),
        ("DATABASE_URL", VariableKind.SECRET),
        ("AUTH0_CLIENT_SECRET", VariableKind.SECRET),
        ("GITHUB_TOKEN", VariableKind.SECRET),
        ("RECAPTCHA_PUBLIC_KEY", VariableKind.PLAIN),
        ("PASSWORD_MIN_LENGTH", VariableKind.PLAIN),
        ("PASSWORD_BCRYPT_ROUNDS", VariableKind.PLAIN),
        ("PASSWORD_HASH_METHOD", VariableKind.PLAIN),
        ("ADMIN_PASSWORD_HASH", VariableKind.SECRET),
        ("TOKEN_EXPIRY", VariableKind.PLAIN),
        ("MAIL_SERVER", VariableKind.PLAIN),
    ],
)
def test_kinds_follow_the_name(name: str, kind: VariableKind) -> None:
    assert kind_of(name, prefixes=frozenset({"ACME"})) is kind


def test_the_environ_of_a_request_is_not_the_environment_of_the_process() -> None:
    source = (
        "class Proxied:\n"
        "    def __call__(self, environ, start_response):\n"
        "        path = environ['PATH_INFO']\n"
        "        scheme = environ.get('HTTP_X_SCHEME', '')\n"
        "        return 'REMOTE_ADDR' in environ\n"
    )
    plan = planned({"app.py": "import os\nfrom flask import Flask\napp = Flask(__name__)\n" + source})
    assert plan.environment == ()


def test_a_helper_of_another_module_that_hands_its_name_on_is_a_read() -> None:
    helper = (
        "import os\n\ndef get_env(key, default):\n    return lambda: value_of(key=key, default=default)\n\n"
        "def value_of(key, default):\n    return os.environ.get(key, default)\n"
    )
    settings = (
        "from dataclasses import dataclass, field\nfrom shop.env import get_env as env\n\n"
        "@dataclass\nclass Settings:\n"
        "    url: str = field(default_factory=env('DATABASE_URL', 'postgresql+psycopg://app:app@localhost/app'))\n"
    )
    app = "from flask import Flask\nfrom shop.settings import Settings\napp = Flask(__name__)\n"
    files = {
        "requirements.txt": "flask\nsqlalchemy\npsycopg\n",
        "shop/__init__.py": "",
        "shop/env.py": helper,
        "shop/settings.py": settings,
        "app.py": app,
    }
    plan = planned(files)
    assert [one.kind.value for one in plan.services] == ["postgres"]
    assert [one.name for one in plan.services[0].variables] == ["DATABASE_URL"]


@pytest.mark.parametrize(
    ("source", "required"),
    [
        ("import dj_database_url\nx = dj_database_url.config(conn_max_age=600)\n", False),
        ("import environ\nenv = environ.Env()\nx = env.db()\n", True),
        ("import environ\nenv = environ.Env()\nx = env.db(default='sqlite:///x')\n", False),
    ],
)
def test_a_library_that_knows_the_name_itself_reads_it(source: str, required: bool) -> None:
    plan = planned({"app.py": f"{source}{FLASK_APP}"})
    assert [(one.name, one.required) for one in plan.environment] == [("DATABASE_URL", required)]


def test_a_default_address_of_dj_database_url_leads_to_the_service() -> None:
    read = "import dj_database_url\nx = dj_database_url.config(default='postgresql://u:p@localhost/shop')\n"
    wanted = "flask\ndj-database-url\npsycopg2-binary\n"
    (database,) = planned({"app.py": f"{read}{FLASK_APP}", "requirements.txt": wanted}).services
    assert (database.kind, database.database) == ("postgres", "shop")
    assert [one.name for one in database.variables] == ["DATABASE_URL"]


def test_fields_of_settings_that_come_from_settings_of_the_project_are_variables() -> None:
    files = {
        "conf/__init__.py": "",
        "conf/base.py": "import pydantic as p\nclass Base(p.BaseSettings):\n    stage: str = 1\n",
        "conf/main.py": "from conf.base import Base\nclass Shop(Base):\n    api_host: str\n    n: int = 5",
        "conf/live.py": "from conf import main\nclass Live(main.Shop):\n    title: str = 'x'\n",
        "app.py": f"from conf.live import Live\nsettings = Live()\n{FLASK_APP}",
    }
    plan = planned(files)
    assert [(one.name, one.required) for one in plan.environment] == [
        ("API_HOST", True),
        ("N", False),
        ("STAGE", False),
        ("TITLE", False),
    ]


def test_what_official_images_of_python_set_is_there_for_code_that_reads_it() -> None:
    plan = planned(
        {"app.py": f"import os\n{FLASK_APP}@app.route('/v')\ndef v(): return os.environ['PYTHON_VERSION']\n"}
    )
    assert dict(plan.image_environment)["PYTHON_VERSION"] == plan.python_version
    assert "PYTHON_VERSION" not in dict(planned({"app.py": FLASK_APP}).image_environment)


def test_defaults_that_django_environ_was_made_with_count() -> None:
    made = "import environ\nenv = environ.Env(DEBUG_PAGES=(bool, False), HOSTS=(list, ['a']))\n"
    reads = "x = env('DEBUG_PAGES')\ny = env.list('HOSTS')\nz = env('API_HOST')\n"
    plan = planned({"app.py": f"{made}{reads}{FLASK_APP}"})
    needed = {one.name: one.required for one in plan.environment}
    assert needed == {"API_HOST": True, "DEBUG_PAGES": False, "HOSTS": False}


@pytest.mark.parametrize(
    ("body", "required"),
    [
        ("    v = os.getenv(s)\n    if not v:\n        raise ValueError(s)\n    return v\n", True),
        ("    v = os.getenv(s)\n    if v:\n        return v\n    raise ValueError(s)\n", True),
        ("    try:\n        return os.environ[s]\n    except KeyError:\n        raise ValueError(s)\n", True),
        ("    if s not in os.environ:\n        raise ValueError(s)\n    return os.environ.get(s)\n", True),
        ("    if s not in os.environ:\n        return None\n    return int(os.environ[s])\n", False),
        ("    return os.environ[s] if s in os.environ else None\n", False),
        ("    try:\n        return os.environ[s]\n    except KeyError:\n        return None\n", False),
        ("    if s.islower():\n        return None\n    return os.environ[s]\n", True),
        (
            "    v = os.getenv(s)\n    if v not in ('', 'a'):\n        raise ValueError(s)\n    return v\n",
            False,
        ),
        ("    p = os.getenv(s)\n    if not exists(p):\n        raise ValueError(s)\n    return p\n", False),
    ],
)
def test_a_function_that_raises_only_for_what_a_value_looks_like_can_do_without(
    body: str, required: bool
) -> None:
    assert names(f"def env(s):\n{body}x = env('API_HOST')\n") == {"API_HOST": (required, None)}


@pytest.mark.parametrize(("given", "required"), [("", False), (", required=True", True)])
def test_a_function_that_raises_only_when_it_is_told_to_can_do_without_until_then(
    given: str, required: bool
) -> None:
    body = "    v = os.getenv(s)\n    if v is None:\n        if required:\n            raise OSError(s)\n"
    source = f"def env(s, default='', required=False):\n{body}    return v or default\n"
    assert names(f"{source}x = env('API_HOST'{given})\n") == {"API_HOST": (required, None)}


@pytest.mark.parametrize(("package", "required"), [("pydantic", False), ("pydantic_settings", True)])
def test_optional_alone_was_a_default_before_pydantic_2(package: str, required: bool) -> None:
    source = f"from {package} import BaseSettings\nclass S(BaseSettings):\n    api_host: Optional[str]\n"
    plan = planned({"app.py": f"{source}{FLASK_APP}"})
    assert [(one.name, one.required) for one in plan.environment] == [("API_HOST", required)]


def test_variables_are_read_through_a_function_of_another_module() -> None:
    files = {
        "app.py": f"from envs import needed\n{FLASK_APP}KEY = needed('API_KEY')\n",
        "envs.py": "import os\n\n\ndef needed(name):\n    return os.environ[name]\n",
    }
    (found,) = planned(files).environment
    assert (found.name, found.required) == ("API_KEY", True)


@pytest.mark.parametrize(
    ("first", "required"),
    [
        ("os.environ.setdefault('PUID', str(os.getuid()))\n", False),
        ("os.environ['PUID'] = str(os.getuid())\n", False),
        ("if os.getuid():\n    os.environ.setdefault('PUID', '1')\n", True),
        ("", True),
    ],
)
def test_what_the_module_sets_itself_is_not_asked_for(first: str, required: bool) -> None:
    source = f"import os\n{first}USER = int(os.environ['PUID'])\n{FLASK_APP}"
    (found,) = [one for one in planned({"app.py": source}).environment if one.name == "PUID"]
    assert found.required is required


SETTINGS = {
    "shop/__init__.py": "",
    "shop/settings/__init__.py": "",
    "shop/settings/base.py": "import environ\nenv = environ.Env(PAGES=(int, 5))\n"
    "A = env('API_HOST', default='x')\n",
    "shop/wsgi.py": "import os\nfrom django.core.wsgi import get_wsgi_application\n"
    "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.live')\n"
    "application = get_wsgi_application()\n",
    "requirements.txt": "django\ndjango-environ\n",
    "manage.py": "",
}


@pytest.mark.parametrize(
    ("taken", "written"),
    [
        ("from .base import *\n", "env"),
        ("from .base import env\n", "env"),
        ("from shop.settings.base import env as read\n", "read"),
        ("from .middle import *\n", "env"),
    ],
)
def test_a_reader_that_another_module_of_the_project_made_reads(taken: str, written: str) -> None:
    live = f"{taken}B = {written}('MAIL_HOST')\nP = {written}.int('PAGES')\n"
    files = {
        **SETTINGS,
        "shop/settings/live.py": live,
        "shop/settings/middle.py": "from .base import *\nDEBUG = False\n",
    }
    found = {one.name: one.required for one in planned(files).environment}
    assert found.pop("DJANGO_SETTINGS_MODULE") is False
    assert found == {"API_HOST": False, "MAIL_HOST": True, "PAGES": False}


@pytest.mark.parametrize(
    "live",
    [
        "from .other import *\nB = env('MAIL_HOST')\n",
        "from .base import A\nB = env('MAIL_HOST')\n",
        "from .base import env as read\nB = env('MAIL_HOST')\n",
    ],
)
def test_a_name_that_no_reader_has_reads_nothing(live: str) -> None:
    files = {**SETTINGS, "shop/settings/live.py": live, "shop/settings/other.py": "env = print\n"}
    assert "MAIL_HOST" not in {one.name for one in planned(files).environment}


def test_the_second_argument_of_starlettes_configuration_is_a_type() -> None:
    source = (
        "from starlette.config import Config\nconfig = Config('.env')\n"
        "a = config('API_HOST', str)\nb = config('PAGES', int, 5)\n"
        "c = config('DEBUG_PAGES', cast=bool, default=False)\n"
    )
    assert names(source) == {"API_HOST": (True, None), "DEBUG_PAGES": (False, "False"), "PAGES": (False, "5")}


ADDRESS = 'app.config["SQLALCHEMY_DATABASE_URI"] = os.getenv("STORE")\n'
HANDED_ON = "uri = os.getenv('STORE')\napp.config['SQLALCHEMY_DATABASE_URI'] = uri\n"


@pytest.mark.parametrize(
    ("source", "required"),
    [
        (ADDRESS, True),
        ('class Config:\n    SQLALCHEMY_DATABASE_URI = os.environ.get("STORE")\n', True),
        ('app.config.from_mapping(SQLALCHEMY_DATABASE_URI=os.getenv("STORE"))\n', True),
        ('app.config["SQLALCHEMY_DATABASE_URI"] = os.getenv("STORE", "sqlite:///a.db")\n', False),
        ('app.config["SQLALCHEMY_DATABASE_URI"] = os.getenv("STORE") or "sqlite:///a.db"\n', False),
        (ADDRESS + 'if x:\n    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///a.db"\n', False),
        ('app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///a.db"\n' + ADDRESS, False),
        (ADDRESS + 'app.config.from_pyfile("own.py")\n', False),
        ('if os.getenv("STORE"):\n    ' + ADDRESS, False),
        (ADDRESS.replace("SQLALCHEMY_DATABASE_URI", "OTHER"), False),
        (HANDED_ON, True),
        (HANDED_ON.replace("uri\n", "uri or 'sqlite:///a.db'\n"), False),
        (HANDED_ON.replace("app.config", "if not uri:\n    uri = 'sqlite:///a.db'\napp.config"), False),
        (ADDRESS + 'if app.config["SQLALCHEMY_DATABASE_URI"]:\n    db.init_app(app)\n', False),
    ],
)
def test_where_nothing_else_sets_the_databases_address_its_variable_is_required(
    source: str, required: bool
) -> None:
    assert names(f"from flask_sqlalchemy import SQLAlchemy\n{source}")["STORE"][0] is required
    assert not names(source)["STORE"][0], "SQLAlchemy alone is given whatever the code likes"


@pytest.mark.parametrize(
    "source",
    [
        "env = dict(os.environ, API_HOST='x')\nx = env['API_HOST']\n",
        "env = dict(os.environ)\nenv.update(API_HOST='x')\nx = env['API_HOST']\n",
        "os.environ.update({'API_HOST': 'x'})\nx = os.environ['API_HOST']\n",
        "env = os.environ.copy()\nenv['API_HOST'] = 'x'\nx = env['API_HOST']\n",
        "env = os.environ\nfor env in rows:\n    x = env['API_HOST']\n",
        "env = os.environ\nx = [env['API_HOST'] for env in rows]\n",
        "env = os.environ\nx = max(rows, key=lambda env: env['API_HOST'])\n",
    ],
)
def test_what_is_given_by_the_code_itself_is_not_asked_for(source: str) -> None:
    assert not any(required for required, _ in names(source).values())


def test_a_switch_is_no_secret_whatever_it_is_about() -> None:
    source = "a = os.getenv('PASSWORD_REQUIRE_DIGIT', True)\nb = os.getenv('MAIL_PASSWORD', 'x')\n"
    kinds = {one.name: one.kind for one in planned({"app.py": HEAD + source}).environment}
    assert kinds == {"MAIL_PASSWORD": VariableKind.SECRET, "PASSWORD_REQUIRE_DIGIT": VariableKind.PLAIN}


def test_the_address_of_the_database_may_be_read_under_its_own_name() -> None:
    field = "class Config:\n    SQLALCHEMY_DATABASE_URI = os.environ.get('SQLALCHEMY_DATABASE_URI')\n"
    source = f"from flask_sqlalchemy import SQLAlchemy\n{field}"
    assert names(source)["SQLALCHEMY_DATABASE_URI"][0]
    assert not names(f"{source}print(Config.SQLALCHEMY_DATABASE_URI)\n")["SQLALCHEMY_DATABASE_URI"][0]


@pytest.mark.parametrize(
    ("source", "required"),
    [
        ("hours = int(os.environ.get('HOURS'))\n", True),
        ("hours = float(os.getenv('HOURS'))\n", True),
        ("hours = json.loads(os.getenv('HOURS'))\n", True),
        ("hours = os.getenv('HOURS').split(',')\n", True),
        ("class Config:\n    HOURS = int(os.environ.get('HOURS'))\n", True),
        ("hours = 'at ' + os.environ.get('HOURS') + ' sharp'\n", True),
        ("hours = 'at ' + os.environ.get('HOURS', '1')\n", False),
        ("hours = ('at ' + os.environ.get('HOURS')) if os.environ.get('HOURS') else ''\n", False),
        ("hours = int(os.environ.get('HOURS', 1))\n", False),
        ("hours = int(os.environ.get('HOURS') or 1)\n", False),
        ("hours = int(os.getenv('HOURS')) if os.getenv('HOURS') else 1\n", False),
        ("hours = str(os.getenv('HOURS'))\n", False),
        ("hours = open(os.environ.get('HOURS'), 'r').read()\n", True),
        ("from pathlib import Path\nhours = Path(os.getenv('HOURS'), 'days')\n", True),
        ("hours = open(os.environ.get('HOURS', 'days.txt')).read()\n", False),
        ("try:\n    hours = int(os.getenv('HOURS'))\nexcept TypeError:\n    hours = 1\n", False),
        ("try:\n    hours = int(os.getenv('HOURS'))\nexcept TypeError:\n    raise SystemExit(1)\n", True),
        ("def later():\n    return int(os.getenv('HOURS'))\n", False),
    ],
)
def test_a_variable_is_required_where_nothing_cannot_take_the_place_of_its_value(
    source: str, required: bool
) -> None:
    assert names(source)["HOURS"][0] is required


@pytest.mark.parametrize("name", ["REFRESH_JWT_SECRET", "JWT_REFRESH_SECRET_KEY", "JWT_ACCESS_SECRET"])
def test_the_key_of_a_second_kind_of_token_is_made_up_as_well(name: str) -> None:
    plan = planned({"app.py": f"{HEAD}key = os.environ[{name!r}]\n"})
    assert variable(plan, name).kind is VariableKind.GENERATED


def test_a_key_is_known_by_what_its_name_is_given_to() -> None:
    source = "own = os.getenv('SHOP_KEY_OF_OURS')\napp.config['SECRET_KEY'] = own\n"
    assert variable(planned({"app.py": HEAD + source}), "SHOP_KEY_OF_OURS").kind is VariableKind.GENERATED


@pytest.mark.parametrize(
    ("call", "required"),
    [
        ("app.config.from_envvar('SHOP_SETTINGS')", True),
        ("app.config.from_envvar('SHOP_SETTINGS', silent=False)", True),
        ("app.config.from_envvar('SHOP_SETTINGS', silent=True)", False),
        ("app.config.from_envvar('SHOP_SETTINGS', True)", False),
    ],
)
def test_the_variable_that_names_a_file_of_settings_is_one_of_the_app(call: str, required: bool) -> None:
    assert names(f"{call}\n") == {"SHOP_SETTINGS": (required, None)}


@pytest.mark.parametrize(
    ("head", "read", "required"),
    [
        ("KEY_DB = 'DATABASE_URL'\n", "os.environ[KEY_DB]", True),
        ("from shop.keys import KEY_DB\n", "os.environ[KEY_DB]", True),
        ("from shop.keys import KEY_DB as NAME\n", "os.environ[NAME]", True),
        ("from shop.keys import KEY_DB\n", "os.environ.get(KEY_DB)", False),
        ("from shop.keys import KEY_DB\n", "os.getenv(KEY_DB, 'x')", False),
        ("from shop.keys import KEY_DB\n", "KEY_DB in os.environ", False),
    ],
)
def test_a_variable_whose_name_is_in_a_constant_is_read(head: str, read: str, required: bool) -> None:
    files = {
        "shop/__init__.py": f"import os\n{head}{FLASK_APP}address = {read}\n",
        "shop/keys.py": "KEY_DB = 'DATABASE_URL'\n",
    }
    assert variable(planned(files), "DATABASE_URL").required is required


def test_a_name_that_stands_for_several_or_for_none_is_no_variable() -> None:
    twice = "KEY_DB = 'DATABASE_URL'\nKEY_DB = 'OTHER_URL'\n"
    for head in (twice, "key_db = KEY_DB = f'{1}'\n", "from elsewhere import KEY_DB\n", ""):
        plan = planned({"app.py": f"import os\n{head}{FLASK_APP}address = os.environ.get(KEY_DB)\n"})
        assert [one.name for one in plan.environment] == []


@pytest.mark.parametrize(
    ("source", "required"),
    [
        ("def stop(text):\n    raise ValueError(text)\nx = getenv('HOST_OF') or stop('no HOST_OF')\n", True),
        ("import sys\nx = getenv('HOST_OF') or sys.exit('no HOST_OF')\n", True),
        ("def made():\n    return 'x'\nx = getenv('HOST_OF') or made()\n", False),
        (
            (
                "def asked(t):\n    if t:\n        return t\n    raise ValueError\n"
                "x = getenv('HOST_OF') or asked('x')\n"
            ),
            False,
        ),
    ],
)
def test_a_variable_whose_absence_ends_the_app_is_needed(source: str, required: bool) -> None:
    found = variable(planned({"app.py": HEAD + source}), "HOST_OF")
    assert found.required is required


@pytest.mark.parametrize(
    ("test", "needed"),
    [
        ("a is None or b is None", {"AAA", "BBB"}),
        ("not a or not b", {"AAA", "BBB"}),
        ("not a and not b", set()),
        ("not a or b", {"AAA"}),
    ],
)
def test_each_of_several_that_are_asked_for_together_is_needed(test: str, needed: set[str]) -> None:
    source = f"a = getenv('AAA')\nb = getenv('BBB')\nif {test}:\n    raise ValueError('no a and b')\n"
    found = planned({"app.py": HEAD + source}).environment
    assert {one.name for one in found if one.required} == needed


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("class Config:\n    DEBUG = config('DEBUG', cast=bool)", "False"),
        ("app.config['DEBUG'] = os.environ['DEBUG'] == 'yes'", "False"),
        ("app.debug = bool(int(os.environ['DEBUG']))", "0"),
        ("class Config:\n    DEBUG = os.environ['DEBUG']", None),
        ("class Config:\n    DEBUG = config('DEBUG', cast=bool)\napp.debug = os.environ['DEBUG']", None),
        ("class Config:\n    DEBUG = config('DEBUG', default=True, cast=bool)", None),
        ("class Config:\n    CACHED = config('DEBUG', cast=bool)", None),
    ],
)
def test_debug_that_only_a_variable_says_is_off_in_production(line: str, value: str | None) -> None:
    plan = planned({"app.py": f"from decouple import config\n{HEAD}{line}\n"})
    assert dict(plan.image_environment).get("DEBUG") == value
