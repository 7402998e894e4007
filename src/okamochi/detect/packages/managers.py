"""Which dependency manager rules: locks first, then manifests, ranked by what they say about the app."""

import posixpath
import re
from collections.abc import Callable, Iterator

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.packages.pyproject import PATH as PYPROJECT
from okamochi.detect.packages.pyproject import Pyproject
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Dependencies, DependencyManager
from okamochi.model.rendered_mark import text_by_people
from okamochi.pypi.manifests.named_sources import workspace_folder
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles
from okamochi.system.tables import table_of

__all__ = ["CONDA_FILES", "LOCKS", "WEB", "locked_candidates", "other_manifests"]

# distributions that serve or are a web framework: what installs none of them is not the app's own list
WEB = regex(
    r"(flask|apiflask|quart|fastapi|starlette|litestar|django|streamlit(-nightly)?|dash|gradio|panel|bokeh|aiohttp"
    r"|bottle|cherrypy|sanic|tornado|falcon|pyramid|connexion|nicegui|chainlit|shiny|marimo|solara|taipy(-gui)?|mesop|python-fasthtml|reflex|robyn|blacksheep|flask-[a-z-]+"
    r"|django-[a-z-]+|fastapi-slim)",
    re.IGNORECASE,
)
# what is no part of the running app, by the usual names of its group
OF_THE_DESK = regex(
    r".*(dev|test|lint|doc|typ(e|ing)|format|style|check|ci|bench|notebook|example|build).*", re.IGNORECASE
)
# pip's options with a value that could be a package's name: https://pip.pypa.io/en/stable/cli/pip_install/
WITH_VALUE = regex(
    r"-[rcefit]|--(requirement|constraint|editable|find-links|index-url|extra-index-url|target|group|no-binary"
    r"|only-binary|trusted-host|upgrade-strategy|progress-bar|root|prefix|src|platform|python-version"
    r"|implementation|abi|cache-dir|log|proxy|retries|timeout|exists-action|cert|client-cert|python|report"
    r"|root-user-action|config-settings?|global-option|use-feature|use-deprecated|resume-retries|keyring-provider)"
)
PRODUCTION_GROUPS = ("prod", "production", "web", "deploy", "server")
CONDA_FILES = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")

LOCKS: tuple[tuple[str, DependencyManager], ...] = (
    ("uv.lock", DependencyManager.UV),
    ("poetry.lock", DependencyManager.POETRY),
    ("pdm.lock", DependencyManager.PDM),
    ("Pipfile.lock", DependencyManager.PIPENV),
    ("pylock.toml", DependencyManager.PYLOCK),
)


def locked_candidates(project: ProjectFiles, pyproject: Pyproject) -> tuple[Detected[Dependencies], ...]:
    """One for each lock that belongs to a manifest; those that a tool's own table names come first."""
    found: list[tuple[int, Detected[Dependencies]]] = []
    for order, (name, manager) in enumerate(LOCKS):
        manifest = "Pipfile" if manager is DependencyManager.PIPENV else PYPROJECT
        lock = name if project.exists(name) else workspace_lock(project, manager)
        if not lock:
            continue
        if manager is DependencyManager.POETRY and not says_poetry(pyproject):
            continue
        if manager in (DependencyManager.UV, DependencyManager.PDM) and not pyproject.exists:
            continue
        named = manager.value in pyproject.tool or manager is DependencyManager.PIPENV
        inputs = tuple(path for path in (lock, manifest) if project.exists(path))
        groups = production_groups(pyproject, manager)
        told = group_evidence(groups)
        if manager is DependencyManager.PIPENV and is_all_of_the_desk(project):
            groups, told = ("develop",), (Evidence(path="Pipfile", reason="[dev-packages] alone lists any"),)
        dependencies = Dependencies(manager=manager, lock_file=lock, groups=groups, input_files=inputs)
        reason = f"{manager.value}'s lock: its pins and hashes are what is installed"
        evidence = (Evidence(path=lock, reason=reason), *told)
        found.append((order if named else order + 10, Detected(dependencies, evidence)))
    return tuple(candidate for _, candidate in sorted(found, key=lambda one: one[0]))


def is_all_of_the_desk(project: ProjectFiles) -> bool:
    """Whether a Pipfile lists the app's packages among those for development, and no others."""
    from okamochi.pypi.manifests.pipfile_tables import pipfile_specifiers

    lists = project.exists("Pipfile") and not pipfile_specifiers(project)
    return lists and bool(pipfile_specifiers(project, section="dev-packages"))


def workspace_lock(project: ProjectFiles, manager: DependencyManager) -> str:
    """The lock of the uv workspace that the project is a member of; "" when there is none."""
    if manager is not DependencyManager.UV or not project.exists(PYPROJECT):
        return ""
    shared = workspace_folder(project)
    path = posixpath.join(shared, "uv.lock") if shared else ""
    return path if path and project.exists(path) else ""


def says_poetry(pyproject: Pyproject) -> bool:
    return "poetry" in pyproject.tool or bool(pyproject.project)


def group_evidence(groups: tuple[str, ...]) -> tuple[Evidence, ...]:
    if not groups:
        return ()
    return (Evidence(path=PYPROJECT, reason=f"groups for production: {', '.join(groups)}"),)


def production_groups(pyproject: Pyproject, manager: DependencyManager) -> tuple[str, ...]:
    if manager is DependencyManager.POETRY:
        names = tuple(table_of(pyproject.tool, "poetry", "group"))
    else:
        names = pyproject.groups
    return tuple(name for name in names if name.lower() in PRODUCTION_GROUPS)


class Manifest(msgspec.Struct, frozen=True):
    """A way to find dependency specifiers in a file without running it."""

    manager: DependencyManager
    path: str
    read: Callable[[ProjectFiles, str], tuple[str, ...] | None]
    reason: str


def other_manifests(project: ProjectFiles, pyproject: Pyproject) -> Iterator[Detected[Dependencies]]:
    """Manifests without a lock, best first; those that list nothing are passed over."""
    grouped = groups_of_the_app(pyproject)
    if grouped:
        groups, listed = grouped
        reason = f"dependency groups: {', '.join(groups)}"
        yield Detected(
            Dependencies(manager=DependencyManager.PIP, inline=listed, input_files=(PYPROJECT,)),
            (Evidence(path=PYPROJECT, line=pyproject.line_of(groups[0]), reason=reason),),
        )
    for manifest in manifests(project, pyproject):
        specifiers = manifest.read(project, manifest.path)
        if specifiers:
            dependencies = Dependencies(
                manager=manifest.manager, inline=specifiers, input_files=(manifest.path,)
            )
            yield Detected(dependencies, (Evidence(path=manifest.path, reason=manifest.reason),))


def groups_of_the_app(pyproject: Pyproject) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Of a pyproject.toml without a project table, which is nothing but groups (pip install --group main):
    those that are not for the desk by their name, and what they ask for. None where none has a framework."""
    if pyproject.project or "poetry" in pyproject.tool:
        return None
    names = tuple(one for one in pyproject.groups if OF_THE_DESK.fullmatch(one) is None)
    asked = tuple(dict.fromkeys(one for name in names for one in pyproject.group(name)))
    if not any(WEB.fullmatch(re.split(r"[^\w.-]", one.strip())[0]) for one in asked):
        return None
    return names, asked


def manifests(project: ProjectFiles, pyproject: Pyproject) -> Iterator[Manifest]:
    if "poetry" in pyproject.tool:
        yield Manifest(DependencyManager.POETRY, PYPROJECT, poetry_list, "[tool.poetry] without a lock")
    if project.exists("Pipfile"):
        section = "[dev-packages]" if is_all_of_the_desk(project) else "[packages]"
        yield Manifest(DependencyManager.PIPENV, "Pipfile", pipfile_list, f"{section}, never locked")
    if project.exists("setup.cfg"):
        yield Manifest(DependencyManager.SETUPTOOLS, "setup.cfg", setup_cfg_list, "install_requires")
    if project.exists("setup.py"):
        yield Manifest(DependencyManager.SETUPTOOLS, "setup.py", setup_py_list, "install_requires")
    for path in CONDA_FILES:
        if project.exists(path):
            reason = "conda's list: packages of the same name in the index, and its pip part"
            yield Manifest(DependencyManager.CONDA, path, conda_list, reason)
    for path in ("Dockerfile", "docker/Dockerfile", "Dockerfile.prod"):
        if text_by_people(project, path) is not None:
            yield Manifest(DependencyManager.PIP, path, dockerfile_list, "RUN pip install")


def poetry_list(project: ProjectFiles, path: str) -> tuple[str, ...]:
    from okamochi.pypi.manifests.poetry_tables import poetry_specifiers

    return poetry_specifiers(project, (), ())


def pipfile_list(project: ProjectFiles, path: str) -> tuple[str, ...]:
    from okamochi.pypi.manifests.pipfile_tables import pipfile_specifiers

    return pipfile_specifiers(project, path) or pipfile_specifiers(project, path, "dev-packages")


def setup_cfg_list(project: ProjectFiles, path: str) -> tuple[str, ...] | None:
    from okamochi.pypi.manifests.setuptools_files import setup_cfg_specifiers

    return setup_cfg_specifiers(project, path)


def setup_py_list(project: ProjectFiles, path: str) -> tuple[str, ...] | None:
    from okamochi.pypi.manifests.setuptools_files import setup_py_specifiers

    return setup_py_specifiers(project, path)


def conda_list(project: ProjectFiles, path: str) -> tuple[str, ...]:
    from okamochi.pypi.manifests.conda import read_conda_environment

    found = read_conda_environment(project, path)
    return (*found.conda, *found.pip)


def dockerfile_list(project: ProjectFiles, path: str) -> tuple[str, ...]:
    """Names and specifiers after `pip install`, without options, files and variables."""
    text = re.sub(r"\\\s*\n", " ", project.read_text(path) or "")
    found: list[str] = []
    for command in re.findall(r"\bpip3?\s+install\s+([^&|;\n]+)", text):
        words = iter(re.findall(r"\"[^\"]*\"|'[^']*'|\S+", command))
        for word in words:
            bare = word.strip("\"'")
            if WITH_VALUE.fullmatch(bare):
                next(words, "")
            elif re.fullmatch(r"[A-Za-z0-9][\w.-]*(\[[\w,.-]+\])?([<>=!~]=?[\w.*,<>=!~]+)?", bare):
                found.append(bare)
    own = {"pip", "setuptools", "wheel", "pipenv", "poetry", "uv", "pdm"}
    return tuple(one for one in dict.fromkeys(found) if re.split(r"[<>=!~\[]", one)[0].lower() not in own)
