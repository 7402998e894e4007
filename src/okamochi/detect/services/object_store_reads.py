"""Which variables hold what an S3 client is made with: by the argument that they flow into, and by name."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from okamochi.detect.source.import_lines import imported_modules
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import walk
from okamochi.detect.variables.environment_read import Read
from okamochi.detect.variables.environment_reads import reads_of
from okamochi.detect.variables.settings_classes import settings_classes
from okamochi.model.evidence import Evidence

__all__ = ["Part", "StoreTraces", "store_traces"]


class Part(StrEnum):
    """What a client of an object store is told."""

    ENDPOINT = "endpoint"
    HOST = "host"
    PORT = "port"
    ACCESS = "access"
    SECRET = "secret"
    BUCKET = "bucket"
    REGION = "region"
    SECURE = "secure"


@dataclass(frozen=True, slots=True)
class StoreTraces:
    """`told` are the variables with the part that each one holds; `written` the texts that the code itself
    passes. `calls` are the places that make a client or use one; `signed` those that sign addresses for
    browsers. `bare` are the names of endpoints that the code puts behind "http://" itself, or that a client
    takes without it."""

    told: tuple[tuple[Part, Read, Evidence], ...] = ()
    written: tuple[tuple[Part, str, Evidence], ...] = ()
    calls: tuple[Evidence, ...] = ()
    signed: tuple[Evidence, ...] = ()
    bare: frozenset[str] = frozenset()

    def texts(self, part: Part) -> tuple[tuple[str, Evidence], ...]:
        return tuple((text, place) for one, text, place in self.written if one is part)

    def reads(self, part: Part) -> tuple[tuple[Read, Evidence], ...]:
        return tuple((read, place) for one, read, place in self.told if one is part)


KEYWORDS = {
    "endpoint_url": Part.ENDPOINT,
    "endpoint": Part.ENDPOINT,
    "aws_access_key_id": Part.ACCESS,
    "access_key": Part.ACCESS,
    "aws_secret_access_key": Part.SECRET,
    "secret_key": Part.SECRET,
    "region_name": Part.REGION,
    "region": Part.REGION,
    "secure": Part.SECURE,
    "Bucket": Part.BUCKET,
    "bucket_name": Part.BUCKET,
}
POSITIONS = (Part.ENDPOINT, Part.ACCESS, Part.SECRET)
MINIO = ("minio.Minio", "miniopy_async.Minio", "minio.api.Minio")
SIGNS = ("generate_presigned_url", "generate_presigned_post", "presigned_get_object", "presigned_put_object")
ONLY_STORES = ("minio", "miniopy_async", "flask_s3", "s3fs")
BUCKET_METHODS = ("Bucket", "bucket_exists", "make_bucket", "fput_object", "put_object", "get_object")
STORE = r"(?:\w+_)?(?:S3|MINIO|AWS|AWS_S3|AWS_STORAGE|OBJECT_STORE|OBJECT_STORAGE|STORAGE)_?"
OWN = r"(?:\w+_)?(?:S3|MINIO)_"
NAMES = (
    (Part.ENDPOINT, rf"{STORE}ENDPOINT(_URL|_URI)?|AWS_ENDPOINT_URL_S3|(?:\w+_)?MINIO_(URL|URI)"),
    (Part.HOST, rf"{OWN}(HOST|HOSTNAME|SERVER)"),
    (Part.PORT, rf"{OWN}PORT"),
    (Part.ACCESS, rf"{STORE}(ACCESS_KEY(_ID)?|ACCESSKEY|ACCESS_ID|ROOT_USER|KEY_ID|KEY)|{OWN}USER(NAME)?"),
    (Part.SECRET, rf"{STORE}(SECRET(_ACCESS)?(_KEY)?|SECRETKEY|ROOT_PASSWORD)|{OWN}PASSWORD"),
    (Part.BUCKET, rf"(?:{STORE}(\w+_)?)?BUCKET(_NAME)?|{STORE}BUCKETNAME"),
    (Part.REGION, rf"{STORE}(DEFAULT_)?REGION(_NAME)?"),
    (Part.SECURE, rf"{OWN}(SECURE|USE_SSL|USE_TLS|USE_HTTPS|SSL|HTTPS|TLS)|AWS_S3_USE_SSL"),
)
# the address that browsers know, and the services of AWS that are no object stores
OTHERS = re.compile(
    r"\w*(PUBLIC|EXTERNAL|CDN|CLOUDFRONT|SQS|SNS|SES|DYNAMODB|DYNAMO|LAMBDA|COGNITO|BEDROCK|KMS)\w*"
)
MENTIONS = ("boto", "minio", "s3", "S3")


def store_traces(sources: Sources, reached: Reached) -> StoreTraces:
    """What the modules that the server loads say, in their order."""
    seen = Seen()
    for path in reached.paths:
        if any(word in sources.text(path) for word in MENTIONS):
            seen.look_at(sources.module(path), path)
    return StoreTraces(
        tuple(told(sources, reached, seen.flows)),
        tuple(seen.written),
        tuple(seen.calls),
        tuple(seen.signed),
        frozenset(seen.bare),
    )


@dataclass
class Seen:
    """`flows` says for which part a name is given, `bare` are names that hold an address without a scheme."""

    calls: list[Evidence] = field(default_factory=list)
    signed: list[Evidence] = field(default_factory=list)
    written: list[tuple[Part, str, Evidence]] = field(default_factory=list)
    flows: dict[str, Part] = field(default_factory=dict)
    bare: set[str] = field(default_factory=set)

    def look_at(self, module: Module, path: str) -> None:
        self.calls += imported(module)
        for node in module.of(ast.Call, ast.JoinedStr, ast.Constant):
            if isinstance(node, ast.Call):
                self.look_at_call(node, module.imports.full(node.func), path)
            elif isinstance(node, ast.JoinedStr):
                self.bare.update(behind_a_scheme(node))
            elif isinstance(node, ast.Constant):
                self.calls += storage_backend(node, path)

    def look_at_call(self, call: ast.Call, full: str, path: str) -> None:
        place = Evidence(path=path, line=call.lineno, reason=shown(full, call))
        if makes_client(full, call):
            self.calls.append(place)
        if full.rpartition(".")[2] in SIGNS:
            self.signed.append(place)
        for part, value in arguments(full, call):
            self.take(part, value, place)
            if part is Part.ENDPOINT and full in MINIO:
                self.bare.update(names_in(value))

    def take(self, part: Part, value: ast.expr, place: Evidence) -> None:
        if isinstance(value, ast.Constant):
            if isinstance(value.value, str):
                self.written.append((part, value.value, place))
            return
        for name in names_in(value):
            self.flows.setdefault(name, part)


def storage_backend(text: ast.Constant, path: str) -> Iterator[Evidence]:
    """Of django-storages, as Django's settings name it."""
    if isinstance(text.value, str) and text.value.startswith("storages.backends.s3"):
        yield Evidence(path=path, line=text.lineno, reason=f"names {text.value}")


def imported(module: Module) -> Iterator[Evidence]:
    """Imports of what speaks to object stores only."""
    for node in module.of(ast.Import, ast.ImportFrom):
        for name in imported_modules(node):
            if name.split(".")[0] in ONLY_STORES:
                yield Evidence(path=module.path, line=node.lineno, reason=f"imports {name}")


def shown(full: str, call: ast.Call) -> str:
    first = call.args[0] if call.args else None
    words = f"{first.value!r}, ..." if isinstance(first, ast.Constant) else "..."
    return f"{full}({words})"


def makes_client(full: str, call: ast.Call) -> bool:
    """boto3.client("s3"), session.resource("s3"), Minio(...)."""
    if full in MINIO:
        return True
    name = full.rpartition(".")[2]
    given = (*call.args[:1], *(one.value for one in call.keywords if one.arg == "service_name"))
    is_s3 = any(isinstance(one, ast.Constant) and one.value == "s3" for one in given)
    return is_s3 and name in ("client", "resource", "create_client")


def arguments(full: str, call: ast.Call) -> Iterator[tuple[Part, ast.expr]]:
    name = full.rpartition(".")[2]
    if full in MINIO:
        yield from zip(POSITIONS, call.args, strict=False)
    elif name in BUCKET_METHODS and call.args:
        yield Part.BUCKET, call.args[0]
    client = makes_client(full, call) or name in ("S3FileSystem", "Session")
    for keyword in call.keywords:
        part = KEYWORDS.get(keyword.arg or "")
        if part is not None and (client or part is Part.BUCKET):
            yield part, keyword.value


def names_in(value: ast.expr) -> Iterator[str]:
    """Last parts of names, and texts that index something: settings.S3_ENDPOINT, config["S3_ENDPOINT"]."""
    for node in walk(value):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def behind_a_scheme(text: ast.JoinedStr) -> Iterator[str]:
    """The names in f"http://{ENDPOINT}"."""
    for before, value in zip(text.values, text.values[1:], strict=False):
        scheme = isinstance(before, ast.Constant) and str(before.value).endswith("://")
        if scheme and isinstance(value, ast.FormattedValue):
            yield from names_in(value.value)


def told(sources: Sources, reached: Reached, flows: dict[str, Part]) -> Iterator[tuple[Part, Read, Evidence]]:
    seen: set[str] = set()
    settings = settings_classes(sources)
    for path in reached.paths:
        for read in reads_of(sources.module(path), sources, settings):
            part = part_of(read, flows)
            if part is None or read.name in seen:
                continue
            seen.add(read.name)
            yield part, read, Evidence(path=path, line=read.line, reason=f"reads {read.name}")


def part_of(read: Read, flows: dict[str, Part]) -> Part | None:
    if OTHERS.fullmatch(read.name) is not None:
        return None
    named = next((part for part, names in NAMES if re.fullmatch(names, read.name)), None)
    if named is not None:
        return named
    return flows.get(read.name) or flows.get(read.used_as)
