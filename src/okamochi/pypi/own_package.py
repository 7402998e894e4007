"""`-e .` in a requirement file: the project's own package, whose dependencies are meant."""

import re
from collections.abc import Iterator

import msgspec
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from okamochi.errors import DetectionError, PlanError
from okamochi.pypi.direct_references import is_git
from okamochi.pypi.manifests.named_sources import named_sources, with_source
from okamochi.pypi.manifests.package_facts import PackageFacts, read_package
from okamochi.pypi.requirement_line import RequirementLine, bad_line, read_line
from okamochi.system.data_text import NoDataError, toml_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["ITSELF", "dependencies_of_itself", "is_own_repository", "own_facts"]

ITSELF = regex(r"(?:\.|\./|file:\.)(?:\[(?P<extras>[^\]]*)\])?(?:\s*;\s*(?P<marker>.+))?")


def is_own_repository(project: ProjectFiles, line: RequirementLine) -> bool:
    """`-e git+https://.../shop.git@COMMIT#egg=shop`, as pip freeze tells of a project that was installed from
    its own folder: all that it depends on stands beside that line."""
    if not is_git(line.place):
        return False
    facts = read_package(project)
    return facts is not None and facts.normalized == line.name


def own_facts(project: ProjectFiles, where: str) -> PackageFacts:
    """DetectionError for a pyproject.toml that cannot be read, PlanError where no file lists dependencies."""
    try:
        toml_of(project.read_text("pyproject.toml") or "")
    except NoDataError as problem:
        raise DetectionError(
            f"pyproject.toml is no valid TOML: {problem}", where="pyproject.toml", hint=f"needed by {where}"
        ) from None
    facts = read_package(project)
    if facts is None or facts.dependencies is None:
        raise PlanError(
            "the project itself is asked for, but its files do not list its dependencies",
            where=where,
            hint="write them into [project] dependencies of pyproject.toml; setup.py is never executed",
        )
    return facts


def dependencies_of_itself(
    project: ProjectFiles, facts: PackageFacts, found: re.Match[str], where: str
) -> Iterator[RequirementLine]:
    """With those of the extras that the line names, and under its marker."""
    extras = [extra.strip() for extra in (found["extras"] or "").split(",") if extra.strip()]
    optional = {canonicalize_name(extra): listed for extra, listed in facts.extras}
    missing = [extra for extra in extras if canonicalize_name(extra) not in optional]
    if missing:
        raise DetectionError(
            f"{facts.manifest} defines no extra {missing[0]!r}",
            where=where,
            hint="correct the extra's name; project.optional-dependencies lists those that exist",
        )
    text, sources = project.read_text(facts.manifest) or "", named_sources(project)
    wanted = [*(facts.dependencies or ()), *(item for e in extras for item in optional[canonicalize_name(e)])]
    for specifier in wanted:
        marked = _marked(with_source(specifier, sources), found["marker"], where)
        number = _line_with(text, specifier)
        yield msgspec.structs.replace(
            read_line(marked, path=facts.manifest, line=0, project=project), line=number
        )


def _marked(specifier: str, marker: str | None, where: str) -> str:
    if not marker:
        return specifier
    try:
        own = Requirement(specifier)
        own.marker = Marker(f"({own.marker}) and ({marker})" if own.marker else marker)
    except (ValueError, RecursionError) as problem:
        raise bad_line("this is no valid marker", f"{marker} ({problem})", where) from None
    return str(own)


def _line_with(text: str, specifier: str) -> int:
    """The line of pyproject.toml on which the specifier stands; 0 when it is not found."""
    quoted = (f'"{specifier}"', f"'{specifier}'")
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if any(one in line for one in quoted)), 0)
