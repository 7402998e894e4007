"""Where the clients of services in the code connect to: a word, this machine itself, or nobody knows.

redis.Redis()                        this machine
pymysql.connect(host="localhost")    this machine
MongoClient("store", 27017)          store
psycopg2.connect(**settings)         not told
"""

import ast
import re
from collections.abc import Iterator

import msgspec

from okamochi.detect.services.keyword_arguments import spread
from okamochi.detect.services.kinds import KINDS
from okamochi.detect.services.libpq import Unsaid, unsaid_by
from okamochi.detect.services.sqlalchemy_addresses import whole_value
from okamochi.detect.source.constants import Constants
from okamochi.detect.source.import_lines import imported_modules
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex
from okamochi.system.words import word_set

__all__ = [
    "CONNECTS",
    "HERE",
    "MODULES",
    "OWN_MACHINE",
    "Client",
    "clients_of",
    "led_names",
    "names_of_hosts",
]

HERE = "localhost"
"""The host of a client that connects to this machine itself."""
OWN_MACHINE = regex(r"localhost|127(\.\d+){3}|0\.0\.0\.0|::1|host\.docker\.internal|")
MODULES = frozenset(name for facts in KINDS for name in facts.modules)
CONNECTS = word_set(
    "Redis StrictRedis ConnectionPool BlockingConnectionPool from_url create_pool connect Connect Connection "
    "MongoClient AsyncMongoClient AsyncIOMotorClient MotorClient ConnectionParameters URLParameters "
    "connect_robust Client"
)
# whose only argument is one
TAKES_ADDRESS = frozenset(
    ["from_url", "MongoClient", "AsyncIOMotorClient", "URLParameters", "connect_robust"]
)
# extensions that take the address from the configuration of the app
CONFIGURED = frozenset(
    ["flask_mysqldb", "flask_redis", "flask_rq2", "flask_pymongo", "flask_mongoengine", "django_redis"]
)
# what they take it from, where a class of settings has it: https://flask-mysqldb.readthedocs.io/en/latest/
KEYS = {"flask_mysqldb": "MYSQL_HOST", "flask_mongoengine": "MONGODB_HOST"}
SAYS_WHERE = regex(
    r"(unix_?)?(hosts?|hostname|servers?|address|url|uri|dsn|conninfo|socket(_path)?)"
    r"|service|connection_pool|read_default_file|option_files|parameters|client"
)
# whose first argument is no address: the name of a database, a DSN of words
FIRST_IS_NONE = frozenset(["mongoengine", "psycopg", "psycopg2", "aiopg", "mysql"])
# https://huey.readthedocs.io/en/latest/api.html#RedisHuey
OF_HUEY = regex(r"huey(?:\.\w+)*\.(?:Priority)?Redis(?:Expire)?Huey")
OF_DSN = regex(r"(?:^|\s)(host|hostaddr|service)\s*=\s*'?([^\s']*)")
# nothing else is ever shown: what stands for a host may hold a password
HOST_NAME = regex(r"[A-Za-z0-9._-]*|[0-9A-Fa-f:]+")
HOST_KEY = regex(r"\w*_(HOST|HOSTNAME|SERVER)")


class Client(msgspec.Struct, frozen=True):
    """`module` is the first part of its full name; `host` is None when the code does not tell it, also where
    it is in a URL, which is evidence of its own. `unsaid` is what it leaves to variables of its library."""

    module: str
    host: str | None
    evidence: Evidence
    unsaid: Unsaid | None = None


def clients_of(module: Module, sources: Sources) -> Iterator[Client]:
    """What the module makes, and what an extension that it imports finds in the app's configuration."""
    written = sources.words(module.path)
    if "huey" in written:
        yield from _of_huey(module, Constants(sources))
    if MODULES.isdisjoint(written):
        return
    constants = Constants(sources)
    for call in module.of(ast.Call) if not CONNECTS.isdisjoint(written) else ():
        full = module.imports.full(call.func)
        top, _, rest = full.partition(".")
        if top not in MODULES:
            continue
        node = spread(call, module, sources)
        # what was given a pool connects where that does
        if any(one.arg == "connection_pool" for one in node.keywords):
            continue
        # "redis.Redis().connect" is a method of what was made
        if rest.rpartition(".")[2] in CONNECTS and "(" not in rest:
            host = _host(node, top, module, constants)
            where = "on this machine itself" if host == HERE else f"at {host}"
            reason = f"connects to {top}" + (f" {where}" if host is not None else "")
            place = Evidence(path=module.path, line=node.lineno, reason=reason)
            yield Client(top, host, place, unsaid_by(node, top) if host == HERE else None)
    for imported in sources.imports(module.path):
        name = next(iter(imported_modules(imported)), "").split(".")[0]
        if name in CONFIGURED:
            yield _configured(module, name) or _by_settings(name, imported, module, sources)


def _of_huey(module: Module, constants: Constants) -> Iterator[Client]:
    """RedisHuey("shop", host="redis"): its first argument is a name of its own."""
    for node in module.of(ast.Call):
        if OF_HUEY.fullmatch(module.imports.full(node.func)) is not None:
            named = ast.Call(func=node.func, args=[], keywords=node.keywords)
            host = _host(named, "redis", module, constants)
            where = " on this machine itself" if host == HERE else f" at {host}" if host is not None else ""
            place = Evidence(path=module.path, line=node.lineno, reason=f"connects to redis{where}")
            yield Client("redis", host, place)


def led_names(module: Module, sources: Sources) -> Iterator[tuple[str, str]]:
    """Names whose value is a client's address, with the first part of the client's full name: X in
    redis.from_url(settings.X)."""
    if TAKES_ADDRESS.isdisjoint(sources.words(module.path)):
        return
    for node in module.of(ast.Call):
        full = module.imports.full(node.func)
        top, _, rest = full.partition(".")
        if top in MODULES and rest.rpartition(".")[2] in TAKES_ADDRESS and len(node.args) == 1:
            yield from ((top, name) for name in whole_value(node.args[0]))


def names_of_hosts(module: Module, sources: Sources) -> Iterator[str]:
    """Names that a client takes as its host: server in redis.Redis(server, 6379) or (host=server)."""
    written = sources.words(module.path)
    if MODULES.isdisjoint(written) or CONNECTS.isdisjoint(written):
        return
    for node in module.of(ast.Call):
        top, _, rest = module.imports.full(node.func).partition(".")
        if top not in MODULES or rest.rpartition(".")[2] not in CONNECTS:
            continue
        given = [one.value for one in node.keywords if one.arg in ("host", "hostname")]
        if top == "redis" and rest in ("Redis", "StrictRedis"):
            given += node.args[:1]
        for value in given:
            match value:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name
                case _:
                    pass


def _configured(module: Module, name: str) -> Client | None:
    """config["MYSQL_HOST"] = "localhost" leads an extension to this machine."""
    for node in module.of(ast.Assign) if "_HOST" in module.text else ():
        match node:
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=str(key)))],
                value=ast.Constant(value=str(text)),
            ) if HOST_KEY.fullmatch(key):
                host = _told(text)
                reason = f"{key} is {text!r}" if host is not None else f"sets {key}"
                return Client(name, host, Evidence(path=module.path, line=node.lineno, reason=reason))
            case _:
                continue
    return None


def _by_settings(
    name: str, imported: ast.Import | ast.ImportFrom, module: Module, sources: Sources
) -> Client:
    """class Config: MYSQL_HOST = "localhost", where all such classes say the same."""
    key = KEYS.get(name, "")
    found: list[tuple[str | None, Evidence]] = []
    for one in sources.mentioning(key) if key else ():
        for statement in one.of(ast.ClassDef):
            for line in statement.body:
                match line:
                    case ast.Assign(targets=[ast.Name(id=field)], value=value) if field == key:
                        text = value.value if isinstance(value, ast.Constant) else None
                        host = _told(text) if isinstance(text, str) else None
                        reason = f"{key} is {text!r}" if host is not None else f"sets {key}"
                        found.append((host, Evidence(path=one.path, line=line.lineno, reason=reason)))
                    case _:
                        pass
    if len({host for host, _ in found}) == 1:
        return Client(name, *found[0])
    return Client(name, None, Evidence(path=module.path, line=imported.lineno, reason=f"imports {name}"))


def _host(call: ast.Call, client: str, module: Module, constants: Constants) -> str | None:
    if any(one.arg is None for one in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    given = [one.value for one in call.keywords if SAYS_WHERE.fullmatch(one.arg or "")]
    if call.args and not given:
        first = call.args[0]
        if isinstance(first, ast.Tuple) and first.elts:
            first = first.elts[0]
        text = constants.text(first, module)
        if text is None:
            return None
        if client in FIRST_IS_NONE and "://" not in text:
            return _told_by_dsn(text)
        return _told(text)
    if not given:
        return HERE
    texts = [constants.text(one, module) for one in given]
    if len(texts) != 1 or texts[0] is None:
        return None
    return _told_by_dsn(texts[0]) if "=" in texts[0] and "://" not in texts[0] else _told(texts[0])


def _told_by_dsn(text: str) -> str | None:
    """ "host=db dbname=shop": this machine where it names none, unknown where it names a service file."""
    said = dict(OF_DSN.findall(text))
    if "service" in said:
        return None
    return _told(said.get("host") or said.get("hostaddr") or HERE)


def _told(text: str) -> str | None:
    """None for what is no plain name or number of a host."""
    host = re.sub(r":\d+$", "", text.strip())
    if HOST_NAME.fullmatch(host) is None:
        return None
    return HERE if OWN_MACHINE.fullmatch(host.lower()) else host
