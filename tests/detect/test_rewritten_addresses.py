"""What code makes of an address that it is given comes out as one that its libraries know."""

import pytest

from tests.detect.plans import planned

READS = (
    "import os\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\n"
    "app.config['SQLALCHEMY_DATABASE_URI'] = os.environ['DATABASE_URL']{rewritten}\ndb = SQLAlchemy(app)\n"
)


def template(rewritten: str, driver: str = "psycopg2-binary") -> str:
    files = {
        "app.py": READS.format(rewritten=rewritten),
        "requirements.txt": f"flask\nflask-sqlalchemy\nsqlalchemy<2.1\n{driver}\n",
    }
    (service,) = planned(files).services
    (variable,) = service.variables
    return variable.template.partition("://")[0]


@pytest.mark.parametrize(
    ("rewritten", "scheme"),
    [
        ("", "postgresql"),
        (".replace('postgres://', 'postgresql://')", "postgresql"),
        (".replace('postgres://', 'postgresql://', 1)", "postgresql"),
        (".replace('postgres', 'postgresql')", "postgres"),
        (".replace('://', 'ql://', 1)", "postgres"),
        (".replace('postgresql', 'postgresql+psycopg2')", "postgresql"),
        (".replace('http://', 'https://')", "postgresql"),
        (".strip().replace(' ', '')", "postgresql"),
    ],
)
def test_the_scheme_survives_what_the_code_replaces_in_it(rewritten: str, scheme: str) -> None:
    assert template(rewritten) == scheme


def test_a_driver_that_the_code_puts_in_is_not_put_in_twice() -> None:
    assert template("", "pymysql") == "mysql+pymysql"
    for old, new in (("mysql", "mysql+pymysql"), ("mysql://", "mysql+pymysql://")):
        assert template(f".replace({old!r}, {new!r})", "pymysql") == "mysql"


@pytest.mark.parametrize(
    ("test", "scheme"),
    [
        ("if URL.startswith('postgres://'):\n    APPS = ['django.contrib.postgres']\n", "postgres"),
        ("if URL.startswith('postgresql://'):\n    APPS = []\n", "postgresql"),
        ("if URL.startswith('sqlite://'):\n    APPS = []\n", "postgresql"),
        ("if URL.startswith('postgres://') or URL.startswith('psql://'):\n    APPS = []\n", "postgresql"),
        (
            "if URL.startswith('postgres://'):\n    URL = URL.replace('postgres', 'postgresql', 1)\n",
            "postgres",
        ),
        ("", "postgresql"),
    ],
)
def test_django_is_given_the_scheme_that_its_settings_ask_for(test: str, scheme: str) -> None:
    settings = (
        "import os\nimport dj_database_url\nROOT_URLCONF = 'shop.urls'\nURL = os.environ['DATABASE_URL']\n"
        f"DATABASES = {{'default': dj_database_url.config()}}\n{test}"
    )
    wsgi = (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
        "application = get_wsgi_application()\n"
    )
    files = {"shop/__init__.py": "", "shop/settings.py": settings, "shop/wsgi.py": wsgi}
    (service,) = planned({**files, "requirements.txt": "django\ndj-database-url\npsycopg\n"}).services
    assert service.variables[0].template.partition("://")[0] == scheme


@pytest.mark.parametrize(
    ("test", "ends"),
    [
        ("'sslmode' not in url", "?sslmode=prefer"),
        ('"sslmode=" not in url', "?sslmode=prefer"),
        ("'sslmode' in url", ""),
        ("'sslmode=require' not in url", ""),
    ],
)
def test_code_that_asks_for_encryption_where_the_address_is_silent_finds_it_said(
    test: str, ends: str
) -> None:
    more = f"\nurl = os.environ['DATABASE_URL']\nif {test}:\n    url += '?sslmode=require'"
    files = {
        "app.py": READS.format(rewritten=more),
        "requirements.txt": "flask\nflask-sqlalchemy\nsqlalchemy<2.1\npsycopg2\n",
    }
    (service,) = planned(files).services
    (variable,) = service.variables
    assert variable.template == f"postgresql://{{user}}:{{password}}@{{host}}:{{port}}/{{database}}{ends}"
