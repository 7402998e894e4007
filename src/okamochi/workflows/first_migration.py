"""The first migration of a project, which is written at the desk: there the tables are made from the models
as long as no migration makes them, and a comparison finds nothing to write."""

import itertools
from pathlib import Path

from okamochi.model.plan import Plan
from okamochi.model.process import ProcessType
from okamochi.workflows.starting.project_folder import typed

__all__ = ["first_migration_hint", "writes_migration"]

MADE = "db.create_all()"


def writes_migration(argv: tuple[str, ...]) -> bool:
    """Whether a command compares the models with the database, to write down what differs."""
    return ("db", "migrate") in itertools.pairwise(argv) or "--autogenerate" in argv


def first_migration_hint(plan: Plan, argv: tuple[str, ...], root: Path) -> str:
    """Of a project that has none after the command either; "" for all others."""
    made = (one.argv[-1] for one in plan.processes if one.type is ProcessType.RELEASE)
    code = next((one for one in made if MADE in one), "")
    if not code:
        return ""
    dropped = typed(root, "exec", "--", "python", "-c", code.replace("create_all", "drop_all"))
    return (
        "no migration was written: the desk made its tables from the models, so nothing differs. For the "
        f"first one take them (and the desk's rows) away:\n{dropped}\nthen once more: "
        f"{typed(root, 'exec', '--', *argv)}, and {typed(root, 'dev')}"
    )
