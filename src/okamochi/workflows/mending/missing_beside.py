"""What the file whose import failed imports besides, and nothing brings either: added in the same round.

Each round is a build and a proof, and a list that lacks one package often lacks all that came later.
"""

import ast
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from okamochi.detect.source.sources import Sources
from okamochi.model.correction import Correction, CorrectionKind, is_sound
from okamochi.model.import_names import distribution_of, is_known
from okamochi.model.plan import APP_ROOT
from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.workflows.mending.lacking import is_own

if TYPE_CHECKING:
    from okamochi.workflows.plan import PlannedProject

__all__ = ["missing_beside"]

# extensions bear the name of their module; another module can come with a package of any name
EXTENSIONS = ("flask_", "django_")


def missing_beside(
    verdict: Verdict,
    planned: "PlannedProject",
    installed: Mapping[str, str],
    refused: Collection[tuple[str, str]],
    is_meant: Callable[[str, str], bool],
) -> Iterator[Correction]:
    """Of statements that run whenever the file does. `planned` has the correction for what failed itself;
    `is_meant` whether there is evidence for a module's package."""
    where = verdict.cause.where if verdict.cause is not None else ""
    path, _, line = where.removeprefix(f"{APP_ROOT}/").rpartition(":")
    if verdict.outcome is not Outcome.MISSING_MODULE or not where.startswith(f"{APP_ROOT}/"):
        return
    asked = {one.key for one in planned.corrections} | set(refused)
    for module in _imported(Sources(planned.project), path, int(line) if line.isdigit() else 0):
        requirement = distribution_of(module)
        if _is_brought(requirement, installed) or is_own(module, planned):
            continue
        if (str(CorrectionKind.REQUIREMENT), requirement) in asked:
            continue
        found = Correction(
            kind=CorrectionKind.REQUIREMENT,
            value=requirement,
            reason=f"{path} imports {module} as well, which no requirement brings",
        )
        if is_sound(found) and is_meant(module, requirement):
            yield found


def _is_brought(requirement: str, installed: Mapping[str, str]) -> bool:
    """By itself, or perhaps by one that bears its name and more, as forks and variants do: psycopg2-binary,
    flask-security-too. If it is not, the next proof says so."""
    name = canonicalize_name(requirement)
    return any(one == name or one.startswith(f"{name}-") for one in installed)


def _imported(sources: Sources, path: str, line: int) -> tuple[str, ...]:
    """Below the line that failed; those above it are there."""
    names: list[str] = []
    for node in sources.module(path).tree.body if path in sources.known else ():
        if isinstance(node, ast.Import) and node.lineno > line:
            names += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.lineno > line and not node.level and node.module:
            names.append(node.module.partition(".")[0])
    wanted = (one for one in names if is_known(one) or one.startswith(EXTENSIONS))
    return tuple(one for one in dict.fromkeys(wanted) if one not in sys.stdlib_module_names)
