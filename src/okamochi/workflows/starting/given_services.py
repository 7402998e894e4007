"""What the user's own values say of a service: where another one is, or how the stack's own is called."""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

import msgspec

from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable

__all__ = ["given_service", "is_elsewhere", "place_of", "with_driver"]

KEYS = ("{user}", "{password}")


class GivenService(msgspec.Struct, frozen=True):
    """A service of the stack as the values want it: its user and its database are the given ones, and the
    variables that were given are not made. `password` is "" when none was given."""

    service: BackingService
    password: str = ""


def is_elsewhere(service: BackingService, values: Mapping[str, str]) -> bool:
    """Whether a value leads to it by another name than it has in the stack. One by that name was written for
    a compose file that has such a service, and means the stack's own."""
    name, host, _ = place_of(service, values)
    if name or service.kind is not ServiceKind.S3:
        return bool(name) and host != service.name
    # keys without an endpoint are for the store at AWS
    return any(values.get(one.name) for one in service.variables if one.template in KEYS)


def place_of(service: BackingService, values: Mapping[str, str]) -> tuple[str, str, int]:
    """The variable that leads to it, "" for none; its host, "" where that is no address on a network; its
    port."""
    name = next((one.name for one in service.variables if one.leads and values.get(one.name, "").strip()), "")
    value = values.get(name, "").strip()
    if "://" in value:
        try:
            parts = urlsplit(value)
            return name, parts.hostname or "", parts.port or service.port
        except ValueError:
            return name, "", 0
    host, _, port = value.partition(":")
    ports = (values.get(one.name, "") for one in service.variables if one.template == "{port}")
    port = port or next(ports, "")
    return name, host, int(port) if port.isdecimal() else service.port


def given_service(service: BackingService, values: Mapping[str, str]) -> GivenService:
    """Of one that is not elsewhere."""
    parts = {"user": service.user, "database": service.database, "password": ""}
    given = [one for one in service.variables if fits(one, values.get(one.name, "").strip())]
    buckets = {one.template: values[one.name].strip() for one in given}
    for variable in given:
        parts |= parts_in(variable, values[variable.name].strip())
    return GivenService(
        msgspec.structs.replace(
            service,
            user=parts["user"] if service.user else "",
            database=parts["database"] if service.database else "",
            variables=tuple(one for one in service.variables if one not in given),
            buckets=tuple(buckets.get(one, one) for one in service.buckets),
        ),
        parts["password"],
    )


def fits(variable: ServiceVariable, value: str) -> bool:
    """Whether the stack's own can be as the value has it: with a password where it wants one, and with none
    where it wants none."""
    if "://" not in value or "://" not in variable.template:
        return bool(value)
    return bool(urlsplit(value).password) == ("{password}" in variable.template)


def parts_in(variable: ServiceVariable, value: str) -> dict[str, str]:
    """The user, the password and the database that it names."""
    for name in ("user", "password", "database"):
        if variable.template == f"{{{name}}}":
            return {name: value}
    if "://" not in value or "{password}" not in variable.template:
        return {}
    url = urlsplit(value)
    found = {"user": url.username, "password": url.password, "database": url.path.strip("/")}
    return {name: unquote(part) for name, part in found.items() if part}


def with_driver(variable: ServiceVariable, value: str) -> str:
    """With the driver that the project has, where the value names none: postgresql:// alone means another one
    since SQLAlchemy 2.1, and postgres:// none."""
    wanted, _, _ = variable.template.partition("://")
    scheme, separator, rest = value.partition("://")
    plain = {"postgres": "postgresql", "mariadb": "mysql"}.get(scheme, scheme)
    return f"{wanted}{separator}{rest}" if separator and wanted.partition("+")[0] == plain else value
