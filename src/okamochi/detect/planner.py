"""From facts and settings to the plan, every decision with its evidence."""

import re
from collections.abc import Callable, Mapping

from okamochi.detect.alembic_address import with_the_apps_address
from okamochi.detect.app_tests import tests_of_the_app
from okamochi.detect.application import application_decisions, application_of
from okamochi.detect.base import Detected
from okamochi.detect.below_main import below_main
from okamochi.detect.chosen_base import choose_base
from okamochi.detect.chosen_settings import ChosenSettings, choose_settings
from okamochi.detect.config_object import config_object
from okamochi.detect.dependencies import ChosenDependencies, choose_dependencies
from okamochi.detect.development import choose_development
from okamochi.detect.django_sqlite import sqlite_by_default
from okamochi.detect.entrypoint import EntryPoint, choose_entrypoint
from okamochi.detect.environment import environment_of
from okamochi.detect.flask_objects import FlaskObjects
from okamochi.detect.frameworks.django import (
    DjangoSettings,
    debug_warning,
    django_settings,
    redirect_warning,
    static_warning,
)
from okamochi.detect.frameworks.django_static import collected_static
from okamochi.detect.frameworks.nicegui import kept_by_nicegui
from okamochi.detect.frameworks.pages import pages_of
from okamochi.detect.frameworks.programs import debugger_warning, program_of
from okamochi.detect.frameworks.servers import server_of
from okamochi.detect.given_values import domain_of, name_of, wanted_object, worker_profile
from okamochi.detect.hand_made import hand_made, offered_by_hand
from okamochi.detect.health import choose_probe
from okamochi.detect.ignore import exclude_patterns
from okamochi.detect.image_environment import (
    choose_image_environment,
    django_environment,
    import_roots,
    of_official_images,
    roots_of_a_script,
    roots_of_old_flask,
    with_module_path,
)
from okamochi.detect.index_date import as_of_the_day
from okamochi.detect.interpreter import choose_python
from okamochi.detect.kept_elsewhere import kept_elsewhere
from okamochi.detect.mail import mail_catcher
from okamochi.detect.mounted_folders import mounted_folders
from okamochi.detect.native import native_facts
from okamochi.detect.only_sqlite import only_sqlite
from okamochi.detect.own_launcher import own_launcher
from okamochi.detect.own_package import own_package, own_package_decision
from okamochi.detect.own_start import made_by_extension, own_start
from okamochi.detect.processes import other_processes, scripts_of_workers
from okamochi.detect.pyproject import read_pyproject
from okamochi.detect.python_source import Sources
from okamochi.detect.reachable import Reached, loaded_from, reached_from
from okamochi.detect.services import choose_services
from okamochi.detect.setup_commands import setup_commands
from okamochi.detect.shipped_databases import (
    patterns_for,
    shipped_databases,
    shipped_decisions,
    still_shipped,
)
from okamochi.detect.stated_environment import stated_environment
from okamochi.detect.stated_packages import package_decisions
from okamochi.detect.unread_files import unread_files
from okamochi.detect.unreadable import refuse_unreadable, unread_modules
from okamochi.detect.volumes import choose_volumes
from okamochi.detect.web_process import PORT, web_process
from okamochi.detect.writable_folders import Written, flask_folders, writes
from okamochi.model.check import checked
from okamochi.model.evidence import Evidence
from okamochi.model.plan import (
    AppSource,
    Framework,
    Plan,
    ServerInterface,
)
from okamochi.model.process import ProcessType
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
    chosen = choose_settings(settings, environ_overrides, command_line)
    sources = Sources(project, gist)
    pyproject = read_pyproject(project)
    objects = FlaskObjects(sources)
    entry = choose_entrypoint(objects, wanted_object(chosen), without=without)
    dependencies = choose_dependencies(
        sources, pyproject, chosen, lambda: loaded_from(entry.candidate.path, objects)
    )
    python = choose_python(project, pyproject, chosen, entry.candidate.import_root)
    dependencies = as_of_the_day(dependencies.for_python(python.version), chosen)
    sources.look_in(one.path for one in dependencies.dependencies.local)
    own = own_package(sources, wanted=dependencies.requirements.itself)
    if own is not None:
        dependencies = dependencies.with_local((own.value[0],), (own_package_decision(own),))
    name, name_decision = name_of(project, pyproject, chosen)
    factory = entry.candidate.name if entry.candidate.is_factory else ""
    reached = reached_from(entry.candidate.path, factory, objects)
    program = program_of(objects, entry, reached)
    if program is not None:
        entry, reached = program, reached.with_all(reached_from(program.candidate.path, "", objects))
    django = _django(sources, entry)
    for path in (*django.paths, *pages_of(sources, entry.candidate), *scripts_of_workers(sources)):
        if path not in reached.paths:
            reached = reached.with_all(reached_from(path, "", objects))
    static = collected_static(objects, django, entry.candidate.import_root)
    asked = dependencies.requirements.line_of("uvicorn")
    server = server_of(
        entry.candidate,
        sources,
        dependencies.names,
        chosen.settings.port or 0,
        uvicorn=asked.specifier if asked is not None else "",
    )
    dependencies = dependencies.served_by(server.packages)
    environment, environment_decisions = environment_of(objects, reached, _own_names(name, entry))
    written = (
        *static.not_filled_here(_written(objects, entry, reached, dependencies)),
        *only_sqlite(sources, environment, dependencies),
        *sqlite_by_default(objects, django, dependencies.names),
    )
    volumes = choose_volumes(sources, written, chosen)
    shipped = _shipped(sources, reached, written, chosen)
    services = choose_services(sources, reached, dependencies, chosen, name).needed_by(environment)
    mail, mail_decisions = mail_catcher(sources, reached)
    probe, probe_decisions = choose_probe(objects, reached, chosen, own=server.probe, host=django.host)
    served = {variable.name for service in services.services for variable in service.variables}
    stated, stated_decisions = stated_environment(
        project,
        environment,
        frozenset(served | set(chosen.settings.env or {})),
        config_object(objects, reached),
    )
    image_environment, image_decisions = choose_image_environment(
        (
            *import_roots(objects, entry, reached),
            *roots_of_old_flask(entry, dependencies),
            *roots_of_a_script(objects.sources, entry),
        ),
        entry,
        volumes,
        chosen,
        (
            *stated,
            *server.environment,
            *django_environment(django),
            *of_official_images(sources, reached, python.version),
            *static.environment,
            ("PORT", str(server.port or chosen.settings.port or PORT)),
        ),
    )
    development, development_decisions = choose_development(
        project, pyproject, dependencies.dependencies, environment
    )
    web, web_decisions = web_process(server, probe, chosen)
    processes, process_decisions = other_processes(
        sources,
        entry.candidate.framework,
        dependencies.names,
        reached,
        factory,
        entry.candidate.import_root,
        services.redis_variable,
        lambda: _tables_by_hand(objects, reached, entry, dependencies, shipped=bool(shipped)),
    )
    processes, process_decisions = with_the_apps_address(
        processes, process_decisions, services.services, sources
    )
    if any(one.type is ProcessType.RELEASE for one in processes):
        shipped = ()
    excluded, excluded_decisions = exclude_patterns(
        project, chosen, (*patterns_for(shipped), *tests_of_the_app(sources, reached.paths))
    )
    refuse_unreadable(sources, reached.paths, excluded, python.version)
    setups, setup_decisions = setup_commands(
        sources, pyproject, entry.candidate.framework, offered_by_hand(objects, reached)
    )
    base, base_decisions = choose_base(python.version, chosen)
    native = native_facts(sources, reached)
    decisions = (
        name_decision,
        python.decision,
        *application_decisions(entry),
        *static_warning(sources, django),
        *debug_warning(sources, django),
        *debugger_warning(objects, entry),
        *below_main(objects, entry.candidate),
        *own_launcher(sources, entry.candidate),
        *(redirect_warning(sources, django) if not chosen.settings.domain else ()),
        *dependencies.decisions,
        *development_decisions,
        *base_decisions,
        *package_decisions(native.needs),
        *excluded_decisions,
        *shipped_decisions(shipped),
        *web_decisions,
        *probe_decisions,
        *process_decisions,
        *setup_decisions,
        *environment_decisions,
        *image_decisions,
        *stated_decisions,
        *volumes.decisions,
        *static.decisions,
        *services.decisions,
        *mail_decisions,
        *unread_modules(sources, excluded),
        *unread_files(sources.project),
        *kept_elsewhere(project, excluded),
    )
    return checked(
        Plan(
            name=name,
            python_version=python.version,
            python_alternatives=python.alternatives,
            application=application_of(entry),
            dependencies=dependencies.dependencies,
            development=development,
            base=base,
            source=AppSource(exclude=excluded),
            processes=(web, *(with_module_path(one, image_environment) for one in processes)),
            services=services.services,
            development_services=mail,
            setup_commands=setups,
            environment=environment,
            image_environment=image_environment,
            volumes=volumes.volumes,
            moved_files=volumes.files,
            temporary_folders=static.folders,
            native=native,
            domain=domain_of(chosen),
            worker_profile=worker_profile(chosen),
            decisions=decisions,
        )
    )


def _django(sources: Sources, entry: EntryPoint) -> DjangoSettings:
    if entry.candidate.framework is not Framework.DJANGO:
        return DjangoSettings("", False, ())
    return django_settings(sources, entry.candidate.path, entry.candidate.import_root)


def _own_names(name: str, entry: EntryPoint) -> tuple[str, ...]:
    return (name, entry.candidate.module.split(".")[0])


def _written(
    objects: FlaskObjects, entry: EntryPoint, reached: Reached, dependencies: ChosenDependencies
) -> tuple[Written, ...]:
    folders = flask_folders(objects, entry.candidate)
    extension = any(
        "flask_sqlalchemy" in module.text for module in objects.sources.mentioning("flask_sqlalchemy")
    )
    relative = ""
    if extension:
        old = _is_old_sqlalchemy_extension(dependencies)
        relative = folders.root_path if old else folders.instance_path
    written = writes(objects, reached, folders, relative_sqlite=relative)
    of_the_framework = kept_by_nicegui(objects.sources, entry.candidate)
    return (*written, *of_the_framework, *mounted_folders(objects.sources.project))


def _shipped(
    sources: Sources, reached: Reached, written: tuple[Written, ...], chosen: ChosenSettings
) -> tuple[Evidence, ...]:
    found = shipped_databases(sources, reached, written)
    if not found:
        return ()
    excluded, _ = exclude_patterns(sources.project, chosen, patterns_for(found))
    return still_shipped(found, excluded)


def _tables_by_hand(
    objects: FlaskObjects,
    reached: Reached,
    entry: EntryPoint,
    dependencies: ChosenDependencies,
    *,
    shipped: bool,
) -> Detected[tuple[str, ...]] | None:
    """What makes the tables where neither migrations nor a command of the project do."""
    if entry.candidate.interface is ServerInterface.OWN:
        return None  # it is run as its author runs it
    found = own_start(objects, reached.paths) or (None if shipped else hand_made(objects, reached))
    alchemy = entry.candidate.framework is Framework.FLASK and "flask-sqlalchemy" in dependencies.names
    if found is not None or shipped or not alchemy:
        return found
    return made_by_extension(objects, reached.paths, entry.candidate)


def _is_old_sqlalchemy_extension(dependencies: ChosenDependencies) -> bool:
    """Before 3.0, Flask-SQLAlchemy took relative SQLite paths from the app's root path."""
    line = dependencies.requirements.line_of("flask-sqlalchemy")
    return (
        line is not None
        and re.search(r"(==|~=|<=?)\s*[012](\.|\b)|<\s*3(\.0)*\s*(,|;|$)", line.specifier) is not None
    )
