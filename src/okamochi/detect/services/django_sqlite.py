"""A SQLite file that Django's DATABASES name by an address, the default of a variable:
`dj_database_url.config(default="sqlite:///db.sqlite3")`, `env.db("DATABASE_URL", default=...)`.

https://github.com/jazzband/dj-database-url, https://django-environ.readthedocs.io/en/latest/types.html
"""

import ast
import posixpath
from collections.abc import Iterable, Iterator

from okamochi.detect.data.writable_folders import SQLITE, Written
from okamochi.detect.frameworks.django import DjangoSettings
from okamochi.detect.services.only_sqlite import has_another_driver
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.static_paths import PathReader, path_reader
from okamochi.detect.source.syntax import walk
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT

__all__ = ["sqlite_by_default"]

SETTING = "DATABASES"


def sqlite_by_default(
    objects: FlaskObjects, settings: DjangoSettings, names: Iterable[str]
) -> tuple[Written, ...]:
    """Nothing where the project asks for the driver of another database: that is then the one of production.
    `names` are the normalized names of what it asks for."""
    if has_another_driver(names):
        return ()
    reader = path_reader(objects)
    modules = (objects.sources.module(p) for p in settings.paths if SETTING in objects.sources.words(p))
    return tuple(dict.fromkeys(one for module in modules for one in _of_module(module, reader)))


def _of_module(module: Module, reader: PathReader) -> Iterator[Written]:
    for statement in module.of(ast.Assign):
        if not any(_is_setting(target) for target in statement.targets):
            continue
        for call in walk(statement.value):
            if isinstance(call, ast.Call):
                for value in (*call.args, *(keyword.value for keyword in call.keywords)):
                    known = reader.read(value, module)
                    found = SQLITE.fullmatch(known.text) if known is not None and known.whole else None
                    if found is not None and not found[1].startswith(":memory:"):
                        path = posixpath.normpath(posixpath.join(APP_ROOT, found[1].partition("?")[0]))
                        path = f"/{path.lstrip('/')}"
                        reason = f"Django's SQLite database {path}"
                        yield Written(
                            path, True, Evidence(path=module.path, line=value.lineno, reason=reason)
                        )


def _is_setting(target: ast.expr) -> bool:
    """DATABASES, or one of them: DATABASES["default"]."""
    holder = target.value if isinstance(target, ast.Subscript) else target
    return isinstance(holder, ast.Name) and holder.id == SETTING
