"""Logs as they are written in the wild, shortened, and the cause that must be read from each."""

import pytest

from okamochi.run.diagnose import diagnose

TRACEBACK = """\
Traceback (most recent call last):
  File "/opt/venv/lib/python3.13/site-packages/gunicorn/arbiter.py", line 609, in spawn_worker
    worker.init_process()
  File "/app/wsgi.py", line 3, in <module>
    from shop.config import SETTINGS
  File "/app/shop/config.py", line 12, in <module>
    SETTINGS = read()
{frames}{error}
"""
LIBRARY_FRAME = '  File "/opt/venv/lib/python3.13/site-packages/x/y.py", line 5, in y\n    raise\n'
OS_FRAME = '  File "<frozen os>", line 717, in __getitem__\n'
NO_ATTRIBUTE = "Failed to find attribute 'app' in 'wsgi'."


def traceback(error: str, frames: str = LIBRARY_FRAME) -> str:
    return TRACEBACK.format(frames=frames, error=error)


@pytest.mark.parametrize(
    ("log", "text", "where"),
    [
        (
            traceback("KeyError: 'DATABASE_URL'", OS_FRAME),
            "the required variable DATABASE_URL is missing",
            "/app/shop/config.py:12",
        ),
        (
            traceback(
                "ValueError: Couldn't setup configuration 'shop.Prod': Value 'SECRET_KEY' is required "
                "to be set as the environment variable 'DJANGO_SECRET_KEY'"
            ),
            "the required variable DJANGO_SECRET_KEY is missing",
            "/app/shop/config.py:12",
        ),
        (
            traceback("RuntimeError: SECRET_KEY is not set"),
            "the required variable SECRET_KEY is missing",
            "/app/shop/config.py:12",
        ),
        (
            traceback(
                "werkzeug.exceptions.NotFound: 404 Not Found: The requested URL was not found on the server.",
                '  File "/app/app/__init__.py", line 103, in not_found\n'
                "    return app.send_static_file('index.html')\n" + LIBRARY_FRAME,
            ),
            "the app sends the file index.html, which is not in the image",
            "/app/app/__init__.py:103",
        ),
        (
            traceback("jinja2.exceptions.TemplateNotFound: index.html"),
            "the template index.html is not found",
            "/app/shop/config.py:12",
        ),
        (
            traceback("ModuleNotFoundError: No module named 'requests'"),
            "the module requests cannot be imported",
            "/app/shop/config.py:12",
        ),
        (
            traceback("ImportError: cannot import name 'Markup' from 'flask' (/opt/venv/x.py)"),
            "an import fails: cannot import name 'Markup' from 'flask'",
            "/app/shop/config.py:12",
        ),
        (
            traceback("ImportError: libpq.so.5: cannot open shared object file: No such file or directory"),
            "the native library libpq.so.5 is missing",
            "/app/shop/config.py:12",
        ),
        (
            traceback("OSError: cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open shared"),
            "the native library libpango-1.0-0 is missing",
            "/app/shop/config.py:12",
        ),
        (
            traceback("ImportError: no pq wrapper.\n- no 'python' implementation: libpq library not found"),
            "the native library libpq is missing",
            "/app/shop/config.py:12",
        ),
        (
            traceback("importlib.metadata.PackageNotFoundError: No package metadata was found for shop"),
            "the code asks for the version of shop",
            "/app/shop/config.py:12",
        ),
        (NO_ATTRIBUTE, "the server finds no application app in the module wsgi", ""),
        (
            traceback("OSError: [Errno 30] Read-only file system: '/app/shop/cache'"),
            "the app writes to /app/shop/cache, which is read-only",
            "/app/shop/config.py:12",
        ),
        (
            traceback("PermissionError: [Errno 13] Permission denied: '/data/x'"),
            "the app may not use /data/x",
            "/app/shop/config.py:12",
        ),
        (
            traceback(
                "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) unable to open database file"
            ),
            "SQLite cannot write its database file",
            "/app/shop/config.py:12",
        ),
        (
            traceback("sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: invoice"),
            "the table invoice does not exist",
            "/app/shop/config.py:12",
        ),
        (
            traceback('psycopg.errors.UndefinedTable: relation "customer" does not exist'),
            "the table customer does not exist",
            "/app/shop/config.py:12",
        ),
        (
            traceback('psycopg.OperationalError: could not translate host name "db" to address: unknown'),
            "the service at db cannot be reached",
            "/app/shop/config.py:12",
        ),
        (
            traceback('asyncpg.exceptions.InvalidSchemaNameError: schema "shop" does not exist'),
            "the schema shop does not exist in the database",
            "/app/shop/config.py:12",
        ),
        (
            traceback('connection to server at "127.0.0.1", port 5432 failed: Connection refused'),
            "the service at 127.0.0.1 cannot be reached",
            "/app/shop/config.py:12",
        ),
        (
            traceback("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Refused."),
            "the service at localhost:6379 cannot be reached",
            "/app/shop/config.py:12",
        ),
        (
            traceback("psycopg2.OperationalError: could not connect to server: Connection refused\n")
            + '\tIs the server running on host "localhost" (127.0.0.1) and accepting\n',
            "the service at localhost cannot be reached",
            "/app/shop/config.py:12",
        ),
        (
            traceback("pymongo.errors.ServerSelectionTimeoutError: localhost:27017: [Errno 111] refused"),
            "the service at localhost:27017 cannot be reached",
            "/app/shop/config.py:12",
        ),
        (
            '  File "/app/shop/views.py", line 8\n    def x(:\n          ^\nSyntaxError: invalid syntax',
            "SyntaxError: invalid syntax",
            "/app/shop/views.py:8",
        ),
        ("[ERROR] Connection in use: ('0.0.0.0', 8000)", "port 8000 is taken", ""),
        (
            "[ERROR] connection to ('127.0.0.1', 8000) failed: [Errno 98] Address already in use",
            "port 8000 is taken",
            "",
        ),
        (
            "[Errno 98] error while attempting to bind on ('127.0.0.1', 8000): address already in use",
            "port 8000 is taken",
            "",
        ),
        ("Port 8501 is already in use", "port 8501 is taken", ""),
        ("[ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?", "ran out of memory", ""),
        ("exec /opt/venv/bin/gunicorn: exec format error", "for another processor", ""),
        ("okamochi: TOKEN_FILE=/run/secrets/TOKEN is empty", "TOKEN_FILE=/run/secrets/TOKEN is empty", ""),
        (
            (
                'File "/opt/venv/lib/python3.13/site-packages/gunicorn/config.py", line 7\n'
                'os.environ.get("WEB_CONCURRENCY", 1)\n'
                "ValueError: invalid literal for int() with base 10: 'many'"
            ),
            "WEB_CONCURRENCY=many is no number",
            "",
        ),
    ],
)
def test_a_known_trace_gives_its_cause_and_place(log: str, text: str, where: str) -> None:
    cause = diagnose("[INFO] Starting gunicorn\n" + log + "\n[INFO] Shutting down: Master\n")
    assert cause is not None
    assert text in cause.text
    assert cause.where == where
    assert cause.hint


@pytest.mark.parametrize("log", ["", "all is well", "KeyError: 'X'"])
def test_what_no_rule_knows_is_left_alone(log: str) -> None:
    assert diagnose(log) is None


def test_the_trace_that_the_code_took_up_is_not_the_cause() -> None:
    handled = traceback("ModuleNotFoundError: No module named 'shop.frozen'")
    ended = traceback(
        "FileNotFoundError: [Errno 2] No such file or directory: 'git'",
        '  File "/usr/lib/python3.13/subprocess.py", line 1972, in _execute_child\n    raise child\n',
    )
    server = (
        "Traceback (most recent call last):\ngunicorn.errors.HaltServer: <HaltServer 'Worker failed' 3>\n"
    )
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    cause = diagnose(handled + between + ended + "[1] [ERROR] Shutting down\n" + server)
    assert cause is not None
    assert cause.text == "the app starts the program git, which is not in the image"
    assert cause.where == "/app/shop/config.py:12"


def test_the_trace_that_was_taken_up_counts_when_the_last_one_tells_nothing() -> None:
    handled = traceback("ModuleNotFoundError: No module named 'requests'")
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    cause = diagnose(handled + between + traceback("SystemExit: 1"))
    assert cause is not None
    assert "requests" in cause.text


def test_a_library_that_imports_what_another_no_longer_has_is_named_with_both() -> None:
    frame = '  File "/opt/venv/lib/python3.13/site-packages/docview/base.py", line 20, in x\n    from flask\n'
    path = "/opt/venv/lib/python3.13/site-packages/flask/__init__.py"
    cause = diagnose(traceback(f"ImportError: cannot import name 'Markup' from 'flask' ({path})", frame))
    assert cause is not None
    assert "docview imports Markup from flask" in cause.text
    assert "take a version of docview that fits" in cause.hint


def test_the_app_importing_what_a_package_no_longer_has_is_told_to_bound_it() -> None:
    path = "/opt/venv/lib/python3.13/site-packages/wtforms/__init__.py"
    error = f"ImportError: cannot import name 'TextField' from 'wtforms' ({path}). Did you mean: 'TelField'?"
    cause = diagnose(traceback(error, ""))
    assert cause is not None
    assert "the app imports TextField from wtforms" in cause.text
    assert "bound wtforms" in cause.hint


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("pkg_resources", "ask for setuptools<81"),
        ("distutils", "fits the image's Python"),
        ("imp", "fits the"),
    ],
)
def test_modules_that_left_setuptools_or_python_are_told_apart_from_missing_packages(
    module: str, said: str
) -> None:
    cause = diagnose(traceback(f"ModuleNotFoundError: No module named '{module}'"))
    assert cause is not None
    assert said in cause.hint


def test_a_volume_over_the_code_is_not_advised() -> None:
    beside_code = diagnose("OSError: [Errno 30] Read-only file system: '/app/error.log'")
    in_a_folder = diagnose("OSError: [Errno 30] Read-only file system: '/app/media/a.png'")
    assert beside_code is not None and "folder without code" in beside_code.hint
    assert in_a_folder is not None and "make /app/media a volume" in in_a_folder.hint
    at_the_root = diagnose("OSError: [Errno 30] Read-only file system: '/home'")
    assert at_the_root is not None and "make /home a volume" in at_the_root.hint


def test_any_other_exception_is_told_with_its_place() -> None:
    cause = diagnose(traceback("KeyError: 'colour'"))
    assert cause is not None
    assert cause.text == "the app raises KeyError: 'colour'"
    assert cause.where == "/app/shop/config.py:12"


def test_a_server_whose_name_mysqls_own_client_does_not_find_is_unreachable() -> None:
    cause = diagnose(traceback("DatabaseError: 2005 (HY000): Unknown MySQL server host 'db' (-3)", ""))
    assert cause is not None and cause.text == "the service at db cannot be reached from the container"


@pytest.mark.parametrize(
    ("module", "bounded"), [("aioredis", "if aioredis is a package"), ("collections", ""), ("sys", "")]
)
def test_a_name_that_a_package_lacks_is_one_of_another_version(module: str, bounded: str) -> None:
    cause = diagnose(traceback(f"AttributeError: module '{module}' has no attribute 'create_pool'", ""))
    assert cause is not None and cause.text.startswith("the app raises AttributeError: module")
    assert bounded in cause.hint and ("bound it" in cause.hint) == bool(bounded)


def test_of_a_package_of_the_app_there_is_no_other_version() -> None:
    frame = '  File "/app/shop/views.py", line 8, in home\n    models.sessions.get()\n'
    cause = diagnose(traceback("AttributeError: module 'shop.models' has no attribute 'sessions'", frame))
    assert cause is not None and "version" not in cause.hint


def test_a_package_that_cannot_be_imported_at_all_is_named() -> None:
    frame = '  File "/opt/venv/lib/python3.13/site-packages/oldorm/sql.py", line 8, in <module>\n    x\n'
    more = '  File "/opt/venv/lib/python3.13/site-packages/oldorm/util.py", line 9, in check\n    raise\n'
    cause = diagnose(traceback("AssertionError: Class X has additional attributes", frame + more))
    assert cause is not None
    assert "the package oldorm fails while it is imported: AssertionError: Class X" in cause.text
    assert "newer oldorm" in cause.hint


@pytest.mark.parametrize(
    "error",
    [
        (
            "django.core.exceptions.ImproperlyConfigured: Requested setting INSTALLED_APPS, but settings are "
            "not configured. You must either define the environment variable DJANGO_SETTINGS_MODULE or call"
        ),
        "django.core.exceptions.AppRegistryNotReady: Apps aren't loaded yet.",
    ],
)
def test_models_that_an_asgi_module_imports_too_early_are_no_matter_of_django_s_version(error: str) -> None:
    own = '  File "/app/chat/models.py", line 2, in <module>\n    from django.db import models\n'
    frame = (
        '  File "/opt/venv/lib/python3.13/site-packages/django/conf/__init__.py", line 82, in _setup\n    r\n'
    )
    cause = diagnose(traceback(error, own + frame))
    assert cause is not None and cause.where == "/app/chat/models.py:2"
    assert "before Django is set up" in cause.text and "get_asgi_application() first" in cause.hint


def test_a_package_that_misses_a_part_of_itself_is_too_old_and_not_missing() -> None:
    frame = '  File "/opt/venv/lib/python3.13/site-packages/server/http.py", line 2, in <module>\n    x\n'
    cause = diagnose(traceback("ModuleNotFoundError: No module named 'server.six.moves'", frame))
    assert cause is not None
    assert "the package server fails while it is imported: no module server.six.moves" in cause.text


def test_a_file_in_another_encoding_is_told_what_to_do_about_it() -> None:
    wrong = "SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xe9 in position 3: invalid data\n"
    cause = diagnose(f'  File "/app/app.py", line 5\n    return "x"\n{wrong}')
    assert cause is not None and "save the file as UTF-8" in cause.hint and cause.where == "/app/app.py:5"


@pytest.mark.parametrize(
    "text", ["source code string cannot contain null bytes", "unknown encoding: klingon"]
)
def test_what_is_no_utf8_and_names_no_encoding_that_is_known_is_told_like_it(text: str) -> None:
    found = diagnose(f'  File "/app/app.py", line 9\nSyntaxError: {text}\n')
    assert found is not None and "save the file as UTF-8" in found.hint


def test_a_service_that_asyncio_cannot_reach_is_named_with_its_port() -> None:
    cause = diagnose("ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)\n")
    assert cause is not None and "the service at 127.0.0.1:5432 cannot be reached" in cause.text


def test_a_worker_that_was_too_slow_did_not_run_out_of_memory() -> None:
    killed = "[ERROR] Worker (pid:9) was sent SIGKILL! Perhaps out of memory?\n"
    cause = diagnose(f"[CRITICAL] WORKER TIMEOUT (pid:9)\n{killed}")
    assert cause is not None and "did not answer within its time limit" in cause.text
    other = diagnose(f"[CRITICAL] WORKER TIMEOUT (pid:8)\n{killed}")
    assert other is not None and "ran out of memory" in other.text


def test_what_the_kit_remarks_before_the_app_raises_is_not_the_cause() -> None:
    remark = "okamochi: no lock: the database's address is not known here\n"
    cause = diagnose(f"{remark}{traceback('ValidationError: 1 validation error for Settings')}")
    assert cause is not None and "no lock" not in cause.text and "ValidationError" in cause.text


SETTINGS_FRAME = LIBRARY_FRAME.replace("x/y.py", "pydantic_settings/main.py")
MISSING_ITEM = "API_KEY\n  Field required [type=missing, input_value={'A': 'b'}, input_type=dict]"
FURTHER = "    For further information visit https://errors.pydantic.dev/2.7/v/value_error\n"


def refused(count: str, items: str, frames: str = SETTINGS_FRAME) -> str:
    error = f"pydantic_core._pydantic_core.ValidationError: {count} for Config"
    return (
        traceback(error, frames)
        + f"{items}\n{FURTHER}[2026-11-29 10:32:54 +0000] [6] [INFO] Worker exiting\n"
    )


@pytest.mark.parametrize(
    ("log", "text", "hint"),
    [
        (
            refused(
                "1 validation error", "  Value error, Sentry is not set [type=value_error, input_value={}]"
            ),
            "Config is refused: Sentry is not set",
            "give other values",
        ),
        (
            refused("1 validation error", MISSING_ITEM),
            "Config is refused: API_KEY: Field required",
            "give what is missing: okamochi up --env-file FILE, with a line such as API_KEY=...; ",
        ),
        (
            refused("1 validation error", "origins\n  Input should be a list [type=list_type, input=None]"),
            "Config is refused: origins: Input should be a list",
            'a line such as ORIGINS=["..."]; ',
        ),
        (
            refused(
                "2 validation errors",
                "database_url\n  field required (type=value_error.missing)\n__root__\n  no (type=x)",
                LIBRARY_FRAME.replace("x/y.py", "pydantic/env_settings.py"),
            ),
            "Config is refused: database_url: field required; no",
            "give other values",
        ),
        (
            refused("1 validation error", MISSING_ITEM, LIBRARY_FRAME),
            "Config is refused: API_KEY: Field required",
            "see the traceback",
        ),
    ],
)
def test_what_pydantic_refuses_is_told_and_not_only_counted(log: str, text: str, hint: str) -> None:
    cause = diagnose(log)
    assert cause is not None
    assert (cause.text, cause.where) == (text, "/app/shop/config.py:12")
    assert hint in cause.hint


def test_a_refusal_without_its_items_is_told_as_it_is() -> None:
    cause = diagnose(refused("1 validation error", ""))
    assert cause is not None
    assert "ValidationError: 1 validation error for Config" in cause.text


MYSQL = "django.db.utils.OperationalError: (\"Can't connect to local {}server through socket '/run/x'\")"


@pytest.mark.parametrize(
    "error",
    [
        MYSQL.format(""),
        MYSQL.format("MySQL "),
        'psycopg.OperationalError: connection to server on socket "/run/x" failed: No such file',
    ],
)
def test_a_database_that_is_looked_for_at_a_socket_of_this_machine(error: str) -> None:
    cause = diagnose(traceback(error))
    assert cause is not None and "looked for at /run/x," in cause.text and "DB_HOST" in cause.hint


RESOLVING = "(URLError(gaierror(-2, 'Name or service not known')),)\n"


def test_a_name_that_cannot_be_resolved_is_told_where_nothing_else_ended_the_app() -> None:
    cause = diagnose(RESOLVING * 3)
    assert cause is not None and cause.text.startswith("the app asks for a host, whose name cannot")
    pool = "HTTPSConnectionPool(host='models.example.org', port=443): Max retries exceeded: "
    cause = diagnose(pool + "Temporary failure in name resolution")
    assert cause is not None and "the app asks for models.example.org, whose name" in cause.text
    cause = diagnose(RESOLVING + traceback("ValueError: no"))
    assert cause is not None and "ValueError: no" in cause.text
    assert diagnose("a host answers") is None


@pytest.mark.parametrize(
    "error",
    [
        'ConnectionError: PostgreSQL server at "db:5432" rejected SSL upgrade',
        "psycopg2.OperationalError: port 5432 failed: server does not support SSL, but SSL was required",
        'pymysql.err.OperationalError: (2026, "SSL is required but the server doesn\'t support it")',
    ],
)
def test_a_database_that_does_not_encrypt_is_told_as_such(error: str) -> None:
    cause = diagnose(traceback(error))
    assert cause is not None and "asks its database for an encrypted connection" in cause.text
    assert cause.where == "/app/shop/config.py:12"


def test_what_flask_says_of_a_configuration_that_it_cannot_open_is_read_too() -> None:
    words = "Unable to load configuration file (No such file or directory)"
    cause = diagnose(traceback(f"FileNotFoundError: [Errno 2] {words}: '/app/instance/app.toml'"))
    assert (
        cause is not None and cause.text == "the app opens /app/instance/app.toml, which is not in the image"
    )


@pytest.mark.parametrize("path", ["static/dist/app.css", "./model/model.pkl", "/app/data/rows.json"])
def test_a_file_of_the_app_that_is_not_in_the_image_is_told_as_that(path: str) -> None:
    cause = diagnose(traceback(f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'"))
    assert cause is not None and cause.text == f"the app opens {path}, which is not in the image"
    assert "okamochi plan --explain source.exclude" in cause.hint


@pytest.mark.parametrize("path", ["/proc/1/none", "/etc/shop.conf", "config.ini"])
def test_other_files_are_told_as_the_app_raises_it(path: str) -> None:
    cause = diagnose(traceback(f"FileNotFoundError: [Errno 2] No such file or directory: '{path}'"))
    assert cause is not None and cause.text.startswith("the app raises FileNotFoundError")


def test_a_file_that_was_to_be_written_is_not_told_as_missing() -> None:
    frames = LIBRARY_FRAME.replace("raise", 'open("logs/app.log", "a")')
    cause = diagnose(
        traceback("FileNotFoundError: [Errno 2] No such file or directory: 'logs/app.log'", frames)
    )
    assert cause is not None and cause.text.startswith("the app raises FileNotFoundError")


BY_SETTING = (
    "The api_key client option must be set either by passing api_key to the client or by setting the "
    "GROQ_API_KEY environment variable"
)


@pytest.mark.parametrize(
    ("error", "variable"),
    [
        (f"groq.GroqError: {BY_SETTING}", "GROQ_API_KEY"),
        ("ValueError: Please set the `MAPS_API_KEY` environment variable", "MAPS_API_KEY"),
        ("shop.errors.SettingsError: MAPS_API_KEY is not set", "MAPS_API_KEY"),
        ("ValueError: setting the table failed", ""),
    ],
)
def test_the_variable_that_a_library_asks_for_is_named(error: str, variable: str) -> None:
    cause = diagnose(traceback(error))
    assert (cause.variable if cause is not None else "") == variable
    assert not variable or (cause is not None and f"a line {variable}=..." in cause.hint)


def test_no_variable_is_asked_for_that_is_a_key_of_the_configuration() -> None:
    said = "RuntimeError: Either 'SQLALCHEMY_DATABASE_URI' or 'SQLALCHEMY_BINDS' must be set."
    cause = diagnose(traceback(said))
    assert cause is not None
    assert not cause.variable
    assert "nothing sets SQLALCHEMY_DATABASE_URI in its configuration" in cause.text


def test_what_djangos_checks_refuse_is_told_and_not_the_kits_remark_before_it() -> None:
    log = (
        "okamochi: no lock: the database's address is not known here\n"
        "SystemCheckError: System check identified some issues:\n\nERRORS:\n"
        "?: (4_0.E001) As of Django 4.0, the values in CSRF_TRUSTED_ORIGINS must start with a scheme\n"
    )
    cause = diagnose(log)
    assert cause is not None and "CSRF_TRUSTED_ORIGINS must start with a scheme" in cause.text


def test_a_file_that_another_container_has_mounted_is_told_with_other_ways() -> None:
    error = "FileNotFoundError: [Errno 2] No such file or directory: '{}'"
    cause = diagnose(traceback(error.format("/secrets/db_password.txt")))
    assert (
        cause is not None and "opens /secrets/db_password.txt, which is outside of the project" in cause.text
    )
    assert "--env-file" in cause.hint
    for path in ("/usr/share/words.txt", "/tmp/a.txt", "/proc/1/stat.x"):
        other = diagnose(traceback(error.format(path)))
        assert other is not None and "outside of the project" not in other.text


def test_models_of_languages_are_told_with_the_place_where_they_are() -> None:
    spacy = "OSError: [E050] Can't find model 'en_core_web_sm'. It doesn't seem to be a Python package."
    above = f"{traceback(spacy)}\nThe above exception was the direct cause of the following exception:\n\n"
    for log in (traceback(spacy), above + traceback("chatterbot.ChatBot.ChatBotException: Setup error:")):
        cause = diagnose(log)
        assert cause is not None and cause.text == "spaCy's model en_core_web_sm is not in the image"
        assert "en_core_web_sm @ https://" in cause.hint
    stars = "*" * 70
    nltk = f"LookupError: \n{stars}\n  Resource \x1b[93mpunkt\x1b[0m not found.\n"
    nltk += "  Please use the NLTK Downloader to obtain the resource:"
    cause = diagnose(traceback(nltk))
    assert cause is not None and cause.text == "NLTK's data punkt is not in the image"
    assert "-d nltk_data punkt" in cause.hint


def test_two_functions_of_one_name_are_told_as_two_routes_of_one_endpoint() -> None:
    log = traceback(
        "AssertionError: View function mapping is overwriting an existing endpoint function: shop.index"
    )
    cause = diagnose(log)
    assert cause is not None and "two routes of the app have the endpoint shop.index" in cause.text
    assert "functools.wraps" in cause.hint


def test_an_address_of_this_machine_itself_is_to_become_a_variable() -> None:
    refused = (
        "sqlalchemy.exc.DatabaseError: 2003 (HY000): Can't connect to MySQL server on 'localhost:3306' (111)"
    )
    cause = diagnose(traceback(refused))
    assert cause is not None and "read the address from a variable" in cause.hint
    assert "DATABASE_URL" in cause.hint
    redis = diagnose(traceback("redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379."))
    assert redis is not None and "REDIS_URL" in redis.hint
    elsewhere = diagnose(traceback(refused.replace("localhost", "db.example.org")))
    assert elsewhere is not None and "read the address" not in elsewhere.hint


def test_a_relative_import_outside_of_a_package_is_told_with_what_to_do() -> None:
    cause = diagnose(traceback("ImportError: attempted relative import with no known parent package"))
    assert cause is not None and "loaded as no part of a package" in cause.text
    assert "without the dot" in cause.hint


def test_a_file_of_the_app_that_hides_a_module_of_python_s_own_is_named() -> None:
    log = (
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.11/http/server.py", line 92, in <module>\n    import email.utils\n'
        '  File "/app/email.py", line 3, in <module>\n    import smtplib\n'
        '  File "/usr/lib/python3.11/smtplib.py", line 47, in <module>\n    import email.utils\n'
        "ModuleNotFoundError: No module named 'email.utils'; 'email' is not a package\n"
    )
    cause = diagnose(log)
    assert cause is not None
    assert "the app's own /app/email.py takes the place of Python's email" in cause.text
    assert "another name" in cause.hint


@pytest.mark.parametrize(
    ("error", "text", "hint"),
    [
        (
            'OperationalError: connection to server at "localhost" (127.0.0.1), port 5432 failed: refused',
            "the service at localhost cannot be reached",
            "DATABASE_URL",
        ),
        (
            "redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379. Connection refused.",
            "the service at 127.0.0.1:6379 cannot be reached",
            "REDIS_URL",
        ),
        (
            "(2002, \"Can't connect to local MySQL server through socket '/run/mysqld.sock' (2)\")",
            "a database is looked for at /run/mysqld.sock",
            "127.0.0.1 is this machine",
        ),
    ],
)
def test_without_a_container_nothing_is_said_of_one(error: str, text: str, hint: str) -> None:
    log = traceback(error, "")
    inside, here = diagnose(log), diagnose(log, contained=False)
    assert inside is not None and "container" in inside.text + inside.hint
    assert here is not None and here.text.startswith(text) and hint in here.hint
    assert "container" not in here.text + here.hint
    assert here.where == inside.where


def test_what_no_container_has_to_do_with_is_said_alike() -> None:
    log = traceback("ModuleNotFoundError: No module named 'shop.views'", "")
    assert diagnose(log, contained=False) == diagnose(log) is not None


def test_a_folder_that_is_served_and_not_there_is_told_with_what_may_make_it() -> None:
    cause = diagnose(traceback("RuntimeError: Directory 'web/dist' does not exist", ""))
    assert cause is not None and cause.text == "the app serves the folder web/dist, which is not in the image"
    assert 'volumes = ["web/dist"]' in cause.hint and "npm" in cause.hint


@pytest.mark.parametrize(
    ("path", "told"), [("../frontend/dist", True), ("/frontend/dist", True), ("/app/dist", False)]
)
def test_a_served_folder_outside_the_app_s_own_may_lie_beside_it_in_the_checkout(
    path: str, told: bool
) -> None:
    cause = diagnose(traceback(f"RuntimeError: Directory '{path}' does not exist", ""))
    assert cause is not None
    assert cause.hint.startswith("where it lies beside the app's own folder, okamochi plan warns") is told


def test_a_traceback_that_warnings_interrupt_is_read_and_a_path_of_windows_is_told() -> None:
    """Python reads the source once more to print it, and warns of "C:\\se" then."""
    frame = '  File "/app/model.py", line 9, in fill\n    file = open("C:\\se\\items.json")\n'
    error = "FileNotFoundError: [Errno 2] No such file or directory: 'C:\\\\se\\\\items.json'"
    first, rest = traceback(error, frame).split("\n", 1)
    cause = diagnose(f"{first}\n<unknown>:2: SyntaxWarning: invalid escape sequence '\\s'\n{rest}")
    assert cause is not None and cause.where == "/app/model.py:9"
    assert cause.text == "the app opens C:\\se\\items.json, a place on a Windows machine"


def test_a_locale_that_is_not_there_is_told_with_its_name() -> None:
    frame = (
        '  File "/app/app.py", line 3, in <module>\n    locale.setlocale(locale.LC_ALL, "Spanish_Mexico")\n'
    )
    library = '  File "/usr/lib/python3.13/locale.py", line 615, in setlocale\n    return _setlocale(x, y)\n'
    cause = diagnose(traceback("locale.Error: unsupported locale setting", frame + library))
    assert cause is not None and 'setlocale(locale.LC_ALL, "Spanish_Mexico")' in cause.text
    assert "locales-all" in cause.hint and cause.where == "/app/app.py:3"


def test_a_time_zone_that_is_not_there_is_no_missing_module() -> None:
    handled = traceback("ModuleNotFoundError: No module named 'tzdata'", "")
    error = "zoneinfo._common.ZoneInfoNotFoundError: 'No time zone found with key US/Pacific'"
    between = "\nDuring handling of the above exception, another exception occurred:\n\n"
    cause = diagnose(f"{handled}{between}{traceback(error, '')}")
    assert cause is not None and cause.text == "the image has no time zone US/Pacific"
    assert 'packages = ["tzdata-legacy"]' in cause.hint


def test_a_password_that_redis_does_not_ask_for_is_told_with_the_ways_round_it() -> None:
    said = "AUTH <password> called without any password configured for the default user. Are you sure?"
    cause = diagnose(traceback(f"redis.exceptions.AuthenticationError: {said}", ""))
    assert cause is not None and cause.text.startswith(
        "the app gives a password to a Redis that asks for none"
    )
    assert "redis>=8" in cause.hint and "--env-file" in cause.hint


def test_a_remark_about_the_lock_is_no_reason_of_a_migration_that_failed() -> None:
    remark = "okamochi: no lock: the database's address is not known here\n"
    assert diagnose(f"{remark}FAILED: No config file 'alembic.ini' found\n") is None


@pytest.mark.parametrize(
    "error",
    [
        "jinja2.exceptions.TemplateNotFound: index.html",
        "django.template.exceptions.TemplateDoesNotExist: index.html",
    ],
)
def test_a_template_that_nobody_made_is_named_and_what_makes_it(error: str) -> None:
    cause = diagnose(traceback(error))
    assert cause is not None
    assert cause.text == "the template index.html is not found"
    assert "npm" in cause.hint and cause.where == "/app/shop/config.py:12"


def test_a_long_error_is_cut_where_people_see_it() -> None:
    log = f'Traceback (most recent call last):\n  File "/app/app.py", line 3, in f\nValueError: {"x" * 400}\n'
    cause = diagnose(log)
    assert cause is not None and cause.text.endswith("x…") and len(cause.text) < 330


@pytest.mark.parametrize(
    "error",
    [
        (
            'sqlalchemy.exc.OperationalError: connection to server at "172.22.0.2", port 5432 failed: '
            'FATAL:  database "app" does not exist'
        ),
        'asyncpg.exceptions.InvalidCatalogNameError: database "app" does not exist',
        "pymysql.err.OperationalError: (1049, \"Unknown database 'app'\")",
    ],
)
def test_a_server_without_the_database_was_reached(error: str) -> None:
    cause = diagnose(traceback(error))
    assert cause is not None
    assert cause.text == "the database app does not exist on the server that the app reaches"


HIDING = """\
Traceback (most recent call last):
  File "/usr/lib/python3.13/importlib/__init__.py", line 88, in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
  File "/app/{file}", line 1, in <module>
    from flask import Flask
ImportError: cannot import name 'Flask' from partially initialized module 'flask' \
(most likely due to a circular import) (/app/flask.py)
"""


def test_a_module_of_the_app_that_hides_a_package_is_told() -> None:
    cause = diagnose(HIDING.format(file="flask.py"))
    assert cause is not None
    assert "flask.py of the project hides the package flask" in cause.text
    assert "another name" in cause.hint
    other = diagnose(HIDING.format(file="views.py"))
    assert other is not None and "hides" not in other.text


def test_a_name_of_a_package_that_was_meant_to_be_a_file_of_the_project() -> None:
    log = (
        'Traceback (most recent call last):\n  File "/app/app.py", line 1, in <module>\n'
        "    from helpers import x\n"
        "ImportError: cannot import name 'x' from 'helpers' "
        "(/opt/venv/lib/python3.13/site-packages/helpers/__init__.py)\n"
    )
    cause = diagnose(log)
    assert cause is not None
    assert "if helpers is meant to be a module of the project, its file is not there" in cause.hint
