"""The command that brings the database to the code's own state, and when it must not be run by itself."""

import ast
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.data.aerich import generated_schemas, upgrade_of_aerich
from okamochi.detect.data.setup_commands import table_command
from okamochi.detect.data.setup_scripts import table_function, table_maker
from okamochi.detect.frameworks.django import manage_py
from okamochi.detect.source.python_source import Module, is_main_guard
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import descendants
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import VENV_ROOT, Framework
from okamochi.pypi.manifests.setuptools_files import setup_cfg_sections
from okamochi.system.patterns import regex

if TYPE_CHECKING:
    from okamochi.detect.understanding import Understood

__all__ = ["TablesByHand", "find_migrations"]

ALEMBIC = "alembic.ini"
ALEMBIC_SHOWN = "alembic upgrade head"
VERSIONS_ELSEWHERE = regex(r"^version_locations\s*=", re.MULTILINE)
DIRECTORY = regex(r"\b(?:Migrate|migrate\.init_app)\([^)]{0,500}\bdirectory\s*=\s*[\"']([\w./-]+)[\"']")
HERE = regex(r"^script_location\s*=\s*%\(here\)s", re.MULTILINE)
REVISION = regex(r"^revision(?:\s*:[^=\n]+)?\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
FORMER = regex(r"^down_revision(?:\s*:[^=\n]+)?\s*=\s*(.*(?:\n\s+.*)*)", re.MULTILINE)
WORD = regex(r"[\"']([^\"']+)[\"']")
MOST_REVISIONS = 5000
UPGRADE = regex(r"^def upgrade\b.*?(?=^def downgrade\b|\Z)", re.MULTILINE | re.DOTALL)
MADE = regex(r"\bop\.create_table\(\s*(?:[\"']([^\"']+)[\"'])?")
RENAMED = regex(r"\bop\.rename_table\(\s*[\"'][^\"']+[\"']\s*,\s*[\"']([^\"']+)[\"']")
CHANGED = regex(
    r"\bop\.(?:add_column|alter_column|drop_column|drop_table|batch_alter_table)\(\s*[\"']([^\"']+)[\"']"
)
# tables may be made, or looked for, in ways that cannot be followed here
OTHER_WAYS = regex(
    r"create\s+table|create_all|has_table|get_table_names|inspect\(|if\s+exists|\.create\(", re.IGNORECASE
)

# what Flask-Migrate's templates have: https://github.com/miguelgrinberg/Flask-Migrate
OF_FLASK = regex(r"\bcurrent_app\b")
CONFIGURES_ALEMBIC = ("AlembicAsyncConfig(", "AlembicSyncConfig(")
OTHER_APPS = frozenset(["test", "tests", "example", "examples", "sample", "samples", "demo", "demos", "docs"])

TablesByHand = Callable[[], Detected[tuple[str, ...]] | None]


class Migrations(msgspec.Struct, frozen=True):
    """`command` is None when the project has none, or they are not run; then `decisions` say why.
    `environment` is what it needs beside the image's."""

    command: Detected[tuple[str, ...]] | None = None
    decisions: tuple[Decision, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


def find_migrations(understood: "Understood", tables_by_hand: TablesByHand) -> Migrations:
    """Of Django, Flask-Migrate, Alembic, Advanced Alchemy or Aerich, or what only makes tables."""
    sources, reached, names = understood.sources, understood.reached, understood.dependencies.names
    candidate = understood.entry.candidate
    framework, import_root = candidate.framework, candidate.import_root
    manage = manage_py(sources, import_root) if framework is Framework.DJANGO else ""
    if manage:
        django = (f"{VENV_ROOT}/bin/python", manage, "migrate", "--noinput")
        return Migrations(Detected(django, (Evidence(path=manage, reason="Django's migrations"),)))
    registers = next(
        (path for path in sources.paths if re.search(r"\bMigrate\(|migrate\.init_app\(", sources.text(path))),
        "",
    )
    of_flask = _of_flask(sources, registers, import_root) if "flask-migrate" in names else None
    of_alembic = _of_alembic(sources, import_root) if not registers else None
    own_tables = _own_tables(sources, reached, understood.factory)
    of_litestar = (
        _of_litestar(sources, candidate.object_reference) if framework is Framework.LITESTAR else None
    )
    of_pyramid = _of_pyramid(sources, candidate.ini) if candidate.ini else None
    history = of_flask or of_alembic or of_litestar or of_pyramid

    def other_way() -> Detected[tuple[str, ...]] | None:
        return (
            table_maker(sources)
            or table_command(sources, framework)
            or table_function(sources, reached.paths, import_root)
            or tables_by_hand()
        )

    if history is not None:
        own = own_tables if of_flask is not None else None
        empty = own is None and _is_empty(history, sources)
        other = other_way() if empty else None
        without = other is not None or (empty and of_flask is not None)
        found = _instead(other, history) if without else _unless(*history, sources, own)
        scripted = of_flask is not None and other is None and registers not in reached.paths
        if scripted:
            found = msgspec.structs.replace(found, environment=_of_a_script(sources, registers))
        return found
    aerich = upgrade_of_aerich(sources) if "aerich" in names else None
    if aerich is not None:
        made = generated_schemas(sources, reached)
        told = "not run: aerich upgrade; the app makes its tables itself"
        return _not_run(told, (made, *aerich.evidence)) if made is not None else Migrations(aerich)
    if own_tables is not None:
        return Migrations()
    return Migrations(other_way())


History = tuple[Detected[tuple[str, ...]], str, str]


def _is_empty(history: History, sources: Sources) -> bool:
    """A folder as `flask db init` leaves it: without a revision there is no table to make. Revisions may lie
    where only alembic.ini says."""
    command, _, folder = history
    places = (posixpath.join(folder, ALEMBIC), command.evidence[0].path)
    texts = (sources.project.read_text(path) or "" for path in places)
    return bool(folder) and not _history(sources, folder) and not any(map(VERSIONS_ELSEWHERE.search, texts))


def _instead(other: Detected[tuple[str, ...]] | None, history: History) -> Migrations:
    """git keeps no empty folder: without `versions` the command would fail."""
    command, shown, folder = history
    told = _not_run(f"not run: {shown}; {folder} holds no revision", command.evidence)
    return Migrations(other, told.decisions)


def _of_flask(
    sources: Sources, registers: str, import_root: str
) -> tuple[Detected[tuple[str, ...]], str, str] | None:
    """The command, how it is shown, and the folder of its scripts: also where modules are imported from."""
    told = DIRECTORY.search(sources.text(registers)) if registers else None
    usual = (told[1] if told is not None else "migrations",)
    places = (*usual, posixpath.join(import_root, "migrations")) if registers else ()
    found = [folder for folder in places if sources.project.exists(f"{folder}/env.py")]
    for folder in found or (_folders_of_flask(sources) if registers else ()):
        script = f"{folder}/env.py"
        argv: tuple[str, ...] = (f"{VENV_ROOT}/bin/flask", "db", "upgrade")
        if folder not in usual:
            argv = (*argv, "--directory", folder)
        evidence = (
            Evidence(path=script, reason="the migrations of Flask-Migrate"),
            Evidence(path=registers, reason="registers flask db"),
        )
        return Detected(argv, evidence), "flask db upgrade", folder
    return None


def _of_a_script(sources: Sources, registers: str) -> tuple[tuple[str, str], ...]:
    """Where a module that no server loads registers `flask db`, as the manage.py of Flask-Script does, it is
    that module's app."""
    for statement in sources.module(registers).tree.body:
        call = statement.value if isinstance(statement, ast.Assign | ast.Expr) else None
        match call:
            case ast.Call(func=ast.Name(id="Migrate"), args=[ast.Name(id=name), *_]):
                return (("FLASK_APP", f"{sources.dotted(registers)}:{name}"),)
            case _:
                continue
    return ()


def _folders_of_flask(sources: Sources) -> tuple[str, ...]:
    """The only folder, wherever it lies, that `flask db init` made: people name it with --directory, or the
    code says in words of its own where it is (directory=os.path.join(app.root_path, "migrations"))."""
    project = sources.project
    found = []
    for path in project.files("**/env.py"):
        folder = posixpath.dirname(path)
        own = OTHER_APPS.isdisjoint(folder.split("/"))
        if own and project.exists(f"{folder}/script.py.mako"):
            found += [folder] if OF_FLASK.search(project.read_text(path) or "") else []
    return tuple(found) if len(found) == 1 else ()


def _of_alembic(sources: Sources, import_root: str) -> tuple[Detected[tuple[str, ...]], str, str] | None:
    """As `_of_flask`. Alembic looks for its scripts from the working directory, which for an alembic.ini in a
    folder is that folder, unless it names them from its own place or from the project's."""
    for folder in _alembic_folders(sources, import_root):
        path = posixpath.join(folder, ALEMBIC)
        text = sources.project.read_text(path)
        if text is None:
            continue
        location = _script_location(text)
        inside = posixpath.join(folder, location) if location else ""
        argv: tuple[str, ...] = (f"{VENV_ROOT}/bin/alembic", "upgrade", "head")
        if folder and (HERE.search(text) or not sources.project.is_dir(inside)):
            argv = (argv[0], "--config", path, *argv[1:])
            inside = inside if HERE.search(text) else location
        elif folder:
            program = f"import os, alembic.config as a; os.chdir({folder!r}); a.main(['upgrade', 'head'])"
            argv = (f"{VENV_ROOT}/bin/python", "-c", program)
        return Detected(argv, (Evidence(path=path, reason="Alembic's migrations"),)), ALEMBIC_SHOWN, inside
    return None


def _of_litestar(sources: Sources, served: str) -> History | None:
    """Of Advanced Alchemy, whose plugin gives the command of Litestar a part that knows the scripts.
    https://advanced-alchemy.litestar.dev/latest/usage/cli.html"""
    configured = next(sources.mentioning(*CONFIGURES_ALEMBIC), None)
    for path in sources.project.files("**/env.py") if configured is not None else ():
        folder = posixpath.dirname(path)
        own = OTHER_APPS.isdisjoint(folder.split("/"))
        if own and "advanced_alchemy" in (sources.project.read_text(path) or ""):
            assert configured is not None
            evidence = (
                Evidence(path=path, reason="the migrations of Advanced Alchemy"),
                Evidence(path=configured.path, reason="tells Litestar's command where they are"),
            )
            app = ("--app", served.partition("(")[0]) if served else ()
            argv = (f"{VENV_ROOT}/bin/litestar", *app, "database", "upgrade", "--no-prompt")
            return Detected(argv, evidence), "litestar database upgrade", folder
    return None


def _of_pyramid(sources: Sources, path: str) -> History | None:
    """Of the .ini that makes the app, which has a section for Alembic as well, as Pyramid's templates do."""
    folder = _script_location(sources.project.read_text(path))
    if not folder or not sources.project.exists(posixpath.join(folder, "env.py")):
        return None
    argv = (f"{VENV_ROOT}/bin/alembic", "--config", path, "upgrade", "head")
    return Detected(argv, (Evidence(path=path, reason="Alembic's migrations"),)), ALEMBIC_SHOWN, folder


def _alembic_folders(sources: Sources, import_root: str) -> Iterator[str]:
    """The project's own, that of its modules; else the only other one that has its scripts, be it beside
    itself or where alembic.ini says."""
    yield from dict.fromkeys(("", import_root))
    found: list[str] = []
    for path in sources.project.files(f"**/{ALEMBIC}"):
        folder = posixpath.dirname(path)
        location = _script_location(sources.project.read_text(path))
        places = (posixpath.join(folder, location), location)
        if location and any(sources.project.exists(posixpath.join(one, "env.py")) for one in places):
            found.append(folder)
    if len(found) == 1:
        yield found[0]


def _unless(
    command: Detected[tuple[str, ...]],
    shown: str,
    folder: str,
    sources: Sources,
    own_tables: Evidence | None = None,
) -> Migrations:
    """Without what is sure to fail on an empty database."""
    if own_tables is not None:
        return _not_run(f"not run: {shown}; the app makes its tables itself", (own_tables, *command.evidence))
    history = _history(sources, folder)
    heads = _heads(history)
    if len(heads) > 1:
        told = f"Warning: {shown} is not run: the history has {len(heads)} heads; alembic merge joins them"
        return _not_run(told, heads)
    foreign = _foreign_table(history)
    if foreign is not None:
        told = f"Warning: {shown} is not run: it would fail on an empty database, which lacks a table"
        return _not_run(told, (foreign,))
    return Migrations(command)


def _not_run(summary: str, evidence: tuple[Evidence, ...]) -> Migrations:
    decision = Decision.detected("processes", summary, evidence)
    return Migrations(decisions=(decision,))


def _script_location(text: str | None) -> str:
    """The folder of Alembic's scripts, relative to the project; "" when alembic.ini does not tell."""
    place = setup_cfg_sections(text or "").get("alembic", {}).get("script_location", "")
    place = place.replace("%(here)s", ".")
    place = posixpath.normpath(place.replace(":", "/") or ".")
    return "" if place.startswith((".", "/")) else place


def _history(sources: Sources, folder: str) -> tuple[tuple[str, str], ...]:
    """(path, text) of each revision."""
    if not folder:
        return ()
    project = sources.project
    paths = project.files("*.py", within=posixpath.join(folder, "versions"))[:MOST_REVISIONS]
    return tuple((path, project.read_text(path) or "") for path in paths)


def _heads(history: tuple[tuple[str, str], ...]) -> tuple[Evidence, ...]:
    """The revisions on which no other one builds, by file; none when the history cannot be read as a whole.
    https://alembic.sqlalchemy.org/en/latest/branches.html"""
    places: dict[str, Evidence] = {}
    followed: set[str] = set()
    for path, text in history:
        own, former = REVISION.search(text), FORMER.search(text)
        if own is None or former is None or own[1] in places:
            return ()
        places[own[1]] = _at(path, text, own.start(), f"{own[1]} is a head")
        followed.update(WORD.findall(former[1]))
    return tuple(places[one] for one in sorted(places.keys() - followed))


def _foreign_table(history: tuple[tuple[str, str], ...]) -> Evidence | None:
    """Where a table is changed that no revision makes: something else made it before the first one."""
    made: set[str | None] = set()
    changed: dict[str, Evidence] = {}
    for path, text in history:
        if OTHER_WAYS.search(text) is not None:
            return None
        found = UPGRADE.search(text)
        upgrade = found[0] if found is not None else ""
        made.update(one[1].lower() if one[1] else None for one in MADE.finditer(upgrade))
        made.update(one[1].lower() for one in RENAMED.finditer(upgrade))
        for one in CHANGED.finditer(upgrade):
            place = (found.start() if found is not None else 0) + one.start()
            reason = f"changes the table {one[1]}, which no migration makes"
            changed.setdefault(one[1].lower(), _at(path, text, place, reason))
    if None in made:
        return None
    return next((place for table, place in changed.items() if table not in made), None)


def _at(path: str, text: str, place: int, reason: str) -> Evidence:
    return Evidence(path=path, line=text.count("\n", 0, place) + 1, reason=reason[:200])


def _own_tables(sources: Sources, reached: Reached, factory: str) -> Evidence | None:
    """Where create_all() is called whenever the app is loaded, as `flask db upgrade` does before it runs:
    migrations would then make each table a second time."""
    modules = [sources.module(path) for path in reached.paths]
    # most projects never say it
    if not any("create_all" in module.text for module in modules):
        return None
    bodies: dict[str, list[tuple[Module, list[ast.stmt]]]] = {}
    for module in modules:
        for statement in module.tree.body:
            if isinstance(statement, ast.FunctionDef):
                bodies.setdefault(statement.name, []).append((module, statement.body))
    waiting = [(module, module.tree.body) for module in modules] + bodies.pop(factory, [])
    while waiting:
        module, body = waiting.pop(0)
        for node in _always(body):
            if isinstance(node, ast.Attribute) and node.attr == "create_all":
                return Evidence(
                    path=module.path, line=node.lineno, reason="create_all() when the app is loaded"
                )
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                waiting += bodies.pop(node.func.id, [])
    return None


def _always(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The parts of a body that run whenever it does: not what hangs on a condition, or is only defined."""
    for statement in body:
        if isinstance(statement, ast.With | ast.Try):
            yield from _always(statement.body)
        elif isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return) and not is_main_guard(
            statement
        ):
            yield from descendants(statement)
