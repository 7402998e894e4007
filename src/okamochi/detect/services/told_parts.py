"""Names whose values become the parts of an address, whatever they are called, by where the code puts them.

f"postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}"
"mysql://%s:%s@%s/%s" % (user, password, server, name)
URL.create("postgresql", host=settings.server, username=settings.login)
pymysql.connect(host=os.getenv("CLEARDB_ADDRESS"), user=os.getenv("CLEARDB_LOGIN"))
MongoClient(os.getenv("MONGO_URI"))[os.getenv("DB_NAME")]
"""

import ast
from collections.abc import Iterator

import msgspec

from okamochi.detect.services.clients import CONNECTS, MODULES
from okamochi.detect.services.keyword_arguments import KEYWORDS, spread
from okamochi.detect.services.put_together import MADE_BY
from okamochi.detect.source.pieces import Pieces, pieces_of
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import keyword_value, text_of
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

__all__ = ["ToldPart", "told_parts"]

MARK = "\0"
VALUE = rf"(?:{MARK}(\d+){MARK}|[^{MARK}/:@?]*)"
# the address of mongodb+srv:// is no host
ADDRESS = regex(
    rf"(?P<scheme>[a-z]+)(?:\+(?!srv)\w+)?://(?:{VALUE}(?::{VALUE})?@)?{VALUE}(?::{VALUE})?(?:/{VALUE})?"
)
OF_MANY_DATABASES = frozenset(["MongoClient", "AsyncMongoClient", "AsyncIOMotorClient", "MotorClient"])
ORDER = ("user", "password", "host", "port", "database")
# what leaves the value as it is
PLAIN = frozenset(["str", "int", "quote", "quote_plus"])


class ToldPart(msgspec.Struct, frozen=True):
    """`of` is the scheme of the address, or the module of the client, that the name is a `part` of: "host",
    "user", ... `local` is a name that the module itself gives a value; others are looked up elsewhere."""

    of: str
    part: str
    name: str
    local: bool


def told_parts(module: Module, sources: Sources) -> Iterator[ToldPart]:
    words = sources.words(module.path)
    if "://" in module.text:
        for node in module.of(ast.JoinedStr, ast.BinOp, ast.Call):
            yield from _of_address(pieces_of(node))
    if "URL" in words or not (MODULES.isdisjoint(words) or CONNECTS.isdisjoint(words)):
        for call in module.of(ast.Call):
            taker = _taker(call, module)
            for one in spread(call, module, sources).keywords if taker else ():
                yield from _part(taker, KEYWORDS.get(one.arg or "", ""), one.value)
    if not OF_MANY_DATABASES.isdisjoint(words):
        yield from _databases_of_clients(module)


def _taker(call: ast.Call, module: Module) -> str:
    """The module of a client that connects, or the scheme of an address that SQLAlchemy puts together."""
    full = module.imports.full(call.func)
    top, _, rest = full.partition(".")
    if top in MODULES:
        return top if rest.rpartition(".")[2] in CONNECTS else ""
    if full.endswith(MADE_BY):
        named = call.args[0] if call.args else keyword_value(call, "drivername")
        return text_of(named).partition("+")[0]
    return ""


def _databases_of_clients(module: Module) -> Iterator[ToldPart]:
    """client[NAME] and client.get_database(NAME), where the module makes the client.
    https://pymongo.readthedocs.io/en/stable/api/pymongo/mongo_client.html"""
    made = {
        last_name(target): of
        for node in module.of(ast.Assign)
        if (of := _client_of_many(node.value, module))
        for target in node.targets
    }

    def client(value: ast.expr) -> str:
        return _client_of_many(value, module) or made.get(last_name(value), "")

    for node in module.of(ast.Subscript):
        yield from _part(of, "database", node.slice) if (of := client(node.value)) else ()
    for call in module.of(ast.Call):
        match call:
            case ast.Call(func=ast.Attribute(value=value, attr="get_database"), args=[name, *_]):
                yield from _part(of, "database", name) if (of := client(value)) else ()
            case _:
                pass


def _client_of_many(value: ast.expr, module: Module) -> str:
    """The module of the client that a call makes; "" for another value."""
    if not isinstance(value, ast.Call):
        return ""
    top, _, rest = module.imports.full(value.func).partition(".")
    return top if top in MODULES and rest.rpartition(".")[2] in OF_MANY_DATABASES else ""


def _of_address(pieces: Pieces) -> Iterator[ToldPart]:
    text = "".join(
        one if isinstance(one, str) else f"{MARK}{place}{MARK}" for place, one in enumerate(pieces)
    )
    found = ADDRESS.match(text)
    # f"redis://{ADDRESS}" may hold a port, too
    if found is None or ("@" not in found[0] and found[0].count(":") < 2):
        return
    for part, place in zip(ORDER, found.groups()[1:], strict=True):
        value = pieces[int(place)] if place else ""
        if isinstance(value, ast.expr):
            yield from _part(found["scheme"], part, value)


def _part(of: str, part: str, value: ast.expr) -> Iterator[ToldPart]:
    match value:
        case _ if not part:
            return
        case ast.Call(func=function, args=[inner, *_]) if last_name(function) in PLAIN:
            yield from _part(of, part, inner)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            yield from _part(of, part, first)
        case (
            ast.Call(args=[ast.Constant(value=str(name)), *_])
            | ast.Subscript(slice=ast.Constant(value=str(name)))
        ):
            yield ToldPart(of, part, name, local=False)
        case ast.Name(id=name):
            yield ToldPart(of, part, name, local=True)
        case ast.Attribute(attr=name):
            yield ToldPart(of, part, name, local=False)
        case _:
            return
