"""A module that no requirement brings."""

import sys

from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.missing_configuration import missing_configuration
from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.import_names import distribution_of
from okamochi.run.proof.answer import Outcome
from okamochi.workflows.mending.failed import Failed, Mended
from okamochi.workflows.mending.hints.files.example import example_of_module
from okamochi.workflows.mending.lacking import is_own, package_without

PSYCOPG2 = frozenset({"psycopg2", "psycopg2-binary"})


def mend(failed: Failed) -> Mended:
    verdict, planned, installed = failed.verdict, failed.planned, failed.installed
    if failed.outcome is not Outcome.MISSING_MODULE or package_without(verdict.subject, installed):
        return None
    module = verdict.subject.partition(".")[0]
    if module in sys.stdlib_module_names or is_own(module, planned):
        return ()
    absent = missing_configuration(Sources(planned.project))
    if absent is not None and absent.module == module:
        return ()  # what an index has under that name is a stranger's
    if example_of_module(verdict.subject, planned.plan.application.import_root, planned.root):
        return ()  # config_sample.py is there for config.py
    requirement = distribution_of(module)
    why = "which no requirement brings"
    if module == "psycopg" and "sqlalchemy" in installed and not PSYCOPG2.isdisjoint(installed):
        # https://docs.sqlalchemy.org/en/21/changelog/migration_21.html
        why = (
            f"which SQLAlchemy {installed['sqlalchemy']} takes for postgresql://"
            " (postgresql+psycopg2:// would keep the project's psycopg2)"
        )
    reason = f"the proof could not import {verdict.subject}{verdict.place}, {why}"
    return (Correction.of(CorrectionKind.REQUIREMENT, requirement, reason),)
