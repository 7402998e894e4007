"""Whether the project is a package that is meant to be installed, and what its metadata would say."""

from okamochi.detect.base import Detected
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import LocalPackage
from okamochi.pypi.manifests.package_facts import PackageFacts, read_package
from okamochi.pypi.requirement_line import RequirementLine
from okamochi.system.patterns import line_of, regex

__all__ = ["own_package", "own_package_decision"]

ASKS = regex(
    r"\b(?:version|metadata|distribution|entry_points|get_distribution|require|iter_entry_points)\(\s*"
    r"(?:group\s*=\s*)?(?:[\"'](?P<name>[\w.-]+)[\"']|(?P<own>__name__|__package__))"
)
METADATA_MODULES = ("importlib.metadata", "importlib_metadata", "pkg_resources")


def own_package(
    sources: Sources, *, wanted: RequirementLine | None = None
) -> Detected[tuple[LocalPackage, PackageFacts]] | None:
    """The project itself, when its build tool or its scripts say that it is installed, a requirement file
    asks for it (`wanted`), or its code asks for its metadata; None for a folder of modules that nobody
    installs."""
    facts = read_package(sources.project)
    if facts is None:
        return None
    asked = asked_for(sources, facts)
    if not facts.installs and asked is None and wanted is None:
        return None
    points = sum(len(listed) for _, listed in facts.entry_points)
    scripts = f", with {points} entry point{'s' if points > 1 else ''}" if points else ""
    reason = f"names the package {facts.name}{scripts}"
    evidence = [Evidence(path=facts.manifest, reason=reason)]
    if facts.version:
        evidence.append(Evidence(path=facts.version_place, reason=f"version {facts.version}"))
    if wanted is not None:
        evidence.append(Evidence(path=wanted.path, line=wanted.line, reason=f"asks for {wanted.specifier}"))
    evidence += [asked] if asked is not None else []
    package = LocalPackage(name=facts.normalized, path="", editable=True)
    return Detected((package, facts), tuple(evidence))


def asked_for(sources: Sources, facts: PackageFacts) -> Evidence | None:
    """Where the code asks for the metadata or the plugins of the project's own package."""
    names = {
        facts.normalized,
        facts.normalized.replace("-", "_"),
        *(group for group, _ in facts.entry_points),
    }
    for word in METADATA_MODULES:
        for module in sources.mentioning(word):
            for found in ASKS.finditer(module.text):
                if found["own"] or found["name"].lower() in names or found["name"] == facts.name:
                    return Evidence(path=module.path, line=line_of(found), reason="asks for the metadata")
    return None


def own_package_decision(found: Detected[tuple[LocalPackage, PackageFacts]]) -> Decision:
    package, facts = found.value
    shown = f"{package.name} {facts.version}" if facts.version else package.name
    unknown = (
        "its version is what git's tags tell" if facts.from_tags else "no file tells its version: 0 is taken"
    )
    told = "" if facts.version else f"; {unknown}"
    return Decision.detected(
        "dependencies.local",
        f"{shown} counts as installed, its source stays in the app's folder{told}",
        found.evidence,
    )
