"""Variables that `app.config.from_prefixed_env()` takes: FLASK_SECRET_KEY is SECRET_KEY
(https://flask.palletsprojects.com/en/stable/config/)."""

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.environment_read import Read
from okamochi.system.patterns import line_of, regex

__all__ = ["ADDRESS_KEY", "ELSEWHERE", "PREFIXED", "prefixed_reads"]

PREFIXED = "from_prefixed_env"
CALL = regex(r"\.from_prefixed_env\(\s*(?:(?:prefix\s*=\s*)?[\"'](?P<prefix>\w+)[\"'])?")
# where Flask-SQLAlchemy looks for its database, and for further ones
ADDRESS_KEY = "SQLALCHEMY_DATABASE_URI"
FURTHER_ADDRESSES = "SQLALCHEMY_BINDS"
# what may set the key without naming it: https://flask-sqlalchemy.palletsprojects.com/en/stable/config/
ELSEWHERE = ("from_pyfile", "from_envvar", "from_file", "from_json", PREFIXED, FURTHER_ADDRESSES)


def prefixed_reads(module: Module, sources: Sources | None) -> tuple[Read, ...]:
    """The secret key; and the address of Flask-SQLAlchemy's database, where no module names it: the app
    cannot start without, and nothing else can give it."""
    match = CALL.search(module.text) if PREFIXED in module.text else None
    if match is None:
        return ()
    prefix = match["prefix"] or "FLASK"
    line = line_of(match)
    secret = Read(f"{prefix}_SECRET_KEY", line, used_as="SECRET_KEY")
    if sources is None or not _lacks_address(sources):
        return (secret,)
    return (secret, Read(f"{prefix}_{ADDRESS_KEY}", line, must=True, used_as=ADDRESS_KEY))


def _lacks_address(sources: Sources) -> bool:
    extension = any("flask_sqlalchemy" in sources.words(path) for path in sources.paths)
    return extension and not any(True for _ in sources.mentioning(ADDRESS_KEY, FURTHER_ADDRESSES))
