"""An app in a folder of the project whose files lie beside its modules: its author starts it there.

web/app.py: model = joblib.load("model.pkl")     web/model.pkl
"""

import ast
import posixpath
from collections.abc import Iterator, Sequence

from okamochi.detect.app_data import AppData
from okamochi.detect.understanding import Understood
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.plan import APP_ROOT, ServerInterface
from okamochi.model.process import Process
from okamochi.system.patterns import regex

__all__ = ["started_inside"]

FILE = regex(r"(?:\./)?(?:[\w.-]+/)*[\w .-]+\.[A-Za-z]\w{0,8}")
# what is looked for by other rules than the working directory's
OF_OTHERS = frozenset([".py", ".html", ".htm", ".jinja", ".j2", ".css", ".js"])


def started_inside(found: Understood, data: AppData, processes: Sequence[Process]) -> Decision | None:
    """None where anything else of the plan counts on the project's own folder: a file that is written by a
    relative name, another process, a path in the server's command."""
    candidate = found.entry.candidate
    root = candidate.import_root
    instance = posixpath.join(APP_ROOT, root, "instance")
    written = [one.path for one in data.volumes.volumes if not f"{one.path}/".startswith(f"{instance}/")]
    if not root or candidate.interface is ServerInterface.OWN or candidate.ini or len(processes) > 1:
        return None
    if data.volumes.files or any(one.startswith(f"{APP_ROOT}/") for one in written):
        return None
    place = next(_looked_for(found, root), None)
    if place is None:
        return None
    summary = f"it is started in {APP_ROOT}/{root}, beside whose modules it looks for its files"
    return Decision.detected("application.starts_inside", summary, (place,))


def _looked_for(found: Understood, root: str) -> Iterator[Evidence]:
    project, sources = found.sources.project, found.sources
    for path in found.reached.paths:
        if not path.startswith(f"{root}/"):
            continue
        for node in sources.module(path).of(ast.Constant):
            text = node.value
            if not isinstance(text, str) or FILE.fullmatch(text) is None:
                continue
            beside = posixpath.normpath(posixpath.join(root, text))
            if posixpath.splitext(text)[1].lower() in OF_OTHERS or project.exists(posixpath.normpath(text)):
                continue
            if project.exists(beside) and not project.is_dir(beside):
                yield Evidence(path=path, line=node.lineno, reason=f"names {text}, which is {beside}")
