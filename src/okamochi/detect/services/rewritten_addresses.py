"""Addresses that the code makes over before it uses them: what it is given must come out right.

    os.environ["DATABASE_URL"].replace("postgres", "postgresql", 1)
    os.environ["DATABASE_URL"].replace("://", "ql://", 1)

Heroku gives postgres://, which SQLAlchemy has not known since 1.4; many authors mend it so, and some in a way
that spoils postgresql://.
"""

import ast
import re

import msgspec

from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.model.backing_service import BackingService, ServiceKind, ServiceVariable
from okamochi.system.patterns import regex

__all__ = ["as_the_code_expects", "looks_for_sslmode", "rewrites_of", "scheme_asked_for", "with_sslmode"]

# `if "sslmode" not in url: url += "?sslmode=require"`, as hosts of databases advise
LOOKS_FOR_SSLMODE = regex(r"""["']sslmode=?["']\s+not\s+in\s""")
OF_AN_ADDRESS = regex(r"://|postgres|mysql")
# by kind: the scheme that libraries know, and others under which the same service is given
SCHEMES = {
    ServiceKind.POSTGRES: ("postgresql", "postgres"),
    ServiceKind.MYSQL: ("mysql",),
    ServiceKind.MARIADB: ("mysql",),
}


class Rewrite(msgspec.Struct, frozen=True):
    """text.replace(old, new, times); `times` is -1 for all."""

    old: str
    new: str
    times: int = -1

    def of(self, address: str) -> str:
        return address.replace(self.old, self.new, self.times)


def rewrites_of(sources: Sources, reached: Reached) -> tuple[Rewrite, ...]:
    found: list[Rewrite] = []
    for path in reached.paths:
        if "replace" in sources.words(path) and OF_AN_ADDRESS.search(sources.text(path)) is not None:
            found += [
                one for node in sources.module(path).of(ast.Call) if (one := _rewrite(node)) is not None
            ]
    return tuple(dict.fromkeys(found))


def scheme_asked_for(sources: Sources, reached: Reached) -> str:
    """The one that Django's settings take for the mark of a database: `if url.startswith("postgres://"):`, as
    Heroku writes it; "" for none, and for several."""
    found: set[str] = set()
    for path in reached.paths:
        if "startswith" in sources.words(path) and "DATABASES" in sources.words(path):
            for call in sources.module(path).of(ast.Call):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "startswith":
                    found |= {str(one.value) for one in call.args if isinstance(one, ast.Constant)}
    schemes = {one.removesuffix("://") for one in found if one.endswith("://")}
    return schemes.pop() if len(schemes) == 1 else ""


def looks_for_sslmode(sources: Sources, reached: Reached) -> bool:
    """Whether the code asks for an encrypted connection where the address says nothing of that."""
    texts = (sources.text(path) for path in reached.paths)
    return any("sslmode" in text and LOOKS_FOR_SSLMODE.search(text) is not None for text in texts)


def with_sslmode(service: BackingService) -> BackingService:
    """With addresses that say what libpq does by itself: the database of the stack offers no encryption."""
    if service.kind is not ServiceKind.POSTGRES:
        return service
    variables = tuple(
        msgspec.structs.replace(one, template=f"{one.template}?sslmode=prefer")
        if "://" in one.template and not re.search(r"\?|\+asyncpg", one.template)
        else one
        for one in service.variables
    )
    return msgspec.structs.replace(service, variables=variables)


def _rewrite(call: ast.Call) -> Rewrite | None:
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "replace" or call.keywords:
        return None
    match [one.value for one in call.args if isinstance(one, ast.Constant)]:
        case [str(old), str(new), *times] if old and OF_AN_ADDRESS.search(old + new) is not None:
            limit = times[0] if times and isinstance(times[0], int) else -1
            return Rewrite(old, new, limit)
        case _:
            return None


def as_the_code_expects(
    service: BackingService, rewrites: tuple[Rewrite, ...], asked: str = ""
) -> BackingService:
    """With the first scheme that every rewriting leaves, or makes, one that libraries know; with its own when
    there is none, since then they are about something else. Without any, with the scheme that is `asked` for,
    where that is another word for its own."""
    known = SCHEMES.get(service.kind)
    if known is None:
        return service
    if not rewrites:
        return _with_scheme(service, asked) if asked in known else service
    variables = tuple(_expected(one, known, rewrites) for one in service.variables)
    return msgspec.structs.replace(service, variables=variables)


def _with_scheme(service: BackingService, scheme: str) -> BackingService:
    """Where the address has no driver in it."""
    return msgspec.structs.replace(
        service,
        variables=tuple(
            msgspec.structs.replace(one, template=re.sub(r"^\w+://", f"{scheme}://", one.template))
            for one in service.variables
        ),
    )


def _expected(
    variable: ServiceVariable, known: tuple[str, ...], rewrites: tuple[Rewrite, ...]
) -> ServiceVariable:
    scheme, separator, rest = variable.template.partition("://")
    if not separator:
        return variable
    right = re.compile(rf"{known[0]}(\+\w+)?://")
    for one in dict.fromkeys((scheme, *known)):
        if all(right.match(rewrite.of(f"{one}://db")) is not None for rewrite in rewrites):
            return msgspec.structs.replace(variable, template=f"{one}://{rest}")
    return variable
