"""What code says of a service that it looks for at a fixed place: port, user, password, database.

psycopg2.connect(host="localhost", user="shop", password="...", dbname="shop")
SQLALCHEMY_DATABASE_URI = "mysql+pymysql://root:...@localhost/shop"
app.config["MYSQL_HOST"] = "localhost"
DATABASES = {"default": {"ENGINE": ..., "HOST": "localhost", "USER": "shop", ...}}
"""

import ast
from collections.abc import Container, Iterator, Mapping, Sequence
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from okamochi.detect.services.evidence import address_of
from okamochi.detect.services.keyword_arguments import KEYWORDS, spread
from okamochi.detect.services.kinds import KindFacts
from okamochi.detect.services.libpq import PAIR
from okamochi.detect.services.put_together import put_together
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.read_values import is_none
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import text_entries
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = ["HOSTS", "Said", "said_at"]

HOSTS = frozenset(["localhost", "127.0.0.1", "::1", "0.0.0.0", ""])
"""Names of the loopback that a door of it can serve; 0.0.0.0 leads there, too."""
ORDERS = {
    **dict.fromkeys(("redis", "valkey", "aioredis"), ("host", "port", "database", "password")),
    **dict.fromkeys(("pymongo", "motor", "pika"), ("host", "port")),
    **dict.fromkeys(("pymysql", "MySQLdb"), ("host", "user", "password", "database", "port")),
    "mongoengine": ("database",),
}
"""What arguments without a name are; of others, the first alone is known: an address, or a DSN of words."""
# which lead elsewhere, or hold a user and a password in a way of their own
OTHERWISE = frozenset(["credentials", "ssl_context", "service", "unix_socket", "passfile", "url", "uri"])
HARMLESS = word_set(
    "charset collation use_unicode autocommit client_encoding application_name connect_timeout local_infile "
    "retrywrites w"
)
"""What may follow a question mark and leads nowhere else."""
PARTS = {
    **{f"MYSQL_{word}": part for word, part in (("HOST", "host"), ("USER", "user"), ("PORT", "port"))},
    "MYSQL_PASSWORD": "password",
    "MYSQL_DB": "database",
}
DJANGO = {"HOST": "host", "PORT": "port", "USER": "user", "PASSWORD": "password", "NAME": "database"}
NAME = regex(r"[A-Za-z0-9_$-]{1,63}")
MARK = "~~"
MARKED = regex(rf"{MARK}(\w+){MARK}")
"""In the place of a variable's value, in an address."""


class Said(msgspec.Struct, frozen=True):
    """`user` and `database` are "" where nothing is said, `password` is None then: it never leaves the
    process that reads it. `variables` hold parts that the environment says: ("DB_PASSWORD", "password").
    `names_host` is false where a library takes this machine, or a socket of it, by itself."""

    port: int
    user: str = ""
    database: str = ""
    password: str | None = None
    variables: tuple[tuple[str, str], ...] = ()
    names_host: bool = True


class _Unknown(Exception):
    """Something is said that only running the code would tell."""


def said_at(
    place: Evidence,
    sources: Sources,
    facts: KindFacts,
    reads: Container[str],
    hosts: Container[str] = HOSTS,
) -> Said | None:
    """By what stands in that line. None where anything of it is unknown, or leads to another machine than
    these `hosts`. `reads` are the names of variables that the module reads."""
    module, constants = sources.module(place.path), Constants(sources)
    try:
        for address in _addresses(module, place.line, facts, sources, reads):
            return _of_url(address, facts, hosts)
        parts = _parts_at(module, place.line, sources)
        if not parts:
            return None
        read = {part: _read_in(value, reads) for part, value in parts.items() if part != "host"}
        variables = {name: part for part, name in read.items() if name}
        texts = {
            part: _text(value, module, constants)
            for part, value in parts.items()
            if part not in variables.values() and not is_none(value)
        }
        return _of_texts(texts, variables, facts, hosts)
    except _Unknown:
        return None


def _told(module: Module, reads: Container[str]) -> dict[str, str]:
    """For names that hold a variable's value, its mark: password = os.environ["DB_PASSWORD"]."""
    found: dict[str, str] = {}
    for node in module.of(ast.Assign):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() | ast.Subscript() as value):
                if _read_in(value, reads):
                    found[name] = _mark(value, reads)
            case _:
                pass
    return found


def _mark(value: str | ast.expr, reads: Container[str]) -> str:
    read = _read_in(value, reads) if isinstance(value, ast.expr) else ""
    if not read:
        raise _Unknown
    return f"{MARK}{read}{MARK}"


def _read_in(value: ast.expr, reads: Container[str]) -> str:
    """The one variable that an expression reads, "" for none or several."""
    texts = [one.value for one in ast.walk(value) if isinstance(one, ast.Constant)]
    found = [one for one in texts if isinstance(one, str) and one in reads]
    return found[0] if len(found) == 1 else ""


def _addresses(
    module: Module, line: int, facts: KindFacts, sources: Sources, reads: Container[str]
) -> Iterator[str]:
    """URLs of the kind in that line, whole. _Unknown for one that is put together of what is not known."""
    constants = Constants(sources, _told(module, reads))
    heads = set()
    for one in put_together(module, sources):
        heads.add(id(one.head))
        if one.head.lineno == line and _is_of(one.pieces[0], facts):
            texts = zip(one.pieces, one.texts(module, constants), strict=True)
            yield "".join(_mark(piece, reads) if text is None else text for piece, text in texts)
    for node in module.of(ast.Constant):
        if node.lineno == line and id(node) not in heads and _is_of(node.value, facts):
            yield str(node.value)


def _is_of(text: object, facts: KindFacts) -> bool:
    if not isinstance(text, str):
        return False
    scheme = text.partition("://")[0].partition("+")[0].removesuffix("s")
    return "://" in text and scheme in {one.removesuffix("s") for one in facts.schemes}


def _text(node: ast.AST, module: Module, constants: Constants) -> str:
    found = constants.text(node if isinstance(node, ast.expr) else None, module)
    if found is None:
        raise _Unknown
    return found


def _of_url(text: str, facts: KindFacts, hosts: Container[str]) -> Said:
    address = address_of(text)
    try:
        url = urlsplit(text)
        port = url.port or facts.port
    except ValueError:
        raise _Unknown from None
    elsewhere = [one for one, _ in parse_qsl(url.query) if one.lower() not in HARMLESS]
    if address is None or (url.hostname or "") not in hosts or elsewhere:
        raise _Unknown
    said = {"user": url.username, "database": url.path.strip("/"), "password": url.password}
    read = {part: found[1] for part, text in said.items() if (found := MARKED.fullmatch(text or ""))}
    user, database, password = (None if part in read else text for part, text in said.items())
    return _checked(
        port,
        unquote(user or ""),
        unquote(database or ""),
        None if password is None else unquote(password),
        {name: part for part, name in read.items()},
    )


def _checked(
    port: int, user: str, database: str, password: str | None, variables: Mapping[str, str] | None = None
) -> Said:
    if any(one and NAME.fullmatch(one) is None for one in (user, database)):
        raise _Unknown
    if password is not None and (not password.isprintable() or len(password) > 200):
        raise _Unknown
    return Said(port, user, database, password, tuple(sorted((variables or {}).items())))


def _parts_at(module: Module, line: int, sources: Sources) -> dict[str, ast.expr]:
    """Of a call, of entries of a configuration, of one of Django's databases."""
    for call in module.of(ast.Call):
        if call.lineno == line and (parts := _of_call(spread(call, module, sources), module)):
            return parts
    for node in module.of(ast.Dict):
        entries = text_entries(node)
        if "ENGINE" in entries and "HOST" in entries and entries["HOST"].lineno == line:
            return {part: entries[key] for key, part in DJANGO.items() if key in entries}
    own = [one for one in module.of(ast.Assign) if not isinstance(one.targets[0], ast.Name)]
    bodies: list[Sequence[ast.stmt]] = [own, *(one.body for one in module.of(ast.ClassDef))]
    for body in bodies:
        keyed = [(_key(one), one) for one in body if isinstance(one, ast.Assign) and _key(one)]
        if any(one.lineno == line and key == "MYSQL_HOST" for key, one in keyed):
            return {PARTS[key]: one.value for key, one in keyed}
    return {}


def _key(node: ast.Assign) -> str:
    """MYSQL_HOST = ... or config["MYSQL_HOST"] = ..."""
    match node.targets:
        case [ast.Name(id=key)] | [ast.Subscript(slice=ast.Constant(value=str(key)))]:
            return key if key in PARTS else ""
        case _:
            return ""


def _of_call(call: ast.Call, module: Module) -> dict[str, ast.expr]:
    top = module.imports.full(call.func).partition(".")[0]
    if top == "huey":  # its name is its own
        call = ast.Call(func=call.func, args=[], keywords=[one for one in call.keywords if one.arg != "name"])
    if any(one.arg is None or one.arg in OTHERWISE for one in call.keywords):
        raise _Unknown
    found = {KEYWORDS[one.arg]: one.value for one in call.keywords if one.arg in KEYWORDS}
    order = ORDERS.get(top, ())
    if any(isinstance(one, ast.Starred) for one in call.args) or len(call.args) > max(len(order), 1):
        raise _Unknown
    for part, value in zip(order, call.args, strict=False):
        found[part] = value
    if call.args and not order:
        found.update(_of_first(call.args[0]))
    return found or {"host": ast.Constant(value="")}


def _of_first(argument: ast.expr) -> dict[str, ast.expr]:
    """The place in a tuple, or a DSN of words."""
    match argument:
        case ast.Tuple(elts=[host, port]):
            return {"host": host, "port": port}
        case ast.Constant(value=str(text)) if "://" not in text and not PAIR.sub("", text).strip():
            pairs = [(found[1], found[2] or found[3]) for found in PAIR.finditer(text)]
            return {KEYWORDS[key]: ast.Constant(value=value) for key, value in pairs if key in KEYWORDS}
        case ast.Constant(value=str(text)) if text in HOSTS:
            return {"host": argument}
        case _:
            raise _Unknown


def _of_texts(
    texts: Mapping[str, str], variables: Mapping[str, str], facts: KindFacts, hosts: Container[str]
) -> Said:
    port = texts.get("port", "") or str(facts.port)
    if texts.get("host", "localhost") not in hosts or not port.isdecimal() or "port" in variables.values():
        raise _Unknown
    database = texts.get("database", "")
    database = "" if database.isdecimal() else database  # a number of Redis's
    said = _checked(int(port), texts.get("user", ""), database, texts.get("password"), variables)
    return msgspec.structs.replace(said, names_host=bool(texts.get("host")))
