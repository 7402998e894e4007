"""A database begins with the file of SQL that alone has its tables."""

import time

import pytest

from okamochi.detect.services.plain_sql import first_that_is_more
from okamochi.model.plan import Plan
from tests.detect.plans import decision, planned

CONNECTS = (
    "import pymysql\nfrom flask import Flask\napp = Flask(__name__)\n"
    "def db():\n    return pymysql.connect(host='localhost', user='me', password='S3same', database='bank')\n"
)
DUMP = "-- MySQL dump\nDROP TABLE IF EXISTS `account`;\nCREATE TABLE `account` (`id` int) ENGINE=InnoDB;\n"
FIELD = "services.db.initial_files"


def plan_with(dump: str = DUMP, source: str = CONNECTS, **others: str) -> Plan:
    files = {"requirements.txt": "flask\npymysql\n", "app.py": source, "Dump.sql": dump}
    return planned({**files, **{name.replace("__", "."): text for name, text in others.items()}})


def begun_with(plan: Plan) -> tuple[str, ...]:
    (service,) = plan.services
    return service.initial_files


def test_tables_that_a_dump_alone_has_are_made_of_it() -> None:
    plan = plan_with(queries__sql="SELECT * FROM account;\n")
    assert begun_with(plan) == ("Dump.sql",)
    assert decision(plan, FIELD).summary == "db begins with Dump.sql, once, when its volume is new"


@pytest.mark.parametrize(
    "source",
    [
        f"{CONNECTS}with db().cursor() as c:\n    c.execute('CREATE TABLE IF NOT EXISTS account (id int)')\n",
        f"{CONNECTS}with open('Dump.sql') as f:\n    text = f.read()\n",
        f"{CONNECTS}@app.cli.command('init-db')\ndef init():\n    db().query('...')\n",
    ],
)
def test_a_dump_is_left_alone_where_the_code_makes_the_tables_or_opens_it(source: str) -> None:
    assert begun_with(plan_with(source=source)) == ()


@pytest.mark.parametrize(
    ("dump", "why"),
    [
        (f"CREATE DATABASE bank;\nUSE bank;\n{DUMP}", "it makes the database bank, which is there"),
        (f"USE shop;\n{DUMP}", "it makes them in the database shop, and the app's is bank"),
        (f"DROP DATABASE IF EXISTS bank;\n{DUMP}", "it drops a database"),
        (f"DROP DATABASE bank;\nCREATE DATABASE bank;\nUSE bank;\n{DUMP}", "it makes the database bank"),
        (f"DROP DATABASE IF EXISTS other;\nUSE bank;\n{DUMP}", "it drops a database"),
    ],
)
def test_a_dump_that_would_fail_or_go_elsewhere_is_told_and_not_run(dump: str, why: str) -> None:
    plan = plan_with(dump)
    assert begun_with(plan) == ()
    assert decision(plan, FIELD).summary.startswith(
        "Warning: nothing makes the tables of db, and Dump.sql is"
    )
    assert why in decision(plan, FIELD).summary


def test_what_makes_its_database_only_where_it_is_missing_is_run() -> None:
    assert begun_with(plan_with(f"CREATE DATABASE IF NOT EXISTS bank;\nUSE `bank`;\n{DUMP}")) == ("Dump.sql",)
    assert begun_with(plan_with(f"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `bank`;\n{DUMP}")) == ("Dump.sql",)


ANEW = "DROP DATABASE IF EXISTS `bank`;\nCREATE DATABASE `bank`;\nUSE `bank`;\n"
TOLD = CONNECTS.replace("'localhost'", "os.environ['DB_HOST']").replace("'bank'", "os.environ['DB_NAME']")


def test_what_makes_the_database_of_a_new_volume_anew_is_run() -> None:
    assert begun_with(plan_with(f"{ANEW}{DUMP}")) == ("Dump.sql",)


def test_a_database_that_variables_alone_name_is_called_as_its_tables_are_made() -> None:
    (service,) = plan_with(f"{ANEW}{DUMP}", f"import os\n{TOLD}").services
    assert (service.database, service.initial_files) == ("bank", ("Dump.sql",))


def test_of_several_files_none_is_run_and_all_are_named() -> None:
    plan = plan_with(other__sql="create table `b` (id int);")
    assert begun_with(plan) == ()
    assert "Dump.sql, other.sql have some" in decision(plan, FIELD).summary


def test_a_file_of_the_other_database_s_language_is_none() -> None:
    source = CONNECTS.replace("pymysql", "psycopg2").replace("database=", "dbname=")
    files = {"requirements.txt": "flask\npsycopg2\n", "app.py": source, "Dump.sql": DUMP}
    assert begun_with(planned(files)) == ()
    files["Dump.sql"] = "CREATE TABLE account (id SERIAL);\n"
    assert begun_with(planned(files)) == ("Dump.sql",)
    files["Dump.sql"] += "ALTER TABLE public.account OWNER TO anna;\n"
    assert "it gives them to the user anna" in decision(planned(files), FIELD).summary


@pytest.mark.parametrize(
    ("more", "line", "told"),
    [
        ("GRANT ALL ON bank.* TO 'anna';\n", 4, "GRANT ALL ON bank.* TO 'anna'"),
        ("-- rows;\n\nUPDATE account SET id = 1;\n", 6, "UPDATE account SET id = 1"),
        ("DROP TABLE account;\n", 4, "DROP TABLE account"),
        ("CREATE USER anna;\n", 4, "CREATE USER anna"),
        ("DELIMITER //\nCREATE PROCEDURE p() BEGIN END//\n", 4, "DELIMITER // CREATE PROCEDURE p()"),
        ("LOAD DATA INFILE '/etc/passwd' INTO TABLE account;\n", 4, "LOAD DATA INFILE"),
    ],
)
def test_a_dump_that_does_more_than_make_and_fill_is_told_with_its_line(
    more: str, line: int, told: str
) -> None:
    plan = plan_with(f"{DUMP}{more}")
    assert begun_with(plan) == ()
    assert f"Dump.sql is not run: line {line} ({told}" in decision(plan, FIELD).summary


OF_PG_DUMP = r"""--
-- PostgreSQL database dump
--
\restrict mark
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TABLE public.account (
    id integer NOT NULL, -- its number; no more
    note text DEFAULT 'a;b'
);
ALTER TABLE ONLY public.account ADD CONSTRAINT account_pkey PRIMARY KEY (id);
COPY public.account (id, note) FROM stdin;
1	GRANT; it's a row
\.
SELECT pg_catalog.setval('public.account_id_seq', 2, true);
"""


def plan_of_postgres(dump: str) -> Plan:
    source = CONNECTS.replace("pymysql", "psycopg2").replace("database=", "dbname=")
    return planned({"requirements.txt": "flask\npsycopg2\n", "app.py": source, "dump.sql": dump})


def test_what_pg_dump_writes_is_run() -> None:
    assert begun_with(plan_of_postgres(OF_PG_DUMP)) == ("dump.sql",)


@pytest.mark.parametrize(
    "more",
    [
        "COPY public.account FROM PROGRAM 'id';\n",
        "COPY public.account FROM '/etc/passwd';\n",
        "\\! id\n",
        "\\i /etc/passwd\n",
        "DO $$ BEGIN PERFORM 1; END $$;\n",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; $body$;\n",
        "SELECT pg_read_file('/etc/passwd');\n",
    ],
)
def test_a_dump_of_postgres_runs_no_programs_and_reads_no_files(more: str) -> None:
    plan = plan_of_postgres(OF_PG_DUMP + more)
    assert begun_with(plan) == ()
    assert f"is not run: line 16 ({more.strip()[:8]}" in decision(plan, FIELD).summary


def test_a_dump_that_git_ignores_is_this_checkout_s_alone() -> None:
    source = CONNECTS
    files = {"requirements.txt": "flask\npymysql\n", "app.py": source, "Dump.sql": DUMP}
    assert begun_with(planned({**files, ".gitignore": "*.sql\n"})) == ()


def test_a_dump_of_many_megabytes_is_read_at_once() -> None:
    rows = ",".join(f"({number},'it''s; a row')" for number in range(200_000))
    begun = time.monotonic()
    assert first_that_is_more(f"INSERT INTO account VALUES {rows};\n{'/*!' * 100_000}", of_mysql=True)
    assert time.monotonic() - begun < 5
