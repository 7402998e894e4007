"""Addresses of services in what a project publishes, its environment files and its compose file: which kind a
variable leads to.

    .env: SQLALCHEMY_DATABASE_URI=postgresql://me:secret@localhost/shop   a PostgreSQL
    docker-compose.yml: RABBIT_MQ_URL: amqp://me:secret@rabbit:5672       a RabbitMQ

Only the name and the scheme count. The values are a desk's, or examples, and never leave the file.
"""

from collections.abc import Callable

import msgspec

from okamochi.detect.files.compose_files import given_texts
from okamochi.detect.files.ignore import gitignore_lines
from okamochi.detect.files.left_out import left_out
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.words import word_tuple

__all__ = ["StatedAddress", "stated_addresses"]

FILES = word_tuple(
    ".env .flaskenv .env.production .env.prod .env.docker .env.example .env.sample .env.template .env.dist "
    "env.example example.env sample.env"
)
LINE = regex(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*[\"']?(?P<url>[a-z][a-z0-9+]*://\S*)")
TAKES_ALL = regex(
    r"\bfrom_prefixed_env\(\s*(?:prefix\s*=\s*)?(?:[\"'](?P<flask>\w+)[\"'])?"
    r"|\benvvar_prefix\s*=\s*[\"'](?P<dynaconf>\w+)[\"']|\bimport\s+(?:Flask)?Dynaconf"
)
MOST_LINES = 2000


class StatedAddress(msgspec.Struct, frozen=True):
    """`taken`: a configuration of the app takes all variables of such a name."""

    name: str
    scheme: str
    evidence: Evidence
    taken: bool


def stated_addresses(
    sources: Sources, reached: Reached, scheme_of: Callable[[str], str]
) -> tuple[StatedAddress, ...]:
    """One for a name, the first that a file says. `scheme_of` tells the scheme of a service's URL, "" for any
    other. A file that .gitignore names is one person's, and says nothing."""
    project = sources.project
    found: dict[str, StatedAddress] = {}
    prefixes: tuple[str, ...] | None = None
    for name, value, path, number in given_texts(project):
        scheme = scheme_of(value)
        if scheme and name not in found:
            place = Evidence(path=path, line=number, reason=f"gives {name} a URL of {scheme}")
            found[name] = StatedAddress(name, scheme, place, False)
    for path in FILES:
        text = project.read_text(path) if project.exists(path) else None
        if text is None or "://" not in text or is_ignored(project, path):
            continue
        for number, line in enumerate(text.splitlines()[:MOST_LINES], 1):
            match = LINE.match(line)
            scheme = scheme_of(match["url"]) if match is not None else ""
            if match is not None and scheme and match["name"] not in found:
                name = match["name"]
                prefixes = taken_prefixes(sources, reached) if prefixes is None else prefixes
                place = Evidence(path=path, line=number, reason=f"gives {name} a URL of {scheme}")
                found[name] = StatedAddress(name, scheme, place, name.startswith(prefixes))
    return tuple(found.values())


def taken_prefixes(sources: Sources, reached: Reached) -> tuple[str, ...]:
    """FLASK_ for app.config.from_prefixed_env() of Flask, DYNACONF_ and the like for Dynaconf."""
    found: set[str] = set()
    for path in reached.paths:
        text = sources.text(path)
        for match in TAKES_ALL.finditer(text) if "prefix" in text or "ynaconf" in text else ():
            said = match["flask"] or match["dynaconf"]
            usual = ("DYNACONF_", "FLASK_") if match[0].lower().endswith("dynaconf") else ("FLASK_",)
            found.update((f"{said}_",) if said else usual)
    return tuple(sorted(found))


def is_ignored(project: ProjectFiles, path: str) -> bool:
    lines = gitignore_lines(project.read_text(".gitignore") or "")
    return left_out(tuple(pattern for _, pattern in lines))(path) if lines else False
