"""Databases that okamochi does not start: what the app needs for them is told."""

import pytest

from okamochi.model.backing_service import ServiceKind
from okamochi.model.plan import Plan
from tests.detect.plans import planned

HEAD = "import os\nfrom flask import Flask\napp = Flask(__name__)\n"


def project(requirements: str, source: str, stated: str = "") -> Plan:
    more = {".env": stated} if stated else {}
    return planned({"requirements.txt": f"flask\n{requirements}\n", "app.py": HEAD + source, **more})


def told(plan: Plan) -> list[str]:
    return [one.summary for one in plan.decisions if one.field == "services"]


@pytest.mark.parametrize(
    ("requirement", "source", "title", "address"),
    [
        (
            "oracledb",
            "import oracledb\nc = oracledb.connect(dsn=os.environ['ORACLE_DSN'])\n",
            "Oracle Database",
            "ORACLE_DSN",
        ),
        ("pymssql", "import pymssql\nc = pymssql.connect(os.environ['DB_HOST'])\n", "SQL Server", "DB_HOST"),
        ("oracledb", "u = os.getenv('STORE', 'oracle+oracledb://a:b@h/x')\n", "Oracle Database", "STORE"),
        (
            "mssql-django",
            "D = {'default': {'ENGINE': 'mssql', 'HOST': os.environ['SQL_SERVER_HOST']}}\n",
            "Microsoft SQL Server",
            "SQL_SERVER_HOST",
        ),
    ],
)
def test_a_database_that_is_not_started_is_told_with_where_its_address_goes(
    requirement: str, source: str, title: str, address: str
) -> None:
    plan = project(f"{requirement}\nsqlalchemy", source)
    (summary,) = told(plan)
    assert plan.services == ()
    assert summary.startswith("Warning: the app uses ")
    assert title in summary
    assert summary.endswith(f"give its address in {address}")


def test_its_address_is_no_other_database_s_though_that_has_a_client() -> None:
    plan = project("pyodbc\npsycopg2", "u = os.getenv('DATABASE_URL', 'mssql+pyodbc://sa:x@h/db')\n")
    assert plan.services == ()
    assert "give its address in DATABASE_URL" in told(plan)[0]
    stated = "DATABASE_URL=mssql+pyodbc://sa:hidden@h/db\n"
    plan = project("pyodbc\npsycopg2", "u = os.environ['DATABASE_URL']\n", stated)
    assert plan.services == ()
    assert "give its address in DATABASE_URL" in told(plan)[0]
    assert "hidden" not in str(plan)
    both = "import psycopg2, pymssql\na = os.environ['DATABASE_URL']\nb = os.environ['MSSQL_HOST']\n"
    plan = project("pymssql\npsycopg2", both)
    assert [one.kind for one in plan.services] == [ServiceKind.POSTGRES]
    assert told(plan)[0].endswith("give its address in MSSQL_HOST")


@pytest.mark.parametrize(
    ("requirement", "source", "besides"),
    [
        ("cx_Oracle", "import cx_Oracle\n", "Oracle's client libraries"),
        ("oracledb", "import oracledb\noracledb.init_oracle_client()\n", "Oracle's client libraries"),
        (
            "pyodbc",
            "import pyodbc\nc = pyodbc.connect('DRIVER={ODBC Driver 18 for SQL Server};SERVER=x')\n",
            "ODBC Driver 18 for SQL Server is Microsoft's",
        ),
        (
            "pyodbc",
            "u = os.getenv('U', 'mssql+pyodbc://a/b?driver=ODBC+Driver+17+for+SQL+Server')\n",
            "ODBC Driver 17 for SQL Server is Microsoft's",
        ),
    ],
)
def test_what_debian_has_not_is_told_beside_it(requirement: str, source: str, besides: str) -> None:
    assert besides in told(project(requirement, source))[0]


def test_a_client_that_nothing_uses_and_odbc_that_goes_elsewhere_are_not_told() -> None:
    assert told(project("pymssql\noracledb", "x = 1\n")) == []
    postgres = "import pyodbc\nc = pyodbc.connect('DRIVER={PostgreSQL Unicode};SERVER=x')\n"
    assert told(project("pyodbc", postgres)) == []


@pytest.mark.parametrize(
    ("driver", "library"),
    [
        ("FreeTDS", "libtdsodbc.so"),
        ("PostgreSQL Unicode", "psqlodbcw.so"),
        ("PostgreSQL ANSI", "psqlodbca.so"),
        ("Another Driver", ""),
    ],
)
def test_a_driver_of_odbc_that_the_code_names_is_a_library_that_it_opens(driver: str, library: str) -> None:
    source = f"import pyodbc\nc = pyodbc.connect('DRIVER={{{driver}}};SERVER=' + os.environ['DB_SERVER'])\n"
    needs = project("pyodbc", source).native.needs
    assert [one.names for one in needs] == ([(library,)] if library else [])
