"""What the project asks for at the desk: groups, extras and requirement files that production leaves out."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from okamochi.detect.packages.pyproject import PATH as PYPROJECT
from okamochi.detect.packages.pyproject import Pyproject
from okamochi.errors import OkamochiError
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import Dependencies, DependencyManager, Development
from okamochi.model.process import EnvironmentVariable, VariableKind
from okamochi.pypi.requirements import read_requirements
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["choose_development"]

FILE = regex(
    r"(?:requirements?|reqs?|deps)/(?P<inner>[\w.-]+)\.(?:txt|in)|(?P<outer>[\w.-]*(?:requirements?|reqs)[\w.-]*)\.(?:txt|in)",
    re.IGNORECASE,
)
WORD = regex(r"(?:^|[-_.])(dev|develop|development|local)(?:$|[-_.])", re.IGNORECASE)
TEST_WORD = regex(r"(?:^|[-_.])(tests?|testing)(?:$|[-_.])", re.IGNORECASE)
NAMES = ("dev", "develop", "development", "local")
TEST_NAMES = ("test", "tests", "testing")
DEBUG = regex(r"(DJANGO_|APP_)?DEBUG")
MOST_SHOWN = 4
OPPOSITE = {"false": "true", "0": "1", "no": "yes", "off": "on", "n": "y", "f": "t"}


def choose_development(
    project: ProjectFiles,
    pyproject: Pyproject,
    dependencies: Dependencies,
    environment: Iterable[EnvironmentVariable],
) -> tuple[Development, tuple[Decision, ...]]:
    """Empty, with no decision, when the project asks for nothing more."""
    found, evidence = _asked(project, pyproject, dependencies)
    switches = tuple(debug_switches(environment))
    found = msgspec.structs.replace(found, environment=switches)
    decisions = []
    if evidence:
        summary = f"at the desk also {', '.join(_shown(found))}"
        decisions.append(Decision.detected("development", summary, evidence))
    return found, tuple(decisions)


def _shown(found: Development) -> Iterator[str]:
    yield from (f"the group {name}" for name in found.groups)
    yield from (f"the extra {name}" for name in found.extras)
    yield from found.files
    if found.specifiers and not (found.groups or found.extras or found.files):
        more = len(found.specifiers) - MOST_SHOWN
        yield ", ".join(found.specifiers[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _asked(
    project: ProjectFiles, pyproject: Pyproject, dependencies: Dependencies
) -> tuple[Development, tuple[Evidence, ...]]:
    match dependencies.manager:
        case DependencyManager.POETRY | DependencyManager.PYPROJECT:
            found = _poetry(project, pyproject, dependencies)
        case DependencyManager.PIPENV:
            found = _pipenv(project, dependencies)
        case DependencyManager.UV | DependencyManager.PDM:
            found = _locked_groups(pyproject, dependencies)
        case _:
            found = None
    if found is None:
        found = _tables(pyproject, dependencies) or _files(project, dependencies)
    return found if found is not None else (Development(), ())


Asked = tuple[Development, tuple[Evidence, ...]]


def _poetry(project: ProjectFiles, pyproject: Pyproject, dependencies: Dependencies) -> Asked | None:
    """Every group that `poetry install` installs: those that are not optional."""
    poetry = table_of(pyproject.tool, "poetry")
    tables = table_of(poetry, "group")
    names = [name for name in tables if not table_of(tables, name).get("optional")]
    if "dev-dependencies" in poetry and "dev" not in names:
        names.append("dev")
    groups = tuple(name for name in names if name not in dependencies.groups)
    if not groups:
        return None
    evidence = (_place(pyproject, "the groups that poetry installs", r"tool\.poetry\.(group|dev-dep)"),)
    from okamochi.pypi.manifests.poetry_tables import poetry_specifiers

    main = poetry_specifiers(project, dependencies.groups, dependencies.extras)
    listed = tuple(one for one in poetry_specifiers(project, groups, ()) if one not in main)
    named = groups if dependencies.lock_file else ()
    return Development(groups=named, specifiers=listed, input_files=(PYPROJECT,)), evidence


def _pipenv(project: ProjectFiles, dependencies: Dependencies) -> Asked | None:
    from okamochi.pypi.manifests.pipfile_tables import pipfile_specifiers

    listed = pipfile_specifiers(project, "Pipfile", "dev-packages") if project.exists("Pipfile") else ()
    taken = set(dependencies.inline)
    if not listed or "develop" in dependencies.groups or taken.issuperset(listed):
        return None
    evidence = (Evidence(path="Pipfile", reason="[dev-packages]"),)
    groups = ("develop",) if dependencies.lock_file else ()
    return Development(groups=groups, specifiers=listed, input_files=("Pipfile",)), evidence


def _locked_groups(pyproject: Pyproject, dependencies: Dependencies) -> Asked | None:
    """uv installs the group dev, or those of default-groups; pdm all of its development groups."""
    tool = table_of(pyproject.tool, dependencies.manager.value)
    old = tool.get("dev-dependencies")
    defaults = tool.get("default-groups")
    if defaults == "all" or (isinstance(old, dict) and old):
        names = [*pyproject.groups, *(old if isinstance(old, dict) else ())]
    elif isinstance(defaults, list):
        names = [str(name) for name in defaults]
    else:
        names = [name for name in pyproject.groups if name.lower() in NAMES]
        names = names or [name for name in pyproject.groups if name.lower() in TEST_NAMES]
        if isinstance(old, list) and old and "dev" not in names:
            names.append("dev")
    groups = tuple(name for name in dict.fromkeys(names) if name not in dependencies.groups)
    if groups and dependencies.lock_file:
        reason = f"the groups that {dependencies.manager.value} installs"
        listed = tuple(one for name in groups for one in (*pyproject.group(name), *_old_group(old, name)))
        found = Development(groups=groups, specifiers=listed, input_files=(PYPROJECT,))
        return found, (_place(pyproject, reason, r"dev-dep|dependency-groups"),)
    extra = _extra(pyproject, dependencies)
    if extra and dependencies.lock_file:
        listed = dict(pyproject.extras)[extra]
        found = Development(extras=(extra,), specifiers=listed, input_files=(PYPROJECT,))
        return found, (_place(pyproject, f"the extra {extra}", rf"^{re.escape(extra)}\s*="),)
    return None


def _old_group(old: object, name: str) -> tuple[str, ...]:
    """Of a table of the tool's own, from before dependency groups: uv has one list, pdm a table of lists."""
    listed = old.get(name) if isinstance(old, dict) else old if name == "dev" else ()
    return tuple(map(str, listed)) if isinstance(listed, list) else ()


def _tables(pyproject: Pyproject, dependencies: Dependencies) -> Asked | None:
    """A dependency group (PEP 735) or an extra named for development, as specifiers."""
    for names in (NAMES, TEST_NAMES):
        for name in pyproject.groups:
            inline = pyproject.group(name) if name.lower() in names else ()
            if inline:
                place = _place(pyproject, f"the group {name}", rf"^{re.escape(name)}\s*=")
                return Development(specifiers=inline, input_files=(PYPROJECT,)), (place,)
    extra = _extra(pyproject, dependencies)
    inline = dict(pyproject.extras).get(extra, ())
    own = pyproject.string("name").lower()
    inline = tuple(one for one in inline if not own or re.split(r"[\[<>=!~; @]", one)[0].lower() != own)
    if not inline:
        return None
    place = _place(pyproject, f"the extra {extra}", rf"^{re.escape(extra)}\s*=")
    return Development(specifiers=inline, input_files=(PYPROJECT,)), (place,)


def _extra(pyproject: Pyproject, dependencies: Dependencies) -> str:
    names = [name for name, _ in pyproject.extras if name not in dependencies.extras]
    for known in (NAMES, TEST_NAMES):
        found = next((name for name in names if name.lower() in known), "")
        if found:
            return found
    return ""


def _files(project: ProjectFiles, dependencies: Dependencies) -> Asked | None:
    """The requirement file that is named for development; else the one for tests. Compiled ones go first."""
    candidates = sorted(
        project.files("*.*") + project.files("*/*.*"), key=lambda path: (path.endswith(".in"), path)
    )
    named = [
        (path, match["inner"] or match["outer"]) for path in candidates if (match := FILE.fullmatch(path))
    ]
    for word in (WORD, TEST_WORD):
        found = next(
            (path for path, stem in named if word.search(stem) and path not in dependencies.files), ""
        )
        if found:
            evidence = (Evidence(path=found, reason="the requirement file for development"),)
            listed, inputs = _listed(project, found, dependencies)
            return Development(files=(found,), specifiers=listed, input_files=inputs), evidence
    return None


def _listed(
    project: ProjectFiles, path: str, dependencies: Dependencies
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the file asks for beyond production's, and all files that it is made of; what is wrong with it is
    told when it is installed."""
    try:
        found = read_requirements(project, (path,))
    except OkamochiError:
        return (), (path,)
    lines = (one.specifier for one in found.lines if one.path not in dependencies.input_files)
    return tuple(dict.fromkeys(lines)), found.input_files


def debug_switches(environment: Iterable[EnvironmentVariable]) -> Iterator[tuple[str, str]]:
    """The opposite of the code's own default, spelled in its way; a default that says nothing is left."""
    for variable in environment:
        default = variable.default or ""
        if DEBUG.fullmatch(variable.name) is None or variable.kind is not VariableKind.PLAIN:
            continue
        opposite = OPPOSITE.get(default.lower(), "")
        if opposite:
            yield variable.name, opposite.title() if default.istitle() else opposite


def _place(pyproject: Pyproject, reason: str, pattern: str) -> Evidence:
    lines = pyproject.text.splitlines()
    line = next((number for number, one in enumerate(lines, 1) if re.search(pattern, one)), 0)
    return Evidence(path=PYPROJECT, line=line, reason=reason)
