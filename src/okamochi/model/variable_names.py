"""What the name of an environment variable tells: a secret, an address of a service, somebody else's."""

import re
from collections.abc import Iterable

from okamochi.model.process import VariableKind
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["SYSTEM", "URL_ENDS", "is_outside", "kind_of"]

# how the names of variables end that hold an address
URL_ENDS = r"(ASYNC_|SYNC_|CONNECTION_)?(URL|URI|DSN|STRING)(_A?SYNC)?"
SYSTEM = regex(
    r"_|PATH|HOME|USER|LOGNAME|SHELL|PWD|TERM|LANG|LANGUAGE|LC_\w+|TZ|TMP|TEMP|TMPDIR|HOSTNAME|COMPUTERNAME|EDITOR"
    r"|APPDATA|XDG_\w+|PYTHON\w+|VIRTUAL_ENV|CONDA_\w+|PORT|HOST|BIND|WEB_CONCURRENCY|GUNICORN_\w+|WERKZEUG_\w+"
    r"|FLASK_DEBUG|FLASK_APP|FLASK_RUN_\w+|DYNO|CI|NO_COLOR|PYTEST_\w+|SERVER_SOFTWARE|GITHUB_ACTIONS"
    r"|LD_LIBRARY_PATH|DISPLAY|USERPROFILE|SSL_CERT_\w+|READTHEDOCS|SOURCE_DATE_EPOCH|PROMETHEUS_MULTIPROC_DIR"
)
GENERATED = word_set(
    "SECRET_KEY FLASK_SECRET_KEY APP_SECRET_KEY APP_SECRET SECRET SESSION_SECRET SESSION_SECRET_KEY "
    "SESSION_KEY COOKIE_SECRET COOKIE_SECRET_KEY JWT_SECRET JWT_SECRET_KEY JWT_ACCESS_SECRET "
    "JWT_ACCESS_SECRET_KEY JWT_REFRESH_SECRET JWT_REFRESH_SECRET_KEY SECURITY_PASSWORD_SALT PASSWORD_SALT "
    "WTF_CSRF_SECRET_KEY CSRF_SECRET_KEY CSRF_SECRET CSRF_SESSION_KEY FLASK_SECRET SECRET_KEY_BASE"
)
# before the name of an app's own key: APP_AUTH_JWT_SECRET_KEY; API_SECRET_KEY may be somebody else's
OF_ANY_APP = regex(r"^(?:(?:APP|AUTH|SERVER|BACKEND|WEB|DJANGO|FLASK|FASTAPI|REFRESH)_)+")
SIGNING_USES = frozenset(
    ["SECRET_KEY", "JWT_SECRET_KEY", "WTF_CSRF_SECRET_KEY", "SECURITY_PASSWORD_SALT", "SESSION_SECRET"]
)
SECRET_ENDS = word_set(
    "SECRET PASSWORD PASSWD PASSPHRASE PASS PWD TOKEN KEY APIKEY DSN CREDENTIAL CREDENTIALS SALT PAT"
)
SECRET_PARTS = regex(
    r"SECRET_KEY|API_KEY|PRIVATE_KEY|ACCESS_KEY|_SECRET_|PASSWORD(?!_(MIN|MAX|LEN|RESET|POLICY))"
)
# open keys, and what says how or how long
PUBLIC = regex(
    r".*(PUBLIC|PUBLISHABLE|ANON|SITE)_?KEY|.*KEY_(ID|NAME|PATH|FILE)|.*_(EXPIRES?|EXPIRY|TTL|URL|NAME|LENGTH)"
    r"|.*_(ROUNDS|ITERATIONS|ALGORITHM|ALGO|METHOD|SECONDS|MINUTES|HOURS|DAYS|ENABLED|REQUIRED)"
)
# read by libraries, servers, engines and tools, whatever the project's code says
OUTSIDE = regex(
    r"(OKAMOCHI|GUNICORN|FLASK|DJANGO|COMPOSE|DOCKER|AWS|GOOGLE|GCP|AZURE|SENTRY|OTEL|UVICORN|STREAMLIT|GRADIO|CELERY"
    r"|ANTHROPIC|OPENAI|LANGCHAIN|LANGSMITH|HF|HUGGINGFACE|CHAINLIT|SHINY|MARIMO|SOLARA|TAIPY"
    r"|HTTPS?|ALL|NO|NEW_RELIC|DD|POSTGRES|PG|MYSQL|MARIADB|MONGO_INITDB|RABBITMQ_DEFAULT|REDIS_PASSWORD)_\w+"
)
ADDRESS = regex(
    r"(\w*_)?(DATABASE|DB|POSTGRES|POSTGRESQL|MYSQL|MONGO|MONGODB|REDIS|REDISTOGO|AMQP|RABBITMQ|BROKER|CELERY_BROKER"
    r"|RESULT_BACKEND|SQLALCHEMY_DATABASE|CLOUDAMQP|ELASTICSEARCH|VALKEY)_?" + URL_ENDS
)


def kind_of(
    name: str, *, used_as: Iterable[str] = (), prefixes: frozenset[str] = frozenset()
) -> VariableKind:
    """By the name, and by what the code does with the value."""
    upper = name.upper()
    if upper in GENERATED or SIGNING_USES.intersection(use.upper() for use in used_as):
        return VariableKind.GENERATED
    if OF_ANY_APP.sub("", upper) in GENERATED - {"SECRET"}:
        return VariableKind.GENERATED
    own = re.fullmatch(r"(\w+?)_((COOKIE_|SESSION_|APP_|FLASK_)?SECRET(_KEY)?)", upper)
    if own is not None and (own.group(1) in prefixes or (own.group(3) and own.group(3) != "APP_")):
        return VariableKind.GENERATED
    if ADDRESS.fullmatch(upper):
        return VariableKind.SECRET
    if PUBLIC.fullmatch(upper):
        return VariableKind.PLAIN
    if upper.rpartition("_")[2] in SECRET_ENDS or SECRET_PARTS.search(upper):
        return VariableKind.SECRET
    return VariableKind.PLAIN


def is_outside(name: str) -> bool:
    """Whether something else than the project's code may well read a variable of that name."""
    return SYSTEM.fullmatch(name.upper()) is not None or OUTSIDE.fullmatch(name.upper()) is not None
