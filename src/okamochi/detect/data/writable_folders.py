"""Folders that the app writes: its instance folder, uploads, SQLite files, logs."""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.detect.serving.web_applications import Candidate, import_root_for
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.folder_names import FOLDER_KEYS
from okamochi.detect.source.names import ImportedNames
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.static_paths import KnownPath, PathReader
from okamochi.detect.source.syntax import (
    argument,
    is_true,
    keyword_value,
    opens_to_write,
    text_entries,
    text_of,
    walk,
)
from okamochi.model.evidence import Evidence
from okamochi.model.plan import APP_ROOT
from okamochi.system.patterns import regex

__all__ = ["SQLITE", "Written", "flask_folders", "writes"]

FOLDER_CALLS = frozenset(["os.makedirs", "os.mkdir"])
LOG_HANDLERS = regex(r"(Rotating|TimedRotating|Watched)?FileHandler$")
SQLITE = regex(r"sqlite(?:\+\w+)?:///(.+)", re.DOTALL)
# of Tortoise: https://tortoise.github.io/databases.html#sqlite
SQLITE_OF_TWO = regex(r"sqlite://(?!/)(.+)", re.DOTALL)


# of pandas and polars: a path as their first argument. Without one to_csv() returns a text.
# https://pandas.pydata.org/docs/reference/io.html
EXPORTS = frozenset(
    f"{verb}_{kind}"
    for verb in ("to", "write")
    for kind in ("csv", "excel", "feather", "json", "parquet", "pickle")
)
# whose first argument is the file that they keep everything in; peewee's by the name that `import *` brings
KEEPERS = frozenset(
    [
        *("tinydb.TinyDB", "shelve.open", "dbm.open", "sqlitedict.SqliteDict", "duckdb.connect"),
        *("pickledb.load", "sqlite_utils.Database", "fastlite.database", "fastlite.Database"),
        # https://www.fastht.ml/docs/api/fastapp.html
        *("fasthtml.common.fast_app", "fasthtml.common.database"),
    ]
)
OF_PEEWEE = regex(r"(?:C?Sqlite(?:Ext|Queue)?|PooledC?Sqlite(?:Ext)?|APSW)Database")
# whose first argument is an address as SQLAlchemy has it
ADDRESSED = frozenset(["sqlalchemy.create_engine", "create_engine", "dataset.connect", "cs50.SQL"])
WORDS = frozenset(
    (
        *(name.partition(".")[0] for name in (*KEEPERS, *ADDRESSED) if "." in name),
        *("makedirs", "mkdir", "create_engine", "write_text", "write_bytes"),
        *("touch", "sqlite3"),
        *EXPORTS,
    )
)
QUOTED_MODE = regex(r"[\"'][rbt]*[wax+][bt+]*[\"']")
# to what is no keyword, word or star
SAVES = regex(r"\.\s*save\s*\(\s*(?!\w+\s*=(?!=)|[*)]|[\"']\w*[\"']\s*[,)])")


class FlaskFolders(msgspec.Struct, frozen=True):
    """Inside the image: `instance_path`, `root_path` as Flask computes them for this import name."""

    instance_path: str
    root_path: str


class Written(msgspec.Struct, frozen=True):
    """Something the app writes: an absolute path in the image; `is_file`, else a folder. `variable` is the
    environment variable that moves it; `url_prefix` what goes before the path in that variable's value."""

    path: str
    is_file: bool
    evidence: Evidence
    variable: str = ""
    url_prefix: str = ""


def flask_folders(objects: FlaskObjects, candidate: Candidate) -> FlaskFolders:
    """As Flask's auto_find_instance_path: beside the top-level package or module of the import name."""
    path, line = candidate.origin
    imported_from = import_root_for(objects, path)
    root = posixpath.normpath(posixpath.join(APP_ROOT, imported_from))
    if objects.sources.package_of(path, imported_from):
        root = posixpath.dirname(APP_ROOT)
    root_path = posixpath.dirname(posixpath.join(APP_ROOT, path))
    given = _instance_argument(objects, path, line)
    found = FlaskFolders(posixpath.join(root, "instance"), root_path)
    if given is None:
        return found
    reader = PathReader(objects, found.instance_path, root_path)
    known = reader.read(given, objects.sources.module(path))
    if known is None or not known.whole or not known.text.startswith("/"):
        return found
    return FlaskFolders(posixpath.normpath(known.text), root_path)


def _instance_argument(objects: FlaskObjects, path: str, line: int) -> ast.expr | None:
    for node in objects.sources.module(path).nodes:
        if isinstance(node, ast.Call) and node.lineno == line:
            for keyword in node.keywords:
                if keyword.arg == "instance_path":
                    return keyword.value
    return None


def writes(
    objects: FlaskObjects, reached: Reached, folders: FlaskFolders, *, relative_sqlite: str
) -> tuple[Written, ...]:
    """All places that modules of the app write, as far as their paths are known; in the order of the files.

    `relative_sqlite` is the folder to which Flask-SQLAlchemy's relative SQLite paths belong; "" when the
    project does not use it. What lies in the app's folder has the path of its page elsewhere, as in
    filepath = f"/static/media/{name}": that is no place.
    """
    reader = PathReader(objects, folders.instance_path, folders.root_path)
    finder = _Finder(reader, folders, relative_sqlite, names_sqlite(objects.sources, reached.paths))
    sources = objects.sources
    telling = telling_words(sources, reached.paths, with_sqlite=finder.with_sqlite)
    found: list[Written] = []
    for path in reached.paths:
        words = sources.words(path)
        if not telling.isdisjoint(words) or opens_or_saves(words, sources.text(path)):
            found += finder.module(sources.module(path))
    paths = {one.path for one in found}
    return tuple(one for one in dict.fromkeys(found) if f"{APP_ROOT}{one.path}" not in paths)


def names_sqlite(sources: Sources, paths: Iterable[str]) -> bool:
    """Whether the app's modules can have the address of a SQLite file; one may have its scheme, and another
    put it before a path."""
    texts = [sources.text(path) for path in dict.fromkeys((*paths, *sources.paths))]
    return any("sqlite" in text for text in texts) and any("://" in text for text in texts)


def telling_words(sources: Sources, paths: Iterable[str], *, with_sqlite: bool) -> frozenset[str]:
    """Of all words of the modules, those without one of which a module writes nothing, but for what it opens
    or saves. The names of addresses count where the project has one of SQLite."""
    everything = frozenset().union(*map(sources.words, paths))
    return frozenset(word for word in everything if tells(word, with_sqlite=with_sqlite))


def tells(word: str, *, with_sqlite: bool) -> bool:
    if word in WORDS or LOG_HANDLERS.search(word) is not None or OF_PEEWEE.fullmatch(word) is not None:
        return True
    upper = word.upper()
    if with_sqlite and ("URI" in upper or "URL" in upper or "DATABASE" in upper):
        return True
    return FOLDER_KEYS.fullmatch(upper) is not None


def is_of_tests(statement: ast.stmt) -> bool:
    """class TestConfig(Config): TESTING = True: https://flask.palletsprojects.com/config/#TESTING. Those of
    development are often marked so as well, and may be what the app takes."""
    if not isinstance(statement, ast.ClassDef) or "test" not in statement.name.lower():
        return False
    marked = (one for one in statement.body if isinstance(one, ast.Assign) and is_true(one.value))
    return any("TESTING" in map(ast.unparse, one.targets) for one in marked)


def opens_or_saves(words: frozenset[str], text: str) -> bool:
    return ("open" in words and QUOTED_MODE.search(text) is not None) or (
        "save" in words and SAVES.search(text) is not None
    )


OF_ONE_FILE = regex(r"(?i)(\w+_)?file_?path")
FILE_NAME = regex(r".*/[^/]*[^/.]\.[A-Za-z][A-Za-z0-9]{1,4}")
# What can name a place that is written.
WRITING = (ast.Call, ast.Assign, ast.AnnAssign, ast.keyword, ast.Dict)


class _Finder(msgspec.Struct, eq=False):
    reader: PathReader
    folders: FlaskFolders
    relative_sqlite: str
    with_sqlite: bool

    def module(self, module: Module) -> Iterator[Written]:
        names = module.imports
        elsewhere = (one for one in module.tree.body if is_main_guard(one) or is_of_tests(one))
        guarded = {id(n) for s in elsewhere for n in walk(s)}
        for node in module.of(*WRITING):
            if id(node) in guarded:
                continue
            if isinstance(node, ast.Call):
                yield from self._call(node, module, names)
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.keyword):
                yield from self._assignment(node, module)
            elif isinstance(node, ast.Dict):
                yield from self._display(node, module)

    def _call(self, call: ast.Call, module: Module, names: ImportedNames) -> Iterator[Written]:
        called = names.full(call.func)
        last = called.rpartition(".")[2] or (call.func.attr if isinstance(call.func, ast.Attribute) else "")
        first = argument(call, 0, "filename", "name", "path", "database", "db_file")
        if called in FOLDER_CALLS and first is not None:
            yield from self._found(first, module, call, "makes the folder", is_file=False)
        elif LOG_HANDLERS.search(last) and first is not None:
            yield from self._found(first, module, call, "logs to", is_file=True)
        elif called == "sqlite3.connect" and first is not None:
            if not self._is_sqlite_uri(first, module):
                yield from self._found(first, module, call, "SQLite file", is_file=True)
        elif called in ADDRESSED and first is not None:
            yield from self._sqlite(first, module, call, APP_ROOT)
        elif (called in KEEPERS or OF_PEEWEE.fullmatch(last) is not None) and first is not None:
            if not _reads_alone(call) and not self._is_sqlite_uri(first, module):
                yield from self._found(first, module, call, "keeps its data in", is_file=True)
        elif called == "open" and first is not None and opens_to_write(call, 1):
            yield from self._found(first, module, call, "writes", is_file=True)
        elif isinstance(call.func, ast.Attribute):
            yield from self._path_method(call, call.func, module)

    def _path_method(self, call: ast.Call, function: ast.Attribute, module: Module) -> Iterator[Written]:
        match function.attr:
            case "mkdir":
                yield from self._found(function.value, module, call, "makes the folder", is_file=False)
            case "write_text" | "write_bytes" | "touch":
                yield from self._found(function.value, module, call, "writes", is_file=True)
            case method if method in EXPORTS and call.args and not _is_plain_word(call.args[0]):
                yield from self._found(call.args[0], module, call, "writes", is_file=True)
            case "open" if opens_to_write(call, 0):
                yield from self._found(function.value, module, call, "writes", is_file=True)
            case "save" if call.args and not _is_plain_word(call.args[0]):
                yield from self._found(call.args[0], module, call, "saves to", is_file=True)
            case _:
                pass

    def _assignment(
        self, node: ast.Assign | ast.AnnAssign | ast.keyword, module: Module
    ) -> Iterator[Written]:
        names, value = _keys_and_value(node)
        if value is None:
            return
        folder = next((name for name in names if FOLDER_KEYS.fullmatch(name.upper())), "")
        if folder:
            yield from self._named(folder, value, module)
        elif any(word in name.upper() for name in names for word in ("URI", "URL", "DATABASE")):
            yield from self._sqlite(value, module, value, self.relative_sqlite or APP_ROOT)

    def _named(self, name: str, value: ast.expr, module: Module) -> Iterator[Written]:
        """What a name such as UPLOAD_FOLDER says is written. file_path with the name of a file in it, which
        nobody knows here, may be one to read, or the path of a page."""
        if OF_ONE_FILE.fullmatch(name) is None or not self._may_be_read(value, module):
            yield from self._found(value, module, value, f"{name} is", is_file=False)

    def _may_be_read(self, value: ast.expr, module: Module) -> bool:
        """Whether the place is a folder that the project ships files in, or none of the app."""
        known = self.reader.read(value, module)
        if known is None or known.whole:
            return False
        place = posixpath.join(APP_ROOT, known.text)
        if not place.startswith(f"{APP_ROOT}/"):
            return True
        project = self.reader.objects.sources.project
        shipped = project.files("*", within=place.removeprefix(f"{APP_ROOT}/").rstrip("/"))
        return any(not posixpath.basename(path).startswith(".") for path in shipped)

    def _display(self, node: ast.Dict, module: Module) -> Iterator[Written]:
        yield from self._named_database(node, module)
        yield from self._log_handler(node, module)
        for key, value in zip(node.keys, node.values, strict=True):
            name = text_of(key)
            if FOLDER_KEYS.fullmatch(name.upper()):
                yield from self._named(name, value, module)
            elif name.endswith("DATABASE_URI"):
                yield from self._sqlite(value, module, value, self.relative_sqlite or APP_ROOT)

    def _named_database(self, node: ast.Dict, module: Module) -> Iterator[Written]:
        """{"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"} of Django's DATABASES,
        {"engine": "peewee.SqliteDatabase", "name": "shop.db"} of Flask-Peewee's."""
        entries = text_entries(node)
        for key, name, ends, of in (
            ("ENGINE", "NAME", "sqlite3", "Django's"),
            ("engine", "name", "SqliteDatabase", "Flask-Peewee's"),
        ):
            engine, file = entries.get(key), entries.get(name)
            if isinstance(engine, ast.Constant) and str(engine.value).endswith(ends) and file is not None:
                yield from self._found(file, module, file, f"{of} SQLite database", is_file=True)

    def _log_handler(self, node: ast.Dict, module: Module) -> Iterator[Written]:
        """{"class": "logging.FileHandler", "filename": "logs/app.log"} for logging.config.dictConfig."""
        entries = text_entries(node)
        kind, name = entries.get("class"), entries.get("filename")
        if isinstance(kind, ast.Constant) and LOG_HANDLERS.search(str(kind.value)) and name is not None:
            yield from self._found(name, module, name, "logs to", is_file=True)

    def _found(
        self, expression: ast.expr, module: Module, node: ast.expr, reason: str, *, is_file: bool
    ) -> Iterator[Written]:
        known = self.reader.read(expression, module)
        if known is None or "://" in known.text or known.text in ("", ":memory:"):
            return
        if known.before:  # an absolute path cannot take the place of a part
            known = KnownPath(known.text, known.whole)
        if not known.whole:
            folder = posixpath.dirname(known.text) if not known.text.endswith("/") else known.text
            known = KnownPath(folder if is_file and "/" in known.text else known.text, True, known.variable)
            is_file = False
            if posixpath.join(APP_ROOT, known.text) in (APP_ROOT, f"{APP_ROOT}/", self.folders.root_path):
                return
        # two slashes at the beginning are a name of their own to POSIX
        path = "/" + posixpath.normpath(posixpath.join(APP_ROOT, known.text)).lstrip("/")
        said_only = reason.endswith(" is")  # a folder that the code makes may have a dot
        if not is_file and (self._is_one_file(path) or (said_only and FILE_NAME.fullmatch(path))):
            return
        yield Written(path, is_file, _at(module, node, f"{reason} {path}"), known.variable)

    def _is_one_file(self, path: str) -> bool:
        """file_path = "static/favicon.ico": FILE_PATH may be a folder's name or that of one file."""
        project = self.reader.objects.sources.project
        relative = path.removeprefix(f"{APP_ROOT}/")
        return project.exists(relative) and not project.is_dir(relative)

    def _is_sqlite_uri(self, expression: ast.expr, module: Module) -> bool:
        """file:shop.db?mode=ro: with the path come words such as "ro" and "memory", and most are read only.
        https://docs.python.org/3/library/sqlite3.html#how-to-work-with-sqlite-uris"""
        known = self.reader.read(expression, module)
        return known is not None and known.text.startswith("file:")

    def _sqlite(self, expression: ast.expr, module: Module, node: ast.expr, base: str) -> Iterator[Written]:
        known = self.reader.read(expression, module) if self.with_sqlite else None
        match = SQLITE.fullmatch(known.text) if known is not None else None
        if (
            match is None
            and known is not None
            and "tortoise" in self.reader.objects.sources.words(module.path)
        ):
            match, base = SQLITE_OF_TWO.fullmatch(known.text), APP_ROOT
        if known is None or match is None or match.group(1).startswith(":memory:") or not known.whole:
            return
        written = match.group(1).partition("?")[0]
        absolute = "/" + written.lstrip("/") if written.startswith("/") else posixpath.join(base, written)
        path = posixpath.normpath(absolute)
        evidence = _at(module, node, f"SQLite file {path}")
        yield Written(path, True, evidence, known.variable, url_prefix="" if known.before else "sqlite:///")


def _keys_and_value(
    node: ast.Assign | ast.AnnAssign | ast.keyword,
) -> tuple[tuple[str, ...], ast.expr | None]:
    """URI = SQLALCHEMY_DATABASE_URI = ...: all its names."""
    match node:
        case ast.keyword(arg=str(name), value=value):
            return (name,), value
        case ast.Assign(targets=targets, value=value):
            return tuple(map(_key, targets)), value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return (name,), value
        case _:
            return (), None


def _key(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name) | ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case _:
            return ""


def _reads_alone(call: ast.Call) -> bool:
    """shelve.open("words", "r"), duckdb.connect("shop.duckdb", read_only=True)"""
    return is_true(keyword_value(call, "read_only")) or text_of(argument(call, 1, "flag")) == "r"


def _is_plain_word(expression: ast.expr) -> bool:
    """A name such as "tokens", of a form or a cookie: things other than files are saved, too."""
    return isinstance(expression, ast.Constant) and re.fullmatch(r"\w*", str(expression.value)) is not None


def _at(module: Module, node: ast.expr, reason: str) -> Evidence:
    return Evidence(path=module.path, line=node.lineno, reason=reason)
