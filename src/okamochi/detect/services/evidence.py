"""Traces of services in the code that the server loads: imports of clients, URLs, host names, variables."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import msgspec

from okamochi.detect.services.clients import HERE, OWN_MACHINE, Client, clients_of, led_names, names_of_hosts
from okamochi.detect.services.django_databases import DatabasePart, database_parts, databases_here, engines_of
from okamochi.detect.services.kinds import FOREIGN_URL, KINDS, KindFacts, facts_of
from okamochi.detect.services.put_together import put_together
from okamochi.detect.services.sqlalchemy_addresses import names_of_addresses
from okamochi.detect.services.stated_addresses import StatedAddress, stated_addresses
from okamochi.detect.services.told_parts import ToldPart, told_parts
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.import_lines import imported_modules
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import argument, text_of, walk
from okamochi.detect.variables.environment_read import Read
from okamochi.detect.variables.environment_reads import reads_of
from okamochi.detect.variables.settings_classes import settings_classes
from okamochi.model.evidence import Evidence
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

__all__ = ["Address", "Traces", "VariableRead", "address_of", "traces_of"]

URL = regex(
    r"(?P<scheme>[a-z]+)s?(?:\+(?P<driver>\w+))?://"
    r"""(?:(?P<user>[\w.-]*)(?::(?P<password>[^/\r\n"']*))?@)?(?P<host>[A-Za-z0-9._-]*)"""
    r"(?::\d+)?(?:/(?P<database>[\w-]*))?"
)
HOST = regex(r"\bhost\s*=")
KIND_ENDS = ("TYPE", "ENGINE", "BACKEND", "DIALECT", "DRIVER", "KIND")
# what is compared is still the value
PLAIN = frozenset({"lower", "upper", "casefold", "strip"})
SCHEMES = frozenset(scheme for facts in KINDS for scheme in facts.schemes)


class Address(msgspec.Struct, frozen=True):
    """A URL of a service as the code writes it; `driver` is what follows the plus sign. Parts that the text
    does not hold are ""; a password is never kept. `spelled` when the code puts such
    parts in itself: f"postgresql+psycopg://{user}:{password}@{host}/shop"."""

    scheme: str
    driver: str
    user: str
    host: str
    database: str
    spelled: bool = False

    @property
    def service_host(self) -> str:
        """The host, when it can be the name of a service: one word, not this machine."""
        plain = OWN_MACHINE.fullmatch(self.host) is None and "." not in self.host
        return self.host.lower() if plain and "_" not in self.host else ""


class Import(msgspec.Struct, frozen=True):
    module: str
    evidence: Evidence


class HostName(msgspec.Struct, frozen=True):
    """f(host="db"): the first part of f's full name is `module`."""

    module: str
    host: str
    evidence: Evidence


class VariableRead(Read, frozen=True, kw_only=True):
    """`is_host`: a client takes it as its host. `choices` are the texts that its module compares with, for
    one that says which kind of database there is. `awaited`: SQLAlchemy makes an engine for event loops of
    it. `behind_scheme`: the code writes the scheme itself, f"redis://{value}". `told` are the parts of
    addresses, and of clients' arguments, that the code makes of it."""

    evidence: Evidence
    is_host: bool = False
    choices: tuple[str, ...] = ()
    awaited: bool = False
    behind_scheme: bool = False
    told: tuple[ToldPart, ...] = ()

    def part_for(self, facts: KindFacts) -> str:
        """ "host", "user", ... of a service of that kind; "" for none."""
        return next((one.part for one in self.told if one.of in (*facts.schemes, *facts.modules)), "")


class Traces(msgspec.Struct, frozen=True):
    """`addresses` are URLs outside of variables' defaults; `texts` are the schemes that code writes alone
    ("postgresql+asyncpg://"), when it makes URLs over. `parts` are Django's databases, `clients` what the
    code connects with, `stated` what the project's environment files say, `led` the names whose values are
    addresses for clients, each with the client's module, `whole` those whose values are addresses for
    SQLAlchemy. `engines` are those of Django's databases."""

    imports: tuple[Import, ...] = ()
    addresses: tuple[tuple[Address, Evidence], ...] = ()
    hosts: tuple[HostName, ...] = ()
    variables: tuple[VariableRead, ...] = ()
    parts: tuple[DatabasePart, ...] = ()
    clients: tuple[Client, ...] = ()
    stated: tuple[StatedAddress, ...] = ()
    led: tuple[tuple[str, str], ...] = ()
    whole: frozenset[str] = frozenset()
    engines: tuple[tuple[str, Evidence], ...] = ()

    def imports_of(self, facts: KindFacts) -> tuple[Evidence, ...]:
        return tuple(one.evidence for one in self.imports if one.module in facts.modules)


# what takes the scheme of a whole address away
MADE_OVER = regex(r"://|\.(?:r?split|r?partition|replace|removeprefix|l?strip|sub|netloc)\b|\[[^\]]*:")


def address_of(text: str) -> Address | None:
    """None for a text that is no URL of a service."""
    match = URL.match(text)
    if match is None:
        return None
    scheme = match["scheme"]
    scheme = scheme if scheme in SCHEMES else scheme.removesuffix("s")
    if scheme not in SCHEMES:
        return None
    return Address(
        scheme=scheme,
        driver=match["driver"] or "",
        user=match["user"] or "",
        host=match["host"] or "",
        database=match["database"] or "",
    )


def traces_of(sources: Sources, reached: Reached) -> Traces:
    """What the modules that the server loads say, in their order."""
    return sources.remember(("traces", reached.paths), lambda: _traces(sources, reached))


def _traces(sources: Sources, reached: Reached) -> Traces:
    modules = [sources.module(path) for path in reached.paths]
    settings = settings_classes(sources)
    awaited = _awaited(sources)
    reads = {one.path: reads_of(one, sources, settings) for one in modules}
    told = {one.path: tuple(told_parts(one, sources)) for one in modules}
    defaults = {path: {read.name: read.default for read in found} for path, found in reads.items()}
    return Traces(
        imports=tuple(found for one in modules for found in _imports(one.path, sources)),
        addresses=tuple(found for one in modules for found in _addresses(one, reads[one.path], sources)),
        hosts=tuple(found for one in modules for found in _hosts(one)),
        variables=tuple(
            found for one in modules for found in _variables(one, reads[one.path], sources, awaited, told)
        ),
        parts=tuple(found for one in modules for found in database_parts(one, defaults[one.path])),
        clients=tuple(found for one in modules for found in _clients(one, sources)),
        stated=stated_addresses(sources, reached, _scheme_of),
        led=tuple(found for one in modules for found in led_names(one, sources)),
        whole=frozenset(name for one in modules for name in names_of_addresses(one, sources)),
        engines=tuple(found for one in modules for found in engines_of(one)),
    )


def _clients(module: Module, sources: Sources) -> Iterator[Client]:
    yield from clients_of(module, sources)
    for kind, place in databases_here(module):
        yield Client(facts_of(kind).modules[0], HERE, place)


def _variables(
    module: Module,
    reads: Iterable[Read],
    sources: Sources,
    awaited: frozenset[str],
    told: Mapping[str, tuple[ToldPart, ...]],
) -> Iterator[VariableRead]:
    taken = frozenset(names_of_hosts(module, sources))
    behind = frozenset(_behind_schemes(module))
    for one in reads:
        yield VariableRead(
            **msgspec.structs.asdict(one),
            evidence=Evidence(path=module.path, line=one.line, reason=f"reads {one.name}"),
            is_host=one.used_as in taken,
            choices=(_compared(one, module) or _choices(one.name, module)) if one.default is None else (),
            awaited=not awaited.isdisjoint(_called(one)),
            behind_scheme=not behind.isdisjoint(_called(one)),
            told=tuple(_told(one, module.path, sources, told)),
        )


def _told(
    read: Read, path: str, sources: Sources, told: Mapping[str, tuple[ToldPart, ...]]
) -> Iterator[ToldPart]:
    """Names of small letters are another thing in each module."""
    for place, parts in told.items():
        for one in parts:
            if one.local and place == path:
                same = one.name == read.used_as
            elif one.local:
                taken = (name for name in sources.taken(place) if name.local == one.name)
                same = any(name.path == path and name.name == read.used_as for name in taken)
            else:
                shared = read.used_as if place == path or read.used_as.isupper() else ""
                same = one.name in (read.name, read.field, shared)
            if same:
                yield one


def _called(read: Read) -> Iterator[str]:
    return (name.upper() for name in (read.name, read.field, read.used_as) if name)


def _behind_schemes(module: Module) -> Iterator[str]:
    """In capitals, what stands right behind a scheme that the code writes: f"redis://{os.environ['X']}",
    "redis://" + settings.url."""
    if '://"' not in module.text and "://'" not in module.text and "://{" not in module.text:
        return
    for node in module.of(ast.JoinedStr, ast.BinOp):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        pairs = list(pairwise(parts))
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            pairs = [(node.left, node.right)]
        for before, value in pairs:
            text = before.value if isinstance(before, ast.Constant) else ""
            if (
                isinstance(text, str)
                and text.endswith("://")
                and MADE_OVER.search(ast.unparse(value)) is None
            ):
                for one in walk(value):
                    name = one.value if isinstance(one, ast.Constant) else last_name(one)
                    yield name.upper() if isinstance(name, str) else ""


def _awaited(sources: Sources) -> frozenset[str]:
    """In capitals, the last names of what create_async_engine() alone takes: create_async_engine(conf.URL),
    or AsyncEngine(create_engine(conf.URL)).
    https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html"""
    taken: dict[str, set[str]] = {"create_async_engine": set(), "create_engine": set()}
    for module in sources.mentioning("create_async_engine(", "create_engine("):
        calls = [one for one in module.of(ast.Call) if isinstance(one, ast.Call)]
        wrapped = {id(one.args[0]) for one in calls if last_name(one.func) == "AsyncEngine" and one.args}
        for call in calls:
            maker = "create_async_engine" if id(call) in wrapped else last_name(call.func)
            if maker in taken:
                value = argument(call, 0, "url")
                if isinstance(value, ast.Call) and last_name(value.func) == "str" and value.args:
                    value = value.args[0]
                taken[maker].add(last_name(value).upper() if value is not None else "")
    return frozenset(taken["create_async_engine"] - taken["create_engine"] - {""})


def _choices(name: str, module: Module) -> tuple[str, ...]:
    """`if kind == "postgres":` where kind is what DB_TYPE holds; in the order of the source."""
    if not name.upper().endswith(KIND_ENDS):
        return ()
    found: list[str] = []
    for node in module.of(ast.Compare):
        found += _texts((node.left, *node.comparators))
    return tuple(dict.fromkeys(found))


def _texts(values: Iterable[ast.expr]) -> Iterator[str]:
    for one in values:
        parts = one.elts if isinstance(one, ast.Tuple | ast.List | ast.Set) else [one]
        yield from filter(None, map(text_of, parts))


def _compared(read: Read, module: Module) -> tuple[str, ...]:
    """`if os.getenv("DB") == "postgres":`, whatever the variable is called; in the order of the source."""
    names = frozenset(_called(read))
    found: list[str] = []
    for node in module.of(ast.Compare):
        if names & {_name_read(node.left), last_name(node.left).upper()}:
            found += _texts(node.comparators)
    return tuple(dict.fromkeys(found))


def _name_read(value: ast.expr) -> str:
    """In capitals, of os.getenv("DB"), os.environ["DB"] and such with .lower() behind; "" for what else is
    made of a value."""
    while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in PLAIN:
        value = value.func.value
    match value:
        case (
            ast.Call(args=[ast.Constant(value=str(name)), *_])
            | ast.Subscript(slice=ast.Constant(value=str(name)))
        ):
            return name.upper()
    return ""


def _scheme_of(text: str) -> str:
    address, foreign = address_of(text), FOREIGN_URL.match(text)
    if foreign is not None:
        return foreign[1]
    return address.scheme if address is not None else ""


def _imports(path: str, sources: Sources) -> Iterator[Import]:
    for node in sources.imports(path):
        for name in imported_modules(node):
            top = name.split(".")[0]
            yield Import(top, Evidence(path=path, line=node.lineno, reason=f"imports {top}"))


def _addresses(module: Module, reads: Iterable[Read], sources: Sources) -> Iterator[tuple[Address, Evidence]]:
    """Those that are no default of a variable."""
    if "://" not in module.text and "URL" not in sources.words(module.path):
        return
    defaults = {one.default for one in reads}
    constants = Constants(sources)
    made = {id(one.head): one.texts(module, constants) for one in put_together(module, sources)}
    for node in module.of(ast.Constant, ast.Call, ast.BinOp, ast.JoinedStr):
        texts = made.get(id(node), ())
        whole = text_of(node) if isinstance(node, ast.Constant) else ""
        if "://" not in (texts[0] or "" if texts else whole) or whole in defaults:
            continue
        found = address_of("".join(one or "" for one in texts) or whole)
        if found is not None:
            spelled = any("@" in (one or "") for one in texts[1:])
            found = msgspec.structs.replace(found, spelled=spelled)
            shown = f"{found.scheme}+{found.driver}" if found.driver else found.scheme
            reason = f"a URL of {shown}" + (f" at {found.host}" if found.host else "")
            yield found, Evidence(path=module.path, line=getattr(node, "lineno", 0), reason=reason)


def _hosts(module: Module) -> Iterator[HostName]:
    for node in module.of(ast.Call) if "host" in module.text and HOST.search(module.text) else ():
        called = module.imports.full(node.func)
        for keyword in node.keywords:
            value = keyword.value
            if (
                keyword.arg != "host"
                or not isinstance(value, ast.Constant)
                or not isinstance(value.value, str)
            ):
                continue
            reason = f"{called}(host={value.value!r})"
            place = Evidence(path=module.path, line=node.lineno, reason=reason)
            yield HostName(called.split(".")[0], value.value, place)
