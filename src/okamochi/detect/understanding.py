"""What the project is: its entry point, its dependencies, its Python, the modules that the app loads."""

from collections.abc import Callable, Mapping

import msgspec

from okamochi.detect.chosen_settings import ChosenSettings, choose_settings
from okamochi.detect.frameworks.connexion import as_candidates, of_its_version
from okamochi.detect.frameworks.django import DjangoSettings, django_settings
from okamochi.detect.frameworks.django_static import (
    CollectedStatic,
    ServedStatic,
    collected_static,
    served_static,
)
from okamochi.detect.frameworks.pages import pages_of
from okamochi.detect.frameworks.programs import program_of
from okamochi.detect.frameworks.server import Server
from okamochi.detect.frameworks.servers import server_of
from okamochi.detect.frameworks.shiny import without_its_console
from okamochi.detect.frameworks.streamlit import of_its_pages
from okamochi.detect.given_values import name_of, wanted_object
from okamochi.detect.packages.dependencies import ChosenDependencies, choose_dependencies
from okamochi.detect.packages.index_date import as_of_the_day, with_pins_kept
from okamochi.detect.packages.interpreter import ChosenPython, choose_python
from okamochi.detect.packages.own_package import own_package, own_package_decision
from okamochi.detect.packages.pyproject import Pyproject, read_pyproject
from okamochi.detect.serving.entrypoint import EntryPoint, choose_entrypoint
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.reachable import Reached, loaded_from, reached_from
from okamochi.detect.source.sources import Sources
from okamochi.detect.variables.config_object import config_object
from okamochi.detect.workers.processes import scripts_of_workers
from okamochi.model.evidence import Decision
from okamochi.model.plan import Framework, ServerInterface
from okamochi.model.settings import SettingsTable
from okamochi.system.project_files import ProjectFiles

__all__ = ["Understood", "understood"]


class Understood(msgspec.Struct, frozen=True):
    """`factory` is the name of the function that makes the app, "" for an object. `reached` are the modules
    that the app loads; `server` is what serves it, also where it is the app's own program."""

    chosen: ChosenSettings
    pyproject: Pyproject
    objects: FlaskObjects
    entry: EntryPoint
    factory: str
    dependencies: ChosenDependencies
    python: ChosenPython
    name: str
    name_decision: Decision
    reached: Reached
    django: DjangoSettings
    static: CollectedStatic
    served_static: ServedStatic
    server: Server

    @property
    def sources(self) -> Sources:
        return self.objects.sources

    @property
    def imported(self) -> tuple[str, ...]:
        """Modules that a server imports; a program that is run by itself is not imported."""
        return () if self.entry.candidate.interface is ServerInterface.OWN else self.reached.paths

    @property
    def project(self) -> ProjectFiles:
        return self.sources.project


def understood(
    project: ProjectFiles,
    settings: SettingsTable,
    environ_overrides: Mapping[str, str],
    command_line: Mapping[str, str],
    without: frozenset[str],
    gist: Callable[[str], str | None] | None,
) -> Understood:
    """As `make_plan`, with the same errors."""
    chosen = choose_settings(settings, environ_overrides, command_line)
    sources = Sources(project, gist)
    pyproject = read_pyproject(project)
    objects = FlaskObjects(sources)
    entry = choose_entrypoint(objects, wanted_object(chosen), without=as_candidates(without))
    dependencies = choose_dependencies(
        sources, pyproject, chosen, lambda: loaded_from(entry.candidate.path, objects)
    )
    python = choose_python(project, pyproject, chosen, entry.candidate.import_root)
    bounded = with_pins_kept(as_of_the_day(dependencies.for_python(python.version), chosen), chosen)
    dependencies = _with_own_package(bounded, sources)
    entry = of_its_version(entry, dependencies)
    name, name_decision = name_of(project, pyproject, chosen)
    factory = entry.candidate.name if entry.candidate.is_factory else ""
    entry, reached = _reached(objects, entry, factory)
    django = _django(sources, entry)
    configuration = config_object(objects, reached)
    for path in (
        *django.paths,
        *((configuration.path,) if configuration is not None else ()),
        *pages_of(sources, entry.candidate),
        *scripts_of_workers(sources),
    ):
        if path not in reached.paths:
            reached = reached.with_all(reached_from(path, "", objects))
    static = collected_static(objects, django, entry.candidate.import_root)
    shown = served_static(sources, django, entry.candidate)
    server = _server(entry, sources, dependencies, chosen, reached)
    return Understood(
        chosen,
        pyproject,
        objects,
        entry,
        factory,
        dependencies.served_by((*server.packages, *shown.packages)),
        python,
        name,
        name_decision,
        reached,
        django,
        static,
        shown,
        server,
    )


def _with_own_package(dependencies: ChosenDependencies, sources: Sources) -> ChosenDependencies:
    """A project that is a package counts as installed."""
    sources.look_in(one.path for one in dependencies.dependencies.local)
    own = own_package(sources, wanted=dependencies.requirements.itself)
    if own is None:
        return dependencies
    return dependencies.with_local((own.value[0],), (own_package_decision(own),))


def _reached(objects: FlaskObjects, entry: EntryPoint, factory: str) -> tuple[EntryPoint, Reached]:
    """What the entry point loads; the entry point is the project's own program where that serves it."""
    reached = reached_from(entry.candidate.path, factory, objects)
    program = program_of(objects, entry, reached)
    if program is None:
        return entry, reached
    return program, reached.with_all(reached_from(program.candidate.path, "", objects))


def _django(sources: Sources, entry: EntryPoint) -> DjangoSettings:
    if entry.candidate.framework is not Framework.DJANGO:
        return DjangoSettings("", False, ())
    return django_settings(sources, entry.candidate.path, entry.candidate.import_root)


def _server(
    entry: EntryPoint,
    sources: Sources,
    dependencies: ChosenDependencies,
    chosen: ChosenSettings,
    reached: Reached,
) -> Server:
    asked = dependencies.requirements.line_of("uvicorn")
    server = server_of(
        entry.candidate,
        sources,
        dependencies.names,
        chosen.settings.port or 0,
        uvicorn=asked.specifier if asked is not None else "",
        reached=reached.paths,
    )
    return without_its_console(of_its_pages(server, dependencies), dependencies)
