"""The .ini from which Paste Deploy makes an application, as `pserve production.ini` does it.

    [app:main]
    use = egg:shop

A function of its form, `main(global_config, **settings)`, is told in the metadata of the project's package,
or named in the file. https://docs.pylonsproject.org/projects/pyramid/en/latest/narr/paste.html
"""

from collections.abc import Iterator

from okamochi.detect.base import Detected
from okamochi.detect.source.flask_objects import FlaskObjects, Function
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Evidence
from okamochi.pypi.manifests.package_facts import read_package
from okamochi.pypi.manifests.setuptools_files import setup_cfg_sections
from okamochi.system.patterns import regex

__all__ = ["ini_for"]

FACTORIES = "paste.app_factory"
USE = regex(r"(?P<how>egg|call):(?P<what>[\w.-]+(?::\w+)?)(?:#(?P<name>[\w.-]+))?")
MADE_BY = regex(r"(?:app|composite|composit|pipeline|filter-app):(?P<name>[\w.-]+)")
WORDS = regex(r"[a-z]+")
OF_PRODUCTION = frozenset(["prod", "production", "live"])
OF_A_DESK = frozenset(["dev", "devel", "development", "local", "debug"])
OF_TESTS = frozenset(["test", "tests", "testing", "functest", "functests", "tox", "pytest", "ci"])


def ini_for(function: Function, objects: FlaskObjects) -> Detected[str] | None:
    """The file, production's first, with the section's name behind "#" where that is not main; None when no
    file leads to the function, or it takes no settings."""
    if function.node.args.kwarg is None:
        return None
    found = sorted(
        (rank_of(one.value), one.value, one)
        for path in objects.sources.project.files("**/*.ini")
        for one in _sections(path, function, objects)
    )
    return found[0][2] if found else None


def rank_of(path: str) -> int:
    words = words_of(path)
    return 0 if words & OF_PRODUCTION else 2 if words & OF_A_DESK else 1


def words_of(path: str) -> set[str]:
    return set(WORDS.findall(path.lower()))


def _sections(path: str, function: Function, objects: FlaskObjects) -> Iterator[Detected[str]]:
    if words_of(path) & OF_TESTS:
        return
    text = objects.sources.project.read_text(path) or ""
    sections = setup_cfg_sections(text) if "app:" in text else {}
    names = {
        made["name"]: name for name in sections for made in (MADE_BY.fullmatch(name),) if made is not None
    }
    for name, section in names.items():
        if section.startswith("app:") and _leads_to(sections[section], function, objects):
            loaded = "main" if "main" in names else name
            line = next(n for n, one in enumerate(text.splitlines(), 1) if one.strip() == f"[{section}]")
            reason = f"[{section}] makes the app with {function.node.name}()"
            reference = path if loaded == "main" else f"{path}#{loaded}"
            yield Detected(reference, (Evidence(path=path, line=line, reason=reason),))


def _leads_to(section: dict[str, str], function: Function, objects: FlaskObjects) -> bool:
    named = section.get(FACTORIES, "")
    use = USE.fullmatch(section.get("use", "").strip())
    if use is not None and use["how"] == "call":
        named = use["what"]
    elif use is not None:
        named = _of_the_package(use["what"], use["name"] or "main", objects.sources)
    module, _, name = named.strip().partition(":")
    path = objects.sources.find(module) if module and name else None
    found = objects.resolve(path, name) if path is not None else None
    return isinstance(found, Function) and found.node is function.node


def _of_the_package(project: str, name: str, sources: Sources) -> str:
    """What the metadata of the project's own package says of a factory, "" where it is another's."""
    facts = read_package(sources.project)
    if facts is None or project.lower().replace("_", "-") not in (facts.normalized, facts.name.lower()):
        return ""
    return dict(dict(facts.entry_points).get(FACTORIES, ())).get(name, "")
