"""What npm has to build before the pages are more than their frame: a folder of static files that .gitignore
leaves out of what is published, and that is not there.

app = Flask(__name__, static_folder="public")     /public/build/ in .gitignore, "build" in package.json
"""

import ast
import posixpath
import re
from collections.abc import Iterator

from okamochi.detect.files.ignore import is_build_output
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import keyword_value, text_of
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import Framework
from okamochi.system.data_text import NoDataError, json_of
from okamochi.system.patterns import regex
from okamochi.system.project_files import ProjectFiles

WILD = frozenset("*?[!#")
# filled by users, or by npm before it builds
NOT_BUILT = regex(r"(user_?)?(avatars?|media|uploaded\w*|uploads?)|node_modules|\..*", re.IGNORECASE)
FILES = frozenset([".css", ".js", ".mjs"])  # which pages load; a lock of npm's is none
CONFIGURES = regex(r"\.config\.\w+$|(^|/)(angular\.json|gulpfile\.\w+)$")


def warn(found: Understood) -> tuple[Decision, ...]:
    """Only where a package.json says how it is built."""
    candidate = found.entry.candidate
    builds = tuple(_builds(found.project)) if candidate.framework is Framework.FLASK else ()
    if not builds:
        return ()
    folder, stated = _static_folder(found.sources, *candidate.origin)
    for built, place in _missing(found.project, folder, stated):
        maker = next((one for one in builds if _makes(found.project, one.path, built)), None)
        if maker is not None:
            return (Decision.detected("source", _summary(built, place, maker), (place, maker)),)
    return ()


def _summary(built: str, place: Evidence, builds: Evidence) -> str:
    ignored = place.path == ".gitignore" and not is_build_output(f"/{built}/")
    shown = _shown(built)
    pattern = f"!/{shown}**" if shown.endswith("/") else f"!/{shown}"
    how = (
        f'exclude = ["{pattern}"] in [tool.okamochi] takes it into the image'
        if ignored
        else "what it makes comes into the image"
    )
    return (
        f"Warning: {shown}, of the app's static files, is not there: "
        f"build the front end first ({_command(builds.path)}), and {how}"
    )


def _shown(built: str) -> str:
    """With the stroke of a folder, unless its name is one of a file."""
    return built if posixpath.splitext(built)[1] in FILES else f"{built}/"


def _makes(project: ProjectFiles, package: str, built: str) -> bool:
    """Whether the folder lies below that of the package.json, or a file beside it names it as the place for
    what is built: outDir: "../server/static/dist"."""
    folder = posixpath.dirname(package)
    if not folder or f"{built}/".startswith(f"{folder}/"):
        return True
    ending = "/".join(built.split("/")[-2:])
    beside = (
        path for path in project.files("*", within=folder) if path == package or CONFIGURES.search(path)
    )
    return any(ending in (project.read_text(path) or "") for path in beside)


def _builds(project: ProjectFiles) -> Iterator[Evidence]:
    """Those package.json with a script called build, the project's own first."""
    paths = sorted(project.files("**/package.json"), key=lambda path: (path.count("/"), path))
    for path in paths[:5]:
        try:
            package = json_of(project.read_text(path) or "")
        except NoDataError:
            continue
        scripts = package.get("scripts") if isinstance(package, dict) else None
        if isinstance(scripts, dict) and isinstance(scripts.get("build"), str):
            yield Evidence(path=path, reason=f"npm run build: {scripts['build'][:60]}")


def _command(path: str) -> str:
    folder = posixpath.dirname(path)
    inside = f"cd {folder} && " if folder else ""
    return f"{inside}npm install && npm run build"


def _static_folder(sources: Sources, path: str, line: int) -> tuple[str, Evidence | None]:
    """The folder from which Flask serves files, from the project's, with the place that names it."""
    named, place = "static", None
    for call in sources.module(path).of(ast.Call):
        if call.lineno == line and (text := text_of(keyword_value(call, "static_folder"))):
            named, place = text, Evidence(path=path, line=line, reason=f"static_folder is {text!r}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), named)), place


def _missing(project: ProjectFiles, folder: str, stated: Evidence | None) -> Iterator[tuple[str, Evidence]]:
    if stated is not None and not project.exists(folder):
        yield folder, stated
    for number, line in enumerate((project.read_text(".gitignore") or "").splitlines(), start=1):
        ignored = line.strip().strip("/").removesuffix("/*")
        served = ignored.startswith(f"{folder}/") or "/static/" in f"/{ignored}"
        name, ending = posixpath.splitext(posixpath.basename(ignored))
        built = NOT_BUILT.fullmatch(name) is None and ending in ("", *FILES)
        if served and built and WILD.isdisjoint(ignored) and not project.exists(ignored):
            yield ignored, Evidence(path=".gitignore", line=number, reason=f"leaves {_shown(ignored)} out")
