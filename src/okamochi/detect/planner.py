"""From facts and settings to the plan, every decision with its evidence."""

from collections.abc import Callable, Mapping

import msgspec
from packaging.version import Version

from okamochi.detect.base import Detected
from okamochi.detect.data.alembic_address import with_the_apps_address
from okamochi.detect.data.hand_made import hand_made, offered_by_hand
from okamochi.detect.data.own_start import made_by_extension, own_start
from okamochi.detect.data.setup_commands import setup_commands
from okamochi.detect.data.shipped_databases import (
    left_behind,
    patterns_for,
    shipped_databases,
    shipped_decisions,
    still_shipped,
)
from okamochi.detect.data.volumes import ChosenVolumes, choose_volumes
from okamochi.detect.data.writable_folders import Written, flask_folders, writes
from okamochi.detect.files.app_tests import tests_of_the_app
from okamochi.detect.files.ignore import exclude_patterns
from okamochi.detect.files.kept_elsewhere import kept_elsewhere
from okamochi.detect.files.mounted_folders import mounted_folders
from okamochi.detect.files.unread_files import unread_files
from okamochi.detect.frameworks.django import debug_off
from okamochi.detect.frameworks.nicegui import kept_by_nicegui
from okamochi.detect.frameworks.run_at_import import passed_over
from okamochi.detect.given_values import domain_of, worker_profile
from okamochi.detect.packages.chosen_base import choose_base
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.packages.development import choose_development
from okamochi.detect.packages.native import native_facts
from okamochi.detect.packages.pinned import stays_below
from okamochi.detect.packages.stated_packages import package_decisions
from okamochi.detect.services.django_sqlite import sqlite_by_default
from okamochi.detect.services.found import ChosenServices, choose_services
from okamochi.detect.services.loopback_services import doors_environment
from okamochi.detect.services.mail import mail_catcher
from okamochi.detect.services.only_sqlite import only_sqlite
from okamochi.detect.serving.application import application_decisions, application_of
from okamochi.detect.serving.health import choose_probe
from okamochi.detect.serving.web_process import PORT, web_process
from okamochi.detect.source.parsed_arguments import parsed_arguments
from okamochi.detect.source.unreadable import nested_too_deep, refuse_unreadable, unread_modules
from okamochi.detect.understanding import Understood, understood
from okamochi.detect.variables.config_object import config_object
from okamochi.detect.variables.environment import environment_of
from okamochi.detect.variables.image_environment import (
    choose_image_environment,
    django_environment,
    import_roots,
    of_official_images,
    roots_of_a_script,
    roots_of_flask,
    roots_of_old_flask,
    with_django_settings,
    with_module_path,
)
from okamochi.detect.variables.key_files import KeyFiles, key_files
from okamochi.detect.variables.stated_environment import stated_environment
from okamochi.detect.variables.stated_secrets import stated_secrets
from okamochi.detect.warnings import warnings
from okamochi.detect.workers.processes import other_processes
from okamochi.model.backing_service import ServiceKind
from okamochi.model.check import checked
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import (
    APP_ROOT,
    PACKAGES_ROOT,
    AppSource,
    Framework,
    Plan,
    ServerInterface,
    SetupCommand,
)
from okamochi.model.process import EnvironmentVariable, Process, ProcessType
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import ProjectFiles

__all__ = ["make_plan"]

# https://flask-sqlalchemy.readthedocs.io/en/stable/changes/#version-3-0-0
NEEDS_OF_EXTENSION_3 = (("flask-sqlalchemy", "3"), ("flask", "2.2"), ("sqlalchemy", "1.4.18"))
DATABASES = frozenset({ServiceKind.POSTGRES, ServiceKind.MYSQL, ServiceKind.MARIADB})
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
    data = _data(found)
    running = _running(found, data)
    shipped = () if running.has_release else data.shipped
    excluded, excluded_decisions = exclude_patterns(
        project,
        found.chosen,
        (*patterns_for(shipped), *tests_of_the_app(found.sources, found.reached.paths)),
        migrates=running.migrates,
        private=data.keys.excluded,
    )
    refuse_unreadable(found.sources, found.reached.paths, excluded, found.python.version)
    development, development_decisions = choose_development(
        project, found.pyproject, found.dependencies.dependencies, data.environment
    )
    mail, mail_decisions = mail_catcher(found.sources, found.reached)
    base, base_decisions = choose_base(found.python.version, found.chosen)
    native = native_facts(found.sources, found.reached)
    own = found.entry.candidate.interface is ServerInterface.OWN
    parsed = () if own else parsed_arguments(found.sources, found.reached)
    decisions = (
        found.name_decision,
        found.python.decision,
        *application_decisions(found.entry, found.sources.root_package),
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
        *data.environment_decisions,
        *running.image_decisions,
        *data.volumes.decisions,
        *found.static.decisions,
        *found.served_static.decisions,
        *data.services.decisions,
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
                found.entry, found.sources.root_package, parses_arguments=bool(parsed)
            ),
            dependencies=found.dependencies.dependencies,
            development=development,
            base=base,
            source=AppSource(exclude=excluded),
            processes=running.processes,
            services=data.services.services,
            development_services=mail,
            setup_commands=running.setups,
            environment=data.environment,
            image_environment=running.image_environment,
            volumes=data.volumes.volumes,
            moved_files=data.volumes.files,
            secret_files=data.keys.files,
            temporary_folders=found.static.folders,
            native=native,
            doors=any(one.has_door for one in data.services.services),
            loads_no_route=running.loads_no_route,
            domain=domain_of(found.chosen),
            worker_profile=worker_profile(found.chosen),
            decisions=decisions,
        )
    )


class _Data(msgspec.Struct, frozen=True):
    """What the app reads and writes: variables, folders, databases that the project ships, services."""

    environment: tuple[EnvironmentVariable, ...]
    environment_decisions: tuple[Decision, ...]
    keys: KeyFiles
    volumes: ChosenVolumes
    written: tuple[Written, ...]
    shipped: tuple[Evidence, ...]
    services: ChosenServices

    @property
    def served(self) -> frozenset[str]:
        """Variables that lead to services."""
        return frozenset(one.name for service in self.services.services for one in service.variables)


def _data(found: Understood) -> _Data:
    objects, reached = found.objects, found.reached
    environment, decisions = environment_of(objects, reached, _own_names(found))
    written = (
        *found.static.not_filled_here(_written(found)),
        *only_sqlite(found.sources, environment, found.dependencies),
        *sqlite_by_default(objects, found.django, found.dependencies.names),
    )
    services = choose_services(found.sources, reached, found.dependencies, found.chosen, found.name)
    has_database = any(one.required and one.kind in DATABASES for one in services.services)
    volumes = choose_volumes(found.sources, written, found.chosen, has_database=has_database)
    shipped = _shipped(found, written)
    keys = key_files(objects, reached, environment)
    secrets = stated_secrets(found.project, found.sources, keys.environment, services.services)
    replaced = {one.field for one in keys.decisions}
    kept = (one for one in decisions if one.field not in replaced)
    decisions = (*kept, *keys.decisions, *secrets.decisions)
    services = ChosenServices(secrets.services, services.decisions).needed_by(secrets.environment)
    return _Data(secrets.environment, decisions, keys, volumes, written, shipped, services)


class _Running(msgspec.Struct, frozen=True):
    """What runs, in which environment, and what sets the data up on request."""

    processes: tuple[Process, ...]
    decisions: tuple[Decision, ...]
    setups: tuple[SetupCommand, ...]
    image_environment: tuple[tuple[str, str], ...]
    image_decisions: tuple[Decision, ...]
    loads_no_route: bool

    @property
    def has_release(self) -> bool:
        return any(one.type is ProcessType.RELEASE for one in self.processes)

    @property
    def migrates(self) -> bool:
        """As Flask-Migrate, Alembic and Django do it; a release process can make tables without any."""
        verbs = {"upgrade", "migrate"}
        return any(
            one.type is ProcessType.RELEASE and not verbs.isdisjoint(one.argv) for one in self.processes
        )


def _running(found: Understood, data: _Data) -> _Running:
    objects, reached, candidate = found.objects, found.reached, found.entry.candidate
    chosen_probe = choose_probe(
        objects, reached, found.chosen, own=found.server.probe, host=found.django.host
    )
    image_environment, image_decisions = _image_environment(found, data)
    web, web_decisions = web_process(found.server, chosen_probe.probe, found.chosen)
    processes, process_decisions = other_processes(
        found.sources,
        candidate.framework,
        found.dependencies.names,
        reached,
        found.factory,
        candidate.import_root,
        data.services.redis_variable,
        lambda: _tables_by_hand(found, shipped=bool(data.shipped)),
        candidate.object_reference,
    )
    processes, process_decisions = with_the_apps_address(
        processes, process_decisions, data.services.services, found.sources
    )
    setups, setup_decisions = setup_commands(
        found.sources, found.pyproject, candidate.framework, offered_by_hand(objects, reached)
    )
    settings = found.django.module if candidate.framework is Framework.DJANGO else ""
    others = (with_django_settings(with_module_path(one, image_environment), settings) for one in processes)
    return _Running(
        (web, *others),
        (*web_decisions, *chosen_probe.decisions, *process_decisions, *setup_decisions),
        setups,
        image_environment,
        image_decisions,
        chosen_probe.no_route,
    )


def _image_environment(
    found: Understood, data: _Data
) -> tuple[tuple[tuple[str, str], ...], tuple[Decision, ...]]:
    """Variables of the image; the decisions about them and about those that files of the project state."""
    objects, reached, entry, chosen = found.objects, found.reached, found.entry, found.chosen
    stated, stated_decisions = stated_environment(
        found.project,
        data.environment,
        data.served | frozenset(chosen.settings.env or {}),
        config_object(objects, reached),
    )
    roots = (
        *import_roots(objects, entry, reached),
        *roots_of_old_flask(entry, found.dependencies),
        *roots_of_a_script(found.sources, entry),
        *roots_of_flask(objects, entry),
        *((PACKAGES_ROOT,) if found.sources.root_package is not None else ()),
    )
    values = (
        *stated,
        *found.server.environment,
        *passed_over(objects, found.imported),
        *django_environment(found.django),
        *debug_off(found.sources, found.django, {one.name for one in data.environment if one.required}),
        *of_official_images(found.sources, reached, found.python.version),
        *found.static.environment,
        *found.served_static.environment,
        *((("OKAMOCHI_PACKAGE", APP_ROOT),) if found.sources.root_package is not None else ()),
        *doors_environment(data.services.services),
        ("PORT", str(found.server.port or chosen.settings.port or PORT)),
    )
    environment, decisions = choose_image_environment(roots, entry, data.volumes, chosen, values)
    return environment, (*decisions, *stated_decisions)


def _own_names(found: Understood) -> tuple[str, ...]:
    return (found.name, found.entry.candidate.module.split(".")[0])


def _written(found: Understood) -> tuple[Written, ...]:
    objects, candidate = found.objects, found.entry.candidate
    folders = flask_folders(objects, candidate)
    extension = any(
        "flask_sqlalchemy" in module.text for module in found.sources.mentioning("flask_sqlalchemy")
    )
    relative = ""
    if extension:
        old = _is_old_sqlalchemy_extension(found.dependencies)
        relative = folders.root_path if old else folders.instance_path
    written = writes(objects, found.reached, folders, relative_sqlite=relative)
    of_the_framework = kept_by_nicegui(found.sources, candidate)
    return (*written, *of_the_framework, *mounted_folders(found.project))


def _shipped(found: Understood, written: tuple[Written, ...]) -> tuple[Evidence, ...]:
    shipped = shipped_databases(found.sources, found.reached, written)
    if not shipped:
        return ()
    excluded, _ = exclude_patterns(found.project, found.chosen, patterns_for(shipped))
    return still_shipped(shipped, excluded)


def _tables_by_hand(found: Understood, *, shipped: bool) -> Detected[tuple[str, ...]] | None:
    """What makes the tables where neither migrations nor a command of the project do."""
    objects, reached, candidate = found.objects, found.reached, found.entry.candidate
    if candidate.interface is ServerInterface.OWN:
        return None  # it is run as its author runs it
    made = own_start(objects, reached.paths) or (None if shipped else hand_made(objects, reached))
    if made is not None or shipped or candidate.framework is not Framework.FLASK:
        return made
    return made_by_extension(objects, reached.paths, candidate)


def _is_old_sqlalchemy_extension(dependencies: ChosenDependencies) -> bool:
    """Before 3.0, Flask-SQLAlchemy took relative SQLite paths from the app's root path. Where nothing says
    its version, what 3.0 needs does: Flask 2.2 and SQLAlchemy 1.4.18."""
    return any(stays_below(dependencies, name, Version(first)) for name, first in NEEDS_OF_EXTENSION_3)
