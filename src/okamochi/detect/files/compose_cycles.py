"""Services of the project's own compose file that wait for each other: Compose refuses such a file."""

from collections.abc import Iterator, Mapping

from okamochi.detect.files.compose_files import composed
from okamochi.model.evidence import Evidence
from okamochi.model.finding import Finding, Severity
from okamochi.system.project_files import ProjectFiles

__all__ = ["compose_cycles"]


def compose_cycles(project: ProjectFiles) -> Iterator[Finding]:
    """One finding, with the whole way round. okamochi's own stack does not take over what waits for what."""
    services = composed(project)
    way = round_trip({one.name: needs(one.settings.get("depends_on")) for one in services})
    if not way:
        return
    first = next(one for one in services if one.name == way[0])
    message = (
        f"depends_on goes round in a circle: {' -> '.join((*way, way[0]))}; docker compose refuses the file"
    )
    yield Finding(
        rule="compose/circle",
        severity=Severity.WARNING,
        message=message,
        hint="let one of them start without the other; okamochi orders its own stack by itself",
        evidence=(Evidence(path=first.path, line=first.line_of(f"{first.name}:"), reason=message),),
    )


def needs(value: object) -> tuple[str, ...]:
    """A list of names, or a mapping of them to conditions."""
    return tuple(str(one) for one in value) if isinstance(value, list | dict) else ()


def round_trip(graph: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The services of one circle, in their order; empty when there is none."""
    done: set[str] = set()
    for start in sorted(graph):
        way: list[str] = []
        waiting = [(start, iter(graph[start]))]
        while waiting:
            name, further = waiting[-1]
            if len(way) < len(waiting):
                way.append(name)
            following = next((one for one in further if one in graph and one not in done), None)
            if following is None:
                done.add(name)
                waiting.pop()
                way.pop()
            elif following in way:
                return tuple(way[way.index(following) :])
            else:
                waiting.append((following, iter(graph[following])))
    return ()
