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
# made by users, and there when the first of them comes
UPLOADED = regex(r"(user_?)?(avatars?|media|uploaded\w*|uploads?)", re.IGNORECASE)


def warn(found: Understood) -> tuple[Decision, ...]:
    """Only where a package.json says how it is built."""
    candidate = found.entry.candidate
    builds = _builds(found.project) if candidate.framework is Framework.FLASK else None
    if builds is None:
        return ()
    folder, stated = _static_folder(found.sources, *candidate.origin)
    missing = next(_missing(found.project, folder, stated), None)
    if missing is None:
        return ()
    built, place = missing
    ignored = place.path == ".gitignore" and not is_build_output(f"/{built}/")
    how = (
        f'exclude = ["!/{built}/**"] in [tool.okamochi] takes it into the image'
        if ignored
        else "what it makes comes into the image"
    )
    summary = (
        f"Warning: {built}/, of the app's static files, is not there: build the front end first "
        f"({_command(builds.path)}), and {how}"
    )
    return (Decision.detected("source", summary, (place, builds)),)


def _builds(project: ProjectFiles) -> Evidence | None:
    """The first package.json with a script called build, the project's own first."""
    paths = sorted(project.files("**/package.json"), key=lambda path: (path.count("/"), path))
    for path in paths[:5]:
        try:
            package = json_of(project.read_text(path) or "")
        except NoDataError:
            continue
        scripts = package.get("scripts") if isinstance(package, dict) else None
        if isinstance(scripts, dict) and isinstance(scripts.get("build"), str):
            return Evidence(path=path, reason=f"npm run build: {scripts['build'][:60]}")
    return None


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
        made = UPLOADED.fullmatch(posixpath.basename(ignored)) is not None
        if served and not made and WILD.isdisjoint(ignored) and not project.exists(ignored):
            yield ignored, Evidence(path=".gitignore", line=number, reason=f"leaves {ignored}/ out")
