"""What is wrong with the environment files at a project's root, and what its compose file makes of them."""

import posixpath
from collections.abc import Collection
from contextlib import suppress

from okamochi.detect.files.compose_cycles import compose_cycles
from okamochi.detect.variables.compose_variables import compose_variables
from okamochi.detect.variables.env_lint import lint_env_file
from okamochi.errors import OkamochiError
from okamochi.model.env_file import parse_env_file
from okamochi.model.finding import Finding
from okamochi.model.plan import Plan
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["env_findings", "files_with"]

ENV_FILE = regex(r"\.env(?:\..+)?|.+\.env")
# there to be copied and filled in: what they hold is no value yet
SAMPLE = regex(r"(?:^|[._-])(?:example|sample|template|dist|tpl)(?:$|[._-])")
OF_THE_DESK = regex(r"(?:^|[._/-])(?:dev|devel|development|local|tests?|testing|ci)(?:$|[._/-])")
# tests run beside their services or beside stand-ins, with values that are nobody's secret
OF_TESTS = regex(r"(?:^|[._-])(?:tests?|testing|e2e|fuzz)(?:$|[._-])")
OF_VALUES = frozenset({"env/placeholder", "env/blank", "env/loopback"})
LIMIT_CHARACTERS = 1_000_000


def files_with(project: ProjectFiles, names: Collection[str]) -> tuple[str, ...]:
    """Environment files of the project that give values to some of the names, those with the most first; the
    desk's after the others."""
    found: list[tuple[int, bool, str]] = []
    for path in (*project.files("*"), *project.files("*/*")):
        if ENV_FILE.fullmatch(posixpath.basename(path)) is None or SAMPLE.search(path) is not None:
            continue
        text = project.read_text(path)
        with suppress(OkamochiError):
            given = dict(parse_env_file(text or "", where=path).values)
            number = sum(1 for name in names if given.get(name))
            if number:
                found.append((-number, OF_THE_DESK.search(path) is not None, path))
    return tuple(path for _, _, path in sorted(found))


def env_findings(plan: Plan, project: ProjectFiles) -> tuple[Finding, ...]:
    composed = compose_variables(project)
    found: list[Finding] = []
    for path in sorted(one for one in project.files("*") if ENV_FILE.fullmatch(one)):
        text = project.read_text(path)
        if text is None or len(text) > LIMIT_CHARACTERS:
            continue
        try:
            linted = lint_env_file(
                plan,
                text.removeprefix("\ufeff"),
                where=path,
                composed=composed.given,
                referred=composed.referred,
            )
        except OkamochiError:
            continue  # whoever uses it is told
        filled = SAMPLE.search(path) is None and OF_TESTS.search(path) is None
        found += [one for one in linted if filled or one.rule not in OF_VALUES]
    return (*found, *composed.findings, *compose_cycles(project))
