"""From facts and settings to the plan, every decision with its evidence."""

from collections.abc import Callable, Mapping

from okamochi.detect.app_data import app_data
from okamochi.detect.data.shipped_databases import left_behind, patterns_for, shipped_decisions
from okamochi.detect.files.app_tests import tests_of_the_app
from okamochi.detect.files.ignore import exclude_patterns
from okamochi.detect.files.kept_elsewhere import kept_elsewhere
from okamochi.detect.files.left_out import left_out
from okamochi.detect.files.unread_files import unread_files
from okamochi.detect.given_values import domain_of, size_of_tmp, worker_profile
from okamochi.detect.packages.chosen_base import choose_base
from okamochi.detect.packages.development import choose_development
from okamochi.detect.packages.native import native_facts
from okamochi.detect.packages.stated_packages import package_decisions
from okamochi.detect.running import running_of
from okamochi.detect.services.first_tables import with_first_tables
from okamochi.detect.services.found import name_for_database
from okamochi.detect.services.mail import mail_catcher
from okamochi.detect.serving.application import application_decisions, application_of
from okamochi.detect.serving.started_inside import started_inside
from okamochi.detect.source.parsed_arguments import parsed_arguments
from okamochi.detect.source.unreadable import nested_too_deep, refuse_unreadable, unread_modules
from okamochi.detect.understanding import Understood, understood
from okamochi.detect.warnings import warnings
from okamochi.model.check import checked
from okamochi.model.plan import AppSource, Plan, ServerInterface
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import ProjectFiles

__all__ = ["make_plan"]

NO_OVERRIDES: Mapping[str, str] = {}


def make_plan(
    project: ProjectFiles,
    settings: SettingsTable,
    *,
    environ_overrides: Mapping[str, str] = NO_OVERRIDES,
    command_line: Mapping[str, str] = NO_OVERRIDES,
    without: frozenset[str] = frozenset(),
    gist: Callable[[str], str | None] | None = None,
) -> Plan:
    """The checked plan of a project. Overrides are setting keys and texts; the command line's win.
    `without` are entry points that failed their proof; `gist` is as `Sources` has it.

    DetectionError when the project is not understood, AmbiguousError when evidence cannot choose, PlanError
    when what it asks for cannot be built, UsageError for wrong settings. Nothing of the project is executed.
    """
    try:
        return _plan_of(understood(project, settings, environ_overrides, command_line, without, gist))
    except RecursionError:
        raise nested_too_deep(project) from None


def _plan_of(found: Understood) -> Plan:
    project = found.project
    data = app_data(found)
    running = running_of(found, data)
    shipped = () if running.has_release else data.shipped
    excluded, excluded_decisions = exclude_patterns(
        project,
        found.chosen,
        (*patterns_for(shipped), *tests_of_the_app(found.sources, found.reached.paths)),
        migrates=running.migrates,
        private=data.keys.excluded,
    )
    services, first_decisions = with_first_tables(
        found.sources,
        data.services.services,
        left_out(excluded),
        made=running.has_release or bool(running.setups),
        unnamed=name_for_database(found.name),
    )
    refuse_unreadable(found.sources, found.reached.paths, excluded, found.python.version)
    development, development_decisions = choose_development(
        project, found.pyproject, found.dependencies.dependencies, data.environment
    )
    mail, mail_decisions = mail_catcher(found.sources, found.reached)
    tmp_bytes, tmp_decision = size_of_tmp(found.chosen, running.web.resources.memory_bytes)
    base, base_decisions = choose_base(found.python.version, found.chosen)
    native = native_facts(found.sources, found.reached)
    own = found.entry.candidate.interface is ServerInterface.OWN
    inside = started_inside(found, data, running.processes)
    parsed = () if own else parsed_arguments(found.sources, found.reached)
    decisions = (
        found.name_decision,
        found.python.decision,
        *application_decisions(found.entry, found.sources.root_package),
        *((inside,) if inside is not None else ()),
        *warnings(found),
        *parsed,
        *found.dependencies.decisions,
        *development_decisions,
        *base_decisions,
        *package_decisions(native.needs),
        *excluded_decisions,
        *shipped_decisions(shipped),
        *(left_behind(project, data.written, excluded) if running.has_release else ()),
        *running.decisions,
        tmp_decision,
        *data.environment_decisions,
        *running.image_decisions,
        *data.volumes.decisions,
        *found.static.decisions,
        *found.served_static.decisions,
        *data.services.decisions,
        *first_decisions,
        *mail_decisions,
        *unread_modules(found.sources, excluded),
        *unread_files(project),
        *kept_elsewhere(project, excluded),
    )
    return checked(
        Plan(
            name=found.name,
            python_version=found.python.version,
            python_alternatives=found.python.alternatives,
            application=application_of(
                found.entry,
                found.sources.root_package,
                parses_arguments=bool(parsed),
                starts_inside=inside is not None,
            ),
            dependencies=found.dependencies.dependencies,
            development=development,
            base=base,
            source=AppSource(exclude=excluded),
            processes=running.processes,
            services=services,
            development_services=mail,
            setup_commands=running.setups,
            environment=data.environment,
            image_environment=running.image_environment,
            volumes=data.volumes.volumes,
            moved_files=data.volumes.files,
            secret_files=data.keys.files,
            temporary_folders=found.static.folders,
            tmp_bytes=tmp_bytes,
            native=native,
            doors=any(one.has_door for one in data.services.services),
            loads_no_route=running.loads_no_route,
            domain=domain_of(found.chosen),
            worker_profile=worker_profile(found.chosen),
            decisions=decisions,
        )
    )
