"""Django's static files: collected into memory when the server starts, since collecting runs the project, and
served by WhiteNoise in front of the app where nothing of the project serves them."""

import ast
import posixpath
from collections.abc import Iterable

import msgspec

from okamochi.detect.data.writable_folders import Written
from okamochi.detect.frameworks.django import DjangoSettings, manage_py
from okamochi.detect.serving.web_applications import Candidate
from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.static_paths import path_reader
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import APP_ROOT, Framework, ServerInterface
from okamochi.model.process import TemporaryFolder
from okamochi.system.patterns import regex

__all__ = ["CollectedStatic", "ServedStatic", "collected_static", "served_static"]

COLLECT = "OKAMOCHI_COLLECT_STATIC"
SERVE = "OKAMOCHI_SERVE_STATIC"
USES = "django.contrib.staticfiles"
# https://whitenoise.readthedocs.io/en/stable/base.html
WHITENOISE = "whitenoise"
SERVED_BY = ("whitenoise", "dj_static", "StaticFilesHandler", "servestatic")
SYSTEM = regex(r"/(bin|boot|dev|etc|lib\w*|opt/(venv|okamochi)|proc|run|sbin|sys|tmp|usr|var/(tmp|run))/")
SIZE_BYTES = 128 * 1024 * 1024


class CollectedStatic(msgspec.Struct, frozen=True):
    """`folders` is STATIC_ROOT, `environment` tells the kit's server configuration by which
    program to collect into it."""

    folders: tuple[TemporaryFolder, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    decisions: tuple[Decision, ...] = ()

    def not_filled_here(self, written: Iterable[Written]) -> tuple[Written, ...]:
        """Of what the app writes, or its compose file mounts for a web server in front, all but STATIC_ROOT:
        a volume there would keep the files of the last version."""
        filled = {one.path for one in self.folders}
        return tuple(
            one for one in written if (posixpath.dirname(one.path) if one.is_file else one.path) not in filled
        )


def collected_static(objects: FlaskObjects, settings: DjangoSettings, import_root: str) -> CollectedStatic:
    """Nothing without manage.py, or without a STATIC_ROOT that only this stack fills. Of several the first
    counts, that of the settings which take the others in."""
    sources = objects.sources
    manage = manage_py(sources, import_root)
    if not manage:
        return CollectedStatic()
    reader = path_reader(objects)
    for path in settings.paths:
        if "STATIC_ROOT" not in sources.text(path):
            continue
        for node in sources.module(path).of(ast.Assign):
            match node:
                case ast.Assign(targets=[ast.Name(id="STATIC_ROOT")], value=value):
                    known = reader.read(value, sources.module(path))
                case _:
                    continue
            if known is None or not known.whole:
                continue
            folder = posixpath.normpath(posixpath.join(APP_ROOT, known.text))
            if not is_left_to_the_system(folder):
                place = Evidence(path=path, line=node.lineno, reason=f"STATIC_ROOT is {folder}")
                return collected(folder, manage, place)
            return CollectedStatic()
    return CollectedStatic()


def is_left_to_the_system(folder: str) -> bool:
    """What holds the app or the system's own files, or may be written as it is."""
    return f"{APP_ROOT}/".startswith(f"{folder.rstrip('/')}/") or SYSTEM.match(f"{folder}/") is not None


def collected(folder: str, manage: str, evidence: Evidence) -> CollectedStatic:
    decision = Decision.detected(
        f"temporary_folders.{folder}",
        f"{folder} is in memory: collectstatic fills it when the server starts",
        (evidence,),
    )
    return CollectedStatic(
        (TemporaryFolder(path=folder, size_bytes=SIZE_BYTES),), ((COLLECT, manage),), (decision,)
    )


class ServedStatic(msgspec.Struct, frozen=True):
    """The package and the variable of the kit's server configuration that it takes to serve them; nothing
    where the project does so itself, or has none."""

    packages: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    decisions: tuple[Decision, ...] = ()


def served_static(sources: Sources, settings: DjangoSettings, candidate: Candidate) -> ServedStatic:
    """Django itself serves them in development only, and leaves production to a web server in front, which
    this stack has not: https://docs.djangoproject.com/en/stable/howto/static-files/deployment/"""
    if candidate.framework is not Framework.DJANGO or candidate.interface is ServerInterface.OWN:
        return ServedStatic()
    place = next((one for path in settings.paths if (one := _uses(sources, path)) is not None), None)
    texts = [sources.text(path) for path in (candidate.path, *settings.paths)]
    if place is None or any(word in text for text in texts for word in SERVED_BY):
        return ServedStatic()
    decision = Decision.detected(
        "application.framework",
        f"{WHITENOISE} serves the static files, which nothing of the project does in production",
        (place,),
    )
    return ServedStatic((WHITENOISE,), ((SERVE, "1"),), (decision,))


def _uses(sources: Sources, path: str) -> Evidence | None:
    line = next((n for n, one in enumerate(sources.text(path).splitlines(), 1) if USES in one), 0)
    return Evidence(path=path, line=line, reason=f"uses {USES}") if line else None
