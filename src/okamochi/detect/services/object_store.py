"""An object store (S3) of the stack's own: where the code lets somebody choose its endpoint.

A client without an endpoint speaks to AWS itself, one with an address fixed in the code to whoever that is:
those are told, and nothing is started in their place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from okamochi.detect.files.compose_files import ComposedService, composed_services
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.services.kinds import S3
from okamochi.detect.services.object_store_reads import Part, StoreTraces, store_traces
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.environment_read import Read
from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.service_images import data_folder

__all__ = ["WITHOUT", "as_asked", "object_store"]

WITHOUT = " (the app also starts without it)"
STORES = "services"
"""The field of decisions about stores of somebody else, and about what a store cannot do: `up` tells them."""
REGION = "us-east-1"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
SERVICE_HOST = re.compile(r"(?:https?://)?([A-Za-z][A-Za-z0-9-]*)(?::\d+)?/?")
OWN_MACHINE = re.compile(
    r"(?:https?://)?(localhost|127(\.\d+){3}|0\.0\.0\.0|host\.docker\.internal)(:\d+)?/?"
)
OFF = {"true": "false", "True": "False", "1": "0", "yes": "no", "on": "off"}
KEYS = {"AWS_ACCESS_KEY_ID": "{user}", "AWS_SECRET_ACCESS_KEY": "{password}"}


@dataclass(frozen=True, slots=True)
class FoundStore:
    """`service` is None where nothing is to be started, or nothing speaks to an object store."""

    service: BackingService | None = None
    decisions: tuple[Decision, ...] = ()


def object_store(
    sources: Sources, reached: Reached, dependencies: ChosenDependencies, name: str
) -> FoundStore:
    client = _client(dependencies)
    if client is None:
        return FoundStore()
    traces = store_traces(sources, reached)
    composed = next((one for one in composed_services(sources.project) if one.facts is S3), None)
    if not traces.calls and composed is None:
        return FoundStore()
    foreign = _foreign(traces)
    leading = _leading(traces)
    if foreign is not None and composed is None:
        return FoundStore(None, (_elsewhere(foreign, client),))
    written = _written_host(traces)
    if not leading and composed is None and not written:
        return FoundStore(None, (_at_aws(traces, client),))
    service = _service(traces, composed, written, dependencies, name)
    return FoundStore(service, tuple(_decisions(service, traces, composed, client)))


def as_asked(service: BackingService, name: str) -> BackingService:
    """A store that only the settings ask for: boto3 reads its address from variables of its own."""
    bucket = _bucket_name(name)
    values = {"AWS_ENDPOINT_URL_S3": "http://{host}:{port}", "AWS_DEFAULT_REGION": REGION, **KEYS}
    return msgspec.structs.replace(
        service,
        buckets=service.buckets or (bucket,),
        region=service.region or REGION,
        database="",
        variables=service.variables or _sorted(values),
    )


def _client(dependencies: ChosenDependencies) -> Evidence | None:
    name = next((one for one in S3.distributions if one in dependencies.names), "")
    line = dependencies.requirements.line_of(name) if name else None
    if not name:
        line = dependencies.requirements.line_of("django-storages")
        name = "django-storages" if line is not None and re.search(r"boto3|s3", line.specifier) else ""
    if not name:
        return None
    path, number = (line.path, line.line) if line is not None else ("", 0)
    return Evidence(path=path, line=number, reason=f"the app depends on {name}")


def _leading(traces: StoreTraces) -> tuple[tuple[Read, Evidence], ...]:
    return (*traces.reads(Part.ENDPOINT), *traces.reads(Part.HOST))


def _foreign(traces: StoreTraces) -> tuple[str, Evidence] | None:
    """An address of somebody else that is fixed in the code, or the default of every variable that leads."""
    texts = traces.texts(Part.ENDPOINT)
    found = [(text, place) for text, place in texts if _is_foreign(text)]
    leading = _leading(traces)
    found += [(read.default or "", place) for read, place in leading if _is_foreign(read.default or "")]
    own = any(not _is_foreign(read.default or "") for read, _ in leading)
    return found[0] if found and not own else None


def _is_foreign(text: str) -> bool:
    host = re.sub(r"^\w+://", "", text).partition("/")[0].partition(":")[0]
    return "." in host and OWN_MACHINE.fullmatch(text) is None


def _written_host(traces: StoreTraces) -> str:
    """The service's name in an address that is fixed in the code: endpoint_url="http://minio:9000"."""
    texts = (text for text, _ in traces.texts(Part.ENDPOINT))
    return next((host for host in map(_host, texts) if host), "")


def _host(text: str) -> str:
    match = SERVICE_HOST.fullmatch(text)
    own = OWN_MACHINE.fullmatch(text) is not None
    return match[1].lower() if match is not None and not own else ""


def _service(
    traces: StoreTraces,
    composed: ComposedService | None,
    written: str,
    dependencies: ChosenDependencies,
    name: str,
) -> BackingService:
    hosts = [written, *(_host(read.default or "") for read, _ in _leading(traces))]
    hosts.append(re.sub(r"[^a-z0-9]+", "-", composed.name.lower()).strip("-") if composed else "")
    image = composed.image if composed else S3.server.image
    buckets = tuple(dict.fromkeys(_buckets(traces))) or (_bucket_name(name),)
    regions = [read.default or "" for read, _ in traces.reads(Part.REGION)]
    regions += [text for text, _ in traces.texts(Part.REGION)]
    leading = _leading(traces)
    optional = bool(leading) and not written and all(_can_do_without(read) for read, _ in leading)
    return BackingService(
        kind=ServiceKind.S3,
        name=next((host for host in hosts if host not in ("", "web")), S3.host),
        image=image,
        port=S3.port,
        volume_path=data_folder(S3.server, image),
        user=(composed.user if composed else "") or S3.user,
        variables=_variables(traces, dependencies, buckets[0]),
        required=not optional,
        buckets=buckets,
        region=next((one for one in regions if re.fullmatch(r"[a-z0-9-]{2,40}", one)), REGION),
    )


def _can_do_without(read: Read) -> bool:
    """The default is no service's name: none at all, or this machine."""
    return not read.must and not _host(read.default or "")


def _buckets(traces: StoreTraces) -> Iterator[str]:
    texts = [read.default or "" for read, _ in traces.reads(Part.BUCKET)]
    texts += [text for text, _ in traces.texts(Part.BUCKET)]
    yield from (text for text in texts if BUCKET.fullmatch(text))


def _bucket_name(name: str) -> str:
    plain = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")[:55]
    return plain if len(plain) > 2 else f"{plain}-files"


def _variables(
    traces: StoreTraces, dependencies: ChosenDependencies, bucket: str
) -> tuple[ServiceVariable, ...]:
    found = {read.name: _template(part, read, traces, bucket) for part, read, _ in traces.told}
    keys = any(part in (Part.ACCESS, Part.SECRET) for part, _, _ in (*traces.told, *traces.written))
    if not keys and "minio" not in dependencies.names:
        found |= KEYS  # nothing passes them: boto3 looks there itself
    if not _leading(traces) and not _written_host(traces):
        found["AWS_ENDPOINT_URL_S3"] = "http://{host}:{port}"
    return _sorted({name: text for name, text in found.items() if text})


def _sorted(values: dict[str, str]) -> tuple[ServiceVariable, ...]:
    return tuple(ServiceVariable(name=name, template=values[name]) for name in sorted(values))


def _template(part: Part, read: Read, traces: StoreTraces, bucket: str) -> str:
    default = read.default or ""
    match part:
        case Part.ENDPOINT:
            bare = bool({read.name, read.used_as} & traces.bare)
            bare = "://" not in default if default else bare
            return "{host}:{port}" if bare else "http://{host}:{port}"
        case Part.HOST:
            return "{host}"
        case Part.PORT:
            return "{port}"
        case Part.ACCESS:
            return "{user}"
        case Part.SECRET:
            return "{password}"
        case Part.BUCKET:
            return default if BUCKET.fullmatch(default) else bucket
        case Part.REGION:
            return "" if default else REGION
        case Part.SECURE:
            return OFF.get(default, "") if default else "0"


def _decisions(
    service: BackingService, traces: StoreTraces, composed: ComposedService | None, client: Evidence
) -> Iterator[Decision]:
    names = ", ".join(one.name for one in service.variables)
    told = f"; told by {names}" if names else "; the code itself names the host"
    need = "" if service.required else WITHOUT
    places = [composed.evidence] if composed is not None else []
    places += [place for _, place in (*_leading(traces), *traces.texts(Part.ENDPOINT))]
    yield Decision.detected(
        f"services.{service.name}",
        f"{service.name} is {service.image}, bucket {', '.join(service.buckets)}{need}{told}",
        tuple(dict.fromkeys((*places[:5], client, *traces.calls[:1]))),
    )
    if traces.signed:
        address = f"http://{service.name}:{service.port}"
        yield Decision.detected(
            STORES,
            f"addresses that the code signs for browsers begin with {address}, which only the "
            "stack's own containers reach: hand the files out through the app, or give the endpoint of a "
            "store that browsers reach",
            traces.signed[:2],
        )


def _at_aws(traces: StoreTraces, client: Evidence) -> Decision:
    return Decision.detected(
        STORES,
        "the code speaks to S3 at AWS itself: no store is started. For one of the stack's own let "
        "the client take endpoint_url from a variable (S3_ENDPOINT_URL), or name an image in "
        f'[tool.okamochi] services = {{ s3 = "{S3.server.image}" }}',
        tuple(dict.fromkeys((*traces.calls[:2], client))),
    )


def _elsewhere(found: tuple[str, Evidence], client: Evidence) -> Decision:
    text, place = found
    return Decision.detected(
        STORES, f"the object store is {text}, somebody else's: none is started", (place, client)
    )
