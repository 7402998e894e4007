"""From facts and settings to the plan, every decision with its evidence."""

import ast
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

import msgspec
from packaging.version import Version

from okamochi.detect.alembic_address import with_the_apps_address
from okamochi.detect.base import Detected
from okamochi.detect.chosen_settings import ChosenSettings, choose_settings
from okamochi.detect.config_object import config_object
from okamochi.detect.dependencies import ChosenDependencies, choose_dependencies
from okamochi.detect.development import choose_development
from okamochi.detect.entrypoint import EntryPoint, WantedObject, choose_entrypoint
from okamochi.detect.environment import environment_of
from okamochi.detect.flask_objects import FlaskObjects
from okamochi.detect.frameworks.classes import OF_THEIR_OWN, TITLES
from okamochi.detect.frameworks.django import (
    DjangoSettings,
    debug_warning,
    django_settings,
    redirect_warning,
    static_warning,
)
from okamochi.detect.frameworks.django_static import collected_static
from okamochi.detect.frameworks.nicegui import kept_by_nicegui
from okamochi.detect.frameworks.programs import program_of
from okamochi.detect.frameworks.servers import Server, server_of
from okamochi.detect.hand_made import hand_made, offered_by_hand
from okamochi.detect.health import choose_probe
from okamochi.detect.ignore import exclude_patterns
from okamochi.detect.importable import first_names
from okamochi.detect.index_date import as_of_the_day
from okamochi.detect.interpreter import choose_python
from okamochi.detect.kept_elsewhere import kept_elsewhere
from okamochi.detect.mail import mail_catcher
from okamochi.detect.mounted_folders import mounted_folders
from okamochi.detect.native import native_facts
from okamochi.detect.only_sqlite import only_sqlite
from okamochi.detect.own_package import own_package, own_package_decision
from okamochi.detect.own_start import made_by_extension, own_start
from okamochi.detect.pinned import stays_below
from okamochi.detect.processes import other_processes, scripts_of_workers
from okamochi.detect.pyproject import PATH as PYPROJECT
from okamochi.detect.pyproject import Pyproject, read_pyproject
from okamochi.detect.python_source import Module, Sources
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
from okamochi.detect.volumes import ChosenVolumes, choose_volumes
from okamochi.detect.web_applications import Candidate
from okamochi.detect.writable_folders import Written, flask_folders, writes
from okamochi.errors import PlanError, UsageError
from okamochi.model.check import checked
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.local_base import local_base
from okamochi.model.names import normalized_name
from okamochi.model.plan import (
    APP_ROOT,
    PROXY_PROFILE,
    VENV_ROOT,
    AppSource,
    Base,
    Framework,
    Plan,
    ServerInterface,
    WebApplication,
)
from okamochi.model.process import Probe, Process, ProcessType, Resources
from okamochi.model.python_base import ANY_IMAGE, base_decision, base_of
from okamochi.model.settings import SettingsTable
from okamochi.model.sizes import parse_size
from okamochi.model.suites import suite_of_python
from okamochi.oci.reference import Reference
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

__all__ = ["make_plan"]

PORT = 8000
FLASK_1 = Version("1.0")
DOMAIN = regex(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}|localhost")
PROFILE = regex(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}")
ONLY_TESTS = regex(r"test_.*\.py|.*_test\.py|conftest\.py")
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
    entry = choose_entrypoint(objects, _wanted(chosen), without=without)
    dependencies = choose_dependencies(
        sources, pyproject, chosen, lambda: loaded_from(entry.candidate.path, objects)
    )
    python = choose_python(project, pyproject, chosen, entry.candidate.import_root)
    dependencies = as_of_the_day(dependencies.for_python(python.version), chosen)
    sources.look_in(one.path for one in dependencies.dependencies.local)
    own = own_package(sources, wanted=dependencies.requirements.itself)
    if own is not None:
        dependencies = dependencies.with_local((own.value[0],), (own_package_decision(own),))
    name, name_decision = _name(project, pyproject, chosen)
    factory = entry.candidate.name if entry.candidate.is_factory else ""
    reached = reached_from(entry.candidate.path, factory, objects)
    program = program_of(objects, entry, reached)
    if program is not None:
        entry, reached = program, reached.with_all(reached_from(program.candidate.path, "", objects))
    django = _django(sources, entry)
    for path in (*django.paths, *scripts_of_workers(sources)):
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
        *_written(objects, entry, reached, dependencies),
        *only_sqlite(sources, environment, dependencies),
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
    image_environment, image_decisions = _image_environment(
        (
            *_roots(objects, entry, reached),
            *_of_old_flask(entry, dependencies),
            *_of_a_script(objects.sources, entry),
        ),
        entry,
        volumes,
        chosen,
        (
            *stated,
            *server.environment,
            *_django_environment(django),
            *_of_official_images(sources, reached, python.version),
            *static.environment,
            ("PORT", str(server.port or chosen.settings.port or PORT)),
        ),
    )
    development, development_decisions = choose_development(
        project, pyproject, dependencies.dependencies, environment
    )
    web, web_decisions = _web(server, probe, chosen)
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
    base, base_decisions = _base(python.version, chosen)
    native = native_facts(sources, reached)
    decisions = (
        name_decision,
        python.decision,
        *_application_decisions(entry),
        *static_warning(sources, django),
        *debug_warning(sources, django),
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
            application=_application(entry),
            dependencies=dependencies.dependencies,
            development=development,
            base=base,
            source=AppSource(exclude=excluded),
            processes=(web, *(_from_the_app(one, image_environment) for one in processes)),
            services=services.services,
            development_services=mail,
            setup_commands=setups,
            environment=environment,
            image_environment=image_environment,
            volumes=volumes.volumes,
            moved_files=volumes.files,
            temporary_folders=static.folders,
            native=native,
            domain=_domain(chosen),
            worker_profile=_worker_profile(chosen),
            decisions=decisions,
        )
    )


def _from_the_app(process: Process, image_environment: tuple[tuple[str, str], ...]) -> Process:
    """Programs such as alembic do not look for modules in the working directory, as the web server does."""
    paths = (APP_ROOT, *dict(image_environment).get("PYTHONPATH", "").split(":"))
    value = ":".join(path for path in dict.fromkeys(paths) if path)
    return msgspec.structs.replace(process, environment=(*process.environment, ("PYTHONPATH", value)))


def _domain(chosen: ChosenSettings) -> str:
    wanted = (chosen.settings.domain or "").strip().rstrip(".").lower()
    if wanted and DOMAIN.fullmatch(wanted) is None:
        raise UsageError(
            f"{wanted!r} is no domain",
            where=chosen.where("domain"),
            hint="write the name alone, without https:// and without a path: example.org",
        )
    return wanted


def _worker_profile(chosen: ChosenSettings) -> str:
    wanted = chosen.settings.worker_profile or ""
    if wanted and (PROFILE.fullmatch(wanted) is None or wanted == PROXY_PROFILE):
        raise UsageError(
            f"{wanted!r} cannot be the profile of workers",
            where=chosen.where("worker_profile"),
            hint=f"letters, digits, dots, dashes and underscores; {PROXY_PROFILE} is the proxy's",
        )
    return wanted


def _wanted(chosen: ChosenSettings) -> WantedObject | None:
    reference = chosen.settings.entrypoint
    if reference is None:
        return None
    return WantedObject(reference, chosen.origin("entrypoint"), chosen.place("entrypoint"))


def _application(entry: EntryPoint) -> WebApplication:
    return WebApplication(
        framework=entry.candidate.framework,
        interface=entry.candidate.interface,
        object_reference=entry.candidate.object_reference,
        script=entry.candidate.path if entry.candidate.interface is ServerInterface.OWN else "",
        import_root=entry.candidate.import_root,
    )


def _application_decisions(entry: EntryPoint) -> tuple[Decision, ...]:
    candidate = entry.candidate
    root = candidate.import_root
    path, line = candidate.origin
    evidence = Evidence(path=path, line=line, reason=_how_it_shows(candidate))
    place = f"the folder {root}" if root else "the project's folder"
    imported = Evidence(path=candidate.path, reason=f"is {candidate.module} below {place}")
    return (
        Decision(
            field="application.framework",
            summary=_framework_summary(candidate),
            origin=Origin.DETECTED,
            evidence=(evidence,),
        ),
        Decision(
            field="application.object_reference",
            summary=f"the server loads {candidate.label}",
            origin=entry.origin,
            evidence=tuple(dict.fromkeys((*entry.evidence, *entry.notes))),
        ),
        Decision(
            field="application.import_root",
            summary=f"modules are imported from {place}",
            origin=Origin.DETECTED if root else Origin.DEFAULT,
            evidence=(imported,),
        ),
    )


def _how_it_shows(candidate: Candidate) -> str:
    if candidate.interface is not ServerInterface.OWN:
        return f"makes {candidate.class_name}(...)"
    if "." in candidate.class_name:
        return f"calls {candidate.class_name}(...)"
    return f"a script of {candidate.class_name}"


def _framework_summary(candidate: Candidate) -> str:
    if candidate.interface is ServerInterface.OWN:
        how = "its own server"
    elif candidate.framework in OF_THEIR_OWN:
        how = "an interface of its own"
    else:
        how = candidate.interface.value.upper()
    return f"{TITLES[candidate.framework]} ({how})"


def _django(sources: Sources, entry: EntryPoint) -> DjangoSettings:
    if entry.candidate.framework is not Framework.DJANGO:
        return DjangoSettings("", False, ())
    return django_settings(sources, entry.candidate.path, entry.candidate.import_root)


def _django_environment(django: DjangoSettings) -> tuple[tuple[str, str], ...]:
    """The settings module where only manage.py names it; hosts that the health check calls itself by."""
    found: list[tuple[str, str]] = []
    if django.module and not django.said_by_server_module:
        found.append(("DJANGO_SETTINGS_MODULE", django.module))
    if django.hosts_variable is not None:
        found.append(django.hosts_variable)
    return tuple(found)


def _of_official_images(sources: Sources, reached: Reached, version: str) -> tuple[tuple[str, str], ...]:
    """PYTHON_VERSION, which Docker's official images of Python set, for code that was written for them."""
    read = any("PYTHON_VERSION" in sources.text(path) for path in reached.paths)
    return (("PYTHON_VERSION", version),) if read else ()


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


def tests_of_the_app(sources: Sources, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Takes the folder tests back where the server's own modules import from it, without what only a runner
    of tests looks for. Django finds modules that no import leads to: what any module of a package imports as
    it is loaded counts, too."""
    own = {path for path in paths if path.startswith("tests/")}
    for module in sources.mentioning("from tests", "import tests"):
        folder, name = posixpath.split(module.path)
        if folder and "tests" not in folder.split("/") and not ONLY_TESTS.fullmatch(name):
            own |= set(imported_tests(sources, module))
    if not own:
        return ()
    named = [f"!/{path}" for path in sorted(own) if ONLY_TESTS.fullmatch(posixpath.basename(path))]
    return ("!/tests/", "/tests/**/test_*.py", "/tests/**/*_test.py", "/tests/**/conftest.py", *named)


def imported_tests(sources: Sources, module: Module) -> Iterator[str]:
    """The files of the folder tests that a module imports at its top level."""
    for statement in module.tree.body:
        names: tuple[str, ...] = ()
        if isinstance(statement, ast.Import):
            names = tuple(one.name for one in statement.names)
        elif isinstance(statement, ast.ImportFrom) and not statement.level and statement.module:
            names = (statement.module, *(f"{statement.module}.{one.name}" for one in statement.names))
        for name in names:
            path = sources.find(name) if name.partition(".")[0] == "tests" else None
            if path is not None and path.startswith("tests/"):
                yield path


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


def _roots(objects: FlaskObjects, entry: EntryPoint, reached: Reached) -> tuple[str, ...]:
    """Folders below the project's own from which the app's modules are imported; the server adds that one."""
    own = entry.candidate.import_root
    src = any(path.startswith("src/") for path in reached.paths) and "src" not in own.split("/")
    outer = "src" if src and not objects.sources.project.exists("src/__init__.py") else ""
    return tuple(root for root in dict.fromkeys((own, outer)) if root)


def _of_old_flask(entry: EntryPoint, dependencies: ChosenDependencies) -> tuple[str, ...]:
    """Only from 1.0 on `flask` looks for FLASK_APP in the working directory: before, the project's commands
    are not found, without a word why."""
    old = entry.candidate.framework is Framework.FLASK and stays_below(dependencies, "flask", FLASK_1)
    return (".",) if old else ()


def _of_a_script(sources: Sources, entry: EntryPoint) -> tuple[str, ...]:
    """Python looks for modules in the script's own folder: one that imports from the project's folder is run
    with that, too (python -m src.main)."""
    path = entry.candidate.path
    if entry.candidate.interface is not ServerInterface.OWN or "/" not in path:
        return ()
    folder = posixpath.dirname(path)
    names = first_names(sources.module(path)) - {one.removesuffix(".py") for one in _inside(sources, folder)}
    return (".",) if names & {one.removesuffix(".py") for one in _inside(sources, "")} else ()


def _inside(sources: Sources, folder: str) -> set[str]:
    """The first parts of the paths of Python files below a folder."""
    start = f"{folder}/" if folder else ""
    return {path.removeprefix(start).partition("/")[0] for path in sources.known if path.startswith(start)}


def _image_environment(
    roots: tuple[str, ...],
    entry: EntryPoint,
    volumes: ChosenVolumes,
    chosen: ChosenSettings,
    served: tuple[tuple[str, str], ...],
) -> tuple[tuple[tuple[str, str], ...], tuple[Decision, ...]]:
    """What the image sets: the same for every app, what moves files into volumes, then the settings'."""
    port = str(chosen.settings.port or PORT)
    values = {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PATH": f"{VENV_ROOT}/bin:/usr/bin",
        "PORT": port,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if entry.candidate.framework in (Framework.FLASK, Framework.DASH):
        values["FLASK_APP"] = entry.candidate.object_reference
    values.update(served)
    if roots:
        values["PYTHONPATH"] = ":".join(posixpath.normpath(posixpath.join(APP_ROOT, root)) for root in roots)
    values.update(volumes.moved)
    reason = Evidence(
        path="", reason="the same for every image: logs unbuffered, nothing written beside code"
    )
    decisions = [
        Decision(
            field="image_environment",
            summary=f"the image sets {', '.join(sorted(values))}",
            origin=Origin.DEFAULT,
            evidence=(reason,),
        )
    ]
    for name, value in sorted((chosen.settings.env or {}).items()):
        values[name] = value
        field = f"image_environment.{name}"
        decision = Decision(
            field=field,
            summary=f"{name} is set",
            origin=chosen.origin("env"),
            evidence=(chosen.place("env"),),
        )
        decisions.append(decision)
    return tuple(sorted(values.items())), tuple(decisions)


def _web(server: Server, probe: Probe, chosen: ChosenSettings) -> tuple[Process, tuple[Decision, ...]]:
    port = server.port or chosen.settings.port or PORT
    resources, resource_decisions = _resources(chosen)
    process = Process(
        name="web", type=ProcessType.WEB, argv=server.argv, port=port, probe=probe, resources=resources
    )
    reason = Evidence(path="", reason="workers and threads come from the container's CPU and memory limits")
    own = Evidence(path="", reason="the framework's own server")
    by_gunicorn = server.argv[0].endswith("/gunicorn")
    decisions = (
        Decision(
            field="processes.web.argv",
            summary=server.summary,
            origin=Origin.DEFAULT,
            evidence=server.notes or ((reason if by_gunicorn else own),),
        ),
        _simple("processes.web.port", f"port {port}", "port", chosen, server.why_port),
        *resource_decisions,
    )
    return process, decisions


def _resources(chosen: ChosenSettings) -> tuple[Resources, tuple[Decision, ...]]:
    default = Resources()
    memory = _bytes(chosen) if chosen.settings.memory is not None else default.memory_bytes
    cpus = chosen.settings.cpus if chosen.settings.cpus is not None else default.cpus
    shown = f"{memory // 1024**2} MiB of memory"
    field = "processes.web.resources"
    return Resources(memory_bytes=memory, cpus=cpus), (
        _simple(f"{field}.memory_bytes", shown, "memory", chosen, "enough for a few workers"),
        _simple(f"{field}.cpus", f"{cpus:g} CPU", "cpus", chosen, "one CPU"),
    )


def _bytes(chosen: ChosenSettings) -> int:
    return parse_size(chosen.settings.memory or "", where=f"{chosen.where('memory')}: memory")


def _simple(field: str, summary: str, key: str, chosen: ChosenSettings, reason: str) -> Decision:
    """The decision about a value that only a setting changes."""
    if key in chosen.origins:
        return Decision(
            field=field, summary=summary, origin=chosen.origin(key), evidence=(chosen.place(key),)
        )
    evidence = (Evidence(path="", reason=reason),)
    return Decision(field=field, summary=summary, origin=Origin.DEFAULT, evidence=evidence)


def _base(python: str, chosen: ChosenSettings) -> tuple[Base, tuple[Decision, ...]]:
    packages = tuple(sorted(set(chosen.settings.packages or ())))
    base = base_of(python, packages, _base_image(python, chosen))
    suite = base_decision(base)
    if "base" in chosen.origins:
        evidence = (chosen.place("base"), *suite.evidence)
        suite = msgspec.structs.replace(suite, origin=chosen.origin("base"), evidence=evidence)
    summary = (
        f"beyond Python: {', '.join(packages)}" if packages else "what Python, the wheels and the code need"
    )
    reason = "found in their files when okamochi.lock is made; no setting asks for more"
    return base, (suite, _simple("base.packages", summary, "packages", chosen, reason))


def _base_image(python: str, chosen: ChosenSettings) -> str:
    """What `base_of` takes. PlanError for packages of Debian that has no such Python."""
    wanted = (chosen.settings.base or "").strip()
    if wanted in ("", ANY_IMAGE):
        return wanted
    if wanted == "debian":
        if suite_of_python(python) is None:
            raise PlanError(
                f"no release of Debian has Python {python}",
                where=f"{chosen.where('base')}: base",
                hint="remove the setting base, or choose another Python with the setting python",
            )
        return ""
    if local_base(wanted) is None:
        Reference.parse(wanted)
    return wanted


def _name(project: ProjectFiles, pyproject: Pyproject, chosen: ChosenSettings) -> tuple[str, Decision]:
    wanted = chosen.settings.name
    if wanted is not None:
        if not normalized_name(wanted):
            raise UsageError(
                f"the setting name has no letter or digit: {wanted!r}",
                where=chosen.where("name"),
                hint="write a name of letters, digits and hyphens",
            )
        return normalized_name(wanted), _name_decision(wanted, chosen.origin("name"), chosen.place("name"))
    own = pyproject.string("name")
    if normalized_name(own):
        line = pyproject.line_of("name")
        evidence = Evidence(path=PYPROJECT, line=line, reason="project.name")
        return normalized_name(own), _name_decision(own, Origin.DETECTED, evidence)
    folder = project.root.name if project.root is not None else ""
    found = normalized_name(folder) or "app"
    return found, _name_decision(found, Origin.DEFAULT, Evidence(path="", reason="the folder's name"))


def _name_decision(name: str, origin: Origin, evidence: Evidence) -> Decision:
    return Decision(
        field="name", summary=f"named {normalized_name(name)}", origin=origin, evidence=(evidence,)
    )
