"""Variables that the image sets, and where Python looks for modules in it."""

import posixpath

import msgspec
from packaging.version import Version

from okamochi.detect.chosen_settings import ChosenSettings
from okamochi.detect.data.volumes import ChosenVolumes
from okamochi.detect.frameworks.django import DjangoSettings
from okamochi.detect.packages.dependencies import ChosenDependencies
from okamochi.detect.packages.pinned import stays_below
from okamochi.detect.serving.entrypoint import EntryPoint
from okamochi.detect.serving.web_process import PORT
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.importable import first_names
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.root_package import ROOT_MODULE
from okamochi.detect.source.sources import Sources
from okamochi.model.evidence import Decision, Evidence, Origin
from okamochi.model.plan import APP_ROOT, PACKAGES_ROOT, VENV_ROOT, Framework, ServerInterface
from okamochi.model.process import Process, ProcessType

__all__ = [
    "choose_image_environment",
    "django_environment",
    "import_roots",
    "of_official_images",
    "roots_of_a_script",
    "roots_of_flask",
    "roots_of_old_flask",
    "with_django_settings",
    "with_module_path",
]

FLASK_1 = Version("1.0")


def with_module_path(process: Process, image_environment: tuple[tuple[str, str], ...]) -> Process:
    """Programs such as alembic do not look for modules in the working directory, as the web server does."""
    paths = (APP_ROOT, *dict(image_environment).get("PYTHONPATH", "").split(":"))
    value = ":".join(path for path in dict.fromkeys(paths) if path)
    return msgspec.structs.replace(process, environment=(*process.environment, ("PYTHONPATH", value)))


def with_django_settings(process: Process, settings: str) -> Process:
    """The kit asks Django itself what is to be migrated, before manage.py runs and names the settings."""
    if not settings or process.type is not ProcessType.RELEASE:
        return process
    named = ("DJANGO_SETTINGS_MODULE", settings)
    return msgspec.structs.replace(process, environment=(*process.environment, named))


def django_environment(django: DjangoSettings) -> tuple[tuple[str, str], ...]:
    """The settings module where the server's module does not name it, or where others name another one: then
    migrations and workers would have another database than the pages. Hosts that the health check calls
    itself by."""
    found: list[tuple[str, str]] = []
    if django.module and (django.others or not django.said_by_server_module):
        found.append(("DJANGO_SETTINGS_MODULE", django.module))
    if django.hosts_variable is not None:
        found.append(django.hosts_variable)
    return tuple(found)


def of_official_images(sources: Sources, reached: Reached, version: str) -> tuple[tuple[str, str], ...]:
    """PYTHON_VERSION, which Docker's official images of Python set, for code that was written for them."""
    read = any("PYTHON_VERSION" in sources.text(path) for path in reached.paths)
    return (("PYTHON_VERSION", version),) if read else ()


def import_roots(objects: FlaskObjects, entry: EntryPoint, reached: Reached) -> tuple[str, ...]:
    """Folders below the project's own from which the app's modules are imported; the server adds that one."""
    own = entry.candidate.import_root
    src = any(path.startswith("src/") for path in reached.paths) and "src" not in own.split("/")
    outer = "src" if src and not objects.sources.project.exists("src/__init__.py") else ""
    return tuple(root for root in dict.fromkeys((own, outer)) if root)


def roots_of_old_flask(entry: EntryPoint, dependencies: ChosenDependencies) -> tuple[str, ...]:
    """Only from 1.0 on `flask` looks for FLASK_APP in the working directory: before, the project's commands
    are not found, without a word why."""
    old = entry.candidate.framework is Framework.FLASK and stays_below(dependencies, "flask", FLASK_1)
    return (".",) if old else ()


def roots_of_a_script(sources: Sources, entry: EntryPoint) -> tuple[str, ...]:
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


def flask_app(entry: EntryPoint) -> str:
    """As the `flask` command takes it. It looks for a module's package in the folders above, and would take
    /app for one called app: a part of the project's own package is named by its place beside the kit.
    https://github.com/pallets/flask/blob/3.1.3/src/flask/cli.py (prepare_import)"""
    candidate = entry.candidate
    if not candidate.package:
        return candidate.object_reference
    place = posixpath.join(PACKAGES_ROOT, candidate.module.replace(".", "/"))
    return f"{place}:{candidate.name}{candidate.call}"


def roots_of_flask(objects: FlaskObjects, entry: EntryPoint) -> tuple[str, ...]:
    """Beside an __init__.py at the project's root, the `flask` command looks for modules above the project's
    folder alone; the server looks in it as well."""
    of_flask = entry.candidate.framework in (Framework.FLASK, Framework.DASH)
    return (".",) if of_flask and ROOT_MODULE in objects.sources.known else ()


def choose_image_environment(
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
        values["FLASK_APP"] = flask_app(entry)
    values.update(served)
    if roots:
        paths = (posixpath.normpath(posixpath.join(APP_ROOT, root)) for root in roots)
        values["PYTHONPATH"] = ":".join(dict.fromkeys(paths))
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
