"""Fields of settings that hold models of the project's own."""

import pytest

from okamochi.model.plan import Plan
from tests.detect.plans import FLASK_APP, planned

SETTINGS = (
    "from pydantic_settings import BaseSettings, SettingsConfigDict\nfrom pydantic import BaseModel, Field\n"
)
DATABASE = """\
class Database(BaseModel):
    hostname: str = "postgres"
    password: str = "x"
    port: int = 5432
"""
DELIMITED = '    model_config = SettingsConfigDict(env_nested_delimiter="__")\n'


def plan_of(conf: str, **others: str) -> Plan:
    files = {
        "app.py": f"import conf\nshown = conf.Settings().model_dump()\n{FLASK_APP}",
        "conf.py": SETTINGS + conf,
    }
    requirements = {"requirements.txt": "flask\npydantic-settings\nasyncpg\nredis\n"}
    return planned(
        {**files, **requirements, **{name.replace("__", "."): text for name, text in others.items()}}
    )


def needs(plan: Plan) -> dict[str, bool]:
    return {one.name: one.required for one in plan.environment}


def told(plan: Plan) -> dict[str, str]:
    return {one.name: one.template for service in plan.services for one in service.variables}


@pytest.mark.parametrize(
    "field",
    [
        "database: Database = Field(default_factory=Database)",
        "database: Database = Database()",
        "database: Optional[Database] = Database()",
        "database: Database | None = Database()",
        'database: "Database"',
    ],
)
def test_each_field_of_a_model_is_a_variable_where_there_is_a_delimiter(field: str) -> None:
    plan = plan_of(f"{DATABASE}class Settings(BaseSettings):\n    {field}\n{DELIMITED}")
    names = ("DATABASE__HOSTNAME", "DATABASE__PASSWORD", "DATABASE__PORT")
    assert needs(plan) == dict.fromkeys(names, False)
    assert told(plan) == dict(zip(names, ("{host}", "{password}", "{port}"), strict=True))
    assert plan.services[0].name == "postgres"


def test_a_field_without_a_default_in_a_model_without_one_is_needed() -> None:
    model = "class Mail(BaseModel):\n    key: str\n    port: int = 25\n"
    plan = plan_of(f"{model}class Settings(BaseSettings):\n    mail: Mail\n{DELIMITED}")
    assert needs(plan) == {"MAIL__KEY": True, "MAIL__PORT": False}
    plan = plan_of(f"{model}class Settings(BaseSettings):\n    mail: Mail = None\n{DELIMITED}")
    assert needs(plan) == {"MAIL__KEY": False, "MAIL__PORT": False}


def test_models_lie_in_models_and_in_other_modules_and_the_delimiter_in_the_class_above() -> None:
    mail = "class Mail(BaseModel):\n    login: Login\n"
    files = {
        "parts/__init__.py": "from .mail import Mail as Post\n",
        "parts/mail.py": f"{SETTINGS}class Login(BaseModel):\n    user: str\n{mail}",
    }
    base = f"class Base(BaseSettings):\n{DELIMITED}"
    conf = f"from parts import Post\n{base}class Settings(Base):\n    mail: Post\n"
    app = f"import conf\nsettings = conf.Settings()\n{FLASK_APP}"
    assert needs(planned({"app.py": app, "conf.py": SETTINGS + conf, **files})) == {"MAIL__LOGIN__USER": True}


def test_without_a_delimiter_nobody_gives_a_model() -> None:
    """pydantic would read the variable as JSON: an address of the database breaks the app."""
    plan = plan_of(f"{DATABASE}class Settings(BaseSettings):\n    database: Database = Database()\n")
    assert needs(plan) == {}
    assert plan.services == ()


def test_settings_in_a_field_of_settings_have_names_of_their_own() -> None:
    prefix = "    model_config = SettingsConfigDict(env_prefix='DB_')\n"
    own = f"class Db(BaseSettings):\n    host: str = 'db'\n{prefix}"
    plan = plan_of(f"{own}class Settings(BaseSettings):\n    db: Db = Db()\n{DELIMITED}")
    assert told(plan) == {"DB_HOST": "{host}"}


def test_models_that_hold_themselves_come_to_an_end() -> None:
    node = "class Node(BaseModel):\n    name: str\n    inner: 'Node'\n"
    plan = plan_of(f"{node}class Settings(BaseSettings):\n    tree: Node\n{DELIMITED}")
    assert needs(plan)["TREE__INNER__NAME"]


def test_what_the_code_puts_together_of_told_parts_is_not_told() -> None:
    fields = (
        '    db_host: str = "localhost"\n    db_user: str = "me"\n'
        '    db_async_prefix: str = "postgresql+asyncpg://"\n    db_uri: str = f"{db_user}@{db_host}/shop"\n'
    )
    assert told(plan_of(f"class Settings(BaseSettings):\n{fields}")) == {
        "DB_HOST": "{host}",
        "DB_USER": "{user}",
    }
    whole = '    db_uri: str = f"postgresql://{db_user}@{db_host}/shop"\n'
    assert "DB_URI" in told(plan_of(f"class Settings(BaseSettings):\n{fields}{whole}"))


@pytest.mark.parametrize("default", ['f"{user}@{host}/shop"', 'user + "@" + host'])
def test_the_same_holds_of_defaults_of_the_environment(default: str) -> None:
    reads = "import os\nuser, host = 'a', os.getenv('DB_HOST', 'db')\n"
    app = f"{reads}url = 'postgresql://' + os.getenv('DB_URI', {default})\n{FLASK_APP}"
    plan = planned({"app.py": app, "requirements.txt": "flask\nasyncpg\n"})
    assert told(plan) == {"DB_HOST": "{host}"}


def test_one_redis_serves_the_queue_and_the_cache() -> None:
    fields = "".join(
        f'    {name}: str = "localhost"\n'
        for name in ("redis_cache_host", "redis_queue_host", "redis_rate_limit_host", "redis_sentinel_host")
    )
    plan = plan_of(f"class Settings(BaseSettings):\n{fields}    redis_queue_port: int = 6379\n")
    hosts = ("REDIS_CACHE_HOST", "REDIS_QUEUE_HOST", "REDIS_RATE_LIMIT_HOST")
    assert told(plan) == {**dict.fromkeys(hosts, "{host}"), "REDIS_QUEUE_PORT": "{port}"}


def test_a_database_has_one_host_for_one_name() -> None:
    plan = plan_of('class Settings(BaseSettings):\n    db_host: str = "db"\n    db_replica_host: str = "r"\n')
    assert told(plan) == {"DB_HOST": "{host}"}


def test_two_classes_of_settings_may_both_call_an_address_url() -> None:
    prefixed = "    class Config:\n        env_prefix = '{}_'\n    URL: {}\n"
    database = f"class Database(BaseSettings):\n{prefixed.format('DB', 'PostgresDsn = PostgresDsn(1)')}"
    redis = f"class Redis(BaseSettings):\n{prefixed.format('REDIS', 'AnyUrl = AnyUrl(1)')}"
    files = {
        "conf.py": f"{SETTINGS}{database}{redis}db, cache = Database(), Redis()\n",
        "store.py": "import conf, redis\nclient = redis.Redis.from_url(conf.cache.URL)\nurl = conf.db.URL\n",
        "app.py": f"import store\n{FLASK_APP}",
        "requirements.txt": "flask\npydantic-settings\nasyncpg\nredis\n",
    }
    found = {one.kind: [v.name for v in one.variables] for one in planned(files).services}
    assert found == {"postgres": ["DB_URL"], "redis": ["REDIS_URL"]}


def test_what_each_call_of_a_class_gives_itself_is_no_variable() -> None:
    server = "class Server(BaseSettings):\n    url: str\n    token: str\n"
    given = f"{server}servers = [Server(url=one, token='x') for one in ('a', 'b')]\n"
    assert needs(plan_of(given)) == {}
    assert needs(plan_of(f"{given}other = Server(url='c')\n")) == {"TOKEN": True}
    assert needs(plan_of(f"{given}other = Server(**dict(url='c'))\n")) == {"URL": True, "TOKEN": True}
    assert needs(plan_of(server)) == {"URL": True, "TOKEN": True}


def test_fields_that_settings_have_from_plain_models_are_variables() -> None:
    mail = "class Mail(BaseModel):\n    mail_key: str\n    mail_from: str\n"
    own = 'class Settings(Mail, BaseSettings):\n    mail_from: str = "me@example.org"\n'
    assert needs(plan_of(mail + own)) == {"MAIL_KEY": True, "MAIL_FROM": False}


def test_their_prefix_is_that_of_the_settings_and_their_line_one_of_the_module() -> None:
    conf = "from mail import Mail\nclass Settings(Mail, BaseSettings):\n"
    prefix = '    model_config = SettingsConfigDict(env_prefix="SHOP_")\n'
    mail = "from pydantic import BaseModel\n\n\nclass Mail(BaseModel):\n    key: str\n"
    plan = plan_of(conf + prefix, mail__py=mail)
    assert needs(plan) == {"SHOP_KEY": True}
    evidence = next(one for one in plan.decisions if one.field == "environment.SHOP_KEY").evidence
    assert [(one.path, one.line) for one in evidence] == [("conf.py", 4)]


def test_settings_that_are_made_of_many_models_have_the_fields_of_all() -> None:
    models = [f"class Part{n}(BaseModel):\n    value_{n}: int = {n}\n" for n in range(30)]
    names = ", ".join(f"Part{n}" for n in range(30))
    plan = plan_of("".join(models) + f"class Settings({names}, BaseSettings):\n    pass\n")
    assert set(needs(plan)) == {f"VALUE_{n}" for n in range(30)}


@pytest.mark.parametrize(
    ("field", "needed"),
    [
        ('token: str = Field(validation_alias="PAY_TOKEN")', {"PAY_TOKEN": True}),
        ('token: Annotated[str, Field(alias="PAY_TOKEN")]', {"PAY_TOKEN": True}),
        ('token: Annotated[str, Field(alias="PAY_TOKEN")] = "none"', {"PAY_TOKEN": False}),
        ("token: Annotated[str, Field(min_length=3)]", {"SHOP_TOKEN": True}),
        ('token: str = Field(validation_alias=AliasPath("PAY_TOKENS", 0))', {"PAY_TOKENS": True}),
        (
            'token: str = Field(validation_alias=AliasChoices("PAY_TOKEN", AliasPath("OLD_TOKENS", 0)))',
            {"OLD_TOKENS": False, "PAY_TOKEN": False},
        ),
    ],
)
def test_a_field_is_read_under_its_aliases_and_of_several_none_alone_is_needed(
    field: str, needed: dict[str, bool]
) -> None:
    prefix = '    model_config = SettingsConfigDict(env_prefix="SHOP_")\n'
    assert needs(plan_of(f"class Settings(BaseSettings):\n{prefix}    {field}\n")) == needed
