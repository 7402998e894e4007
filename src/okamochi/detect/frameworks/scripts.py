"""Scripts that a framework's own program runs: Streamlit, Panel, Chainlit, Shiny, marimo, Solara; and those
that start Gradio or Taipy themselves."""

import ast
import posixpath
import re
from collections.abc import Callable, Iterator

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.python_source import Module
from okamochi.detect.sources import Sources
from okamochi.detect.syntax import walk
from okamochi.detect.web_applications import Candidate, place_of
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework, ServerInterface

__all__ = ["candidate_of_a_script", "script_applications", "script_candidate"]

SHINY_APPS = frozenset(["shiny.App", "shiny._app.App"])
GUIS = frozenset(["taipy.Gui", "taipy.gui.Gui"])
FIRST_NAMES = ("streamlit_app", "app", "main", "home", "index", "dashboard", "run")


class _Kind(msgspec.Struct, frozen=True):
    """`word` is in the text of every such script; `line_of` is where it shows itself, 0 when it does not."""

    framework: Framework
    word: str
    line_of: Callable[[Module], int]


def script_applications(sources: Sources) -> tuple[Detected[Candidate], ...]:
    """Every script of the app that one of these frameworks serves, pages and imported modules left out."""
    return tuple(found for kind in KINDS for found in _of_kind(sources, kind))


def script_candidate(sources: Sources, path: str, framework: Framework) -> Detected[Candidate] | None:
    """The script that a command names, when it is there."""
    if path not in sources.known:
        return None
    place = Evidence(path=path, line=1, reason=f"is run by {framework.value}")
    return candidate_of_a_script(path, framework, framework.value, place)


def _of_kind(sources: Sources, kind: _Kind) -> Iterator[Detected[Candidate]]:
    modules = [module for module in sources.mentioning(kind.word) if not _is_page(module.path)]
    imported = {path for module in modules for path in _imports(sources, module)}
    for module in modules:
        line = kind.line_of(module)
        if line and module.path not in imported:
            name = kind.framework.value
            place = Evidence(path=module.path, line=line, reason=f"a script of {name}")
            yield candidate_of_a_script(module.path, kind.framework, name, place)


def candidate_of_a_script(path: str, framework: Framework, name: str, place: Evidence) -> Detected[Candidate]:
    """A script that is run as it is; `name` is what serves it, as `place` shows."""
    stem = posixpath.basename(path).removesuffix(".py").lower()
    candidate = Candidate(
        path,
        "",
        "",
        "",
        place_of(path, ""),
        (place.path, place.line),
        place.line,
        name,
        framework,
        ServerInterface.OWN,
        preference=FIRST_NAMES.index(stem) if stem in FIRST_NAMES else len(FIRST_NAMES),
    )
    return Detected(candidate, (place,))


def _is_page(path: str) -> bool:
    """Streamlit's pages/ are not scripts of their own."""
    return any(folder in ("pages", "views", "_pages") for folder in path.split("/")[:-1])


def _imports(sources: Sources, module: Module) -> Iterator[str]:
    for node in module.nodes:
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            found = sources.find(name, importer=module.path)
            if found is not None and found != module.path:
                yield found


def _streamlit(module: Module) -> int:
    """Where it draws outside of functions: a module of helpers only defines."""
    for statement in module.tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for node in walk(statement):
            if isinstance(node, ast.Call):
                called = module.imports.full(node.func)
                if called.startswith("streamlit.") and "cache" not in called:
                    return node.lineno
    return _import_line(module, "streamlit") if _runs_main(module) else 0


def _runs_main(module: Module) -> bool:
    return any(
        isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test)
        for statement in module.tree.body
    ) or any(
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and ast.unparse(statement.value.func) in ("main", "run", "app")
        for statement in module.tree.body
    )


def _gradio(module: Module) -> int:
    if not _import_line(module, "gradio"):
        return 0
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "launch":
            return node.lineno
    return 0


def _panel(module: Module) -> int:
    if not _import_line(module, "panel"):
        return 0
    for node in module.nodes:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr == "servable" or module.imports.full(node.func) == "panel.serve":
            return node.lineno
    return 0


def _chainlit(module: Module) -> int:
    """Where the first of its functions is decorated: @cl.on_message, before 0.7 @langchain_factory.
    https://docs.chainlit.io/api-reference/lifecycle-hooks/on-message"""
    for function in module.of(ast.FunctionDef, ast.AsyncFunctionDef):
        for one in function.decorator_list:
            called = module.imports.full(one.func if isinstance(one, ast.Call) else one)
            if called.startswith("chainlit."):
                return one.lineno
    return 0


def _shiny(module: Module) -> int:
    """Core makes an object of shiny.App; Express is a script from top to bottom, for which it is enough to
    import shiny.express. https://shiny.posit.co/py/docs/express-vs-core.html"""
    for node in module.of(ast.Assign):
        if isinstance(node.value, ast.Call) and module.imports.full(node.value.func) in SHINY_APPS:
            return node.lineno
    for imported in module.of(ast.Import, ast.ImportFrom):
        named = imported.module if isinstance(imported, ast.ImportFrom) else imported.names[0].name
        if (named or "").startswith("shiny.express"):
            return imported.lineno
    return 0


def _marimo(module: Module) -> int:
    """A notebook: https://docs.marimo.io/guides/apps/"""
    for node in module.of(ast.Assign):
        if isinstance(node.value, ast.Call) and module.imports.full(node.value.func) == "marimo.App":
            return node.lineno
    return 0


def _solara(module: Module) -> int:
    """The component that a page is made of: https://solara.dev/documentation/api/utilities/component"""
    for function in module.of(ast.FunctionDef):
        for one in function.decorator_list:
            named = module.imports.full(one.func if isinstance(one, ast.Call) else one)
            if function.name == "Page" and named == "solara.component":
                return one.lineno
    return 0


def _taipy(module: Module) -> int:
    """`Gui(page).run()`, `gui.run()`, or `taipy.run(gui)`: https://docs.taipy.io/en/latest/userman/run-deploy/"""
    made = {
        target.id
        for node in module.of(ast.Assign)
        if _makes_a_gui(node.value, module)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in module.of(ast.Call):
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "run":
            continue
        of = call.func.value
        named = isinstance(of, ast.Name) and of.id in made
        if named or _makes_a_gui(of, module) or module.imports.full(call.func) == "taipy.run":
            return call.lineno
    return 0


def _makes_a_gui(value: ast.expr, module: Module) -> bool:
    return isinstance(value, ast.Call) and module.imports.full(value.func) in GUIS


def _import_line(module: Module, name: str) -> int:
    match = re.search(rf"^[ \t]*(?:from|import)[ \t]+{name}\b", module.text, re.MULTILINE)
    return module.text.count("\n", 0, match.end()) + 1 if match is not None else 0


KINDS = (
    _Kind(Framework.STREAMLIT, "streamlit", _streamlit),
    _Kind(Framework.GRADIO, "gradio", _gradio),
    _Kind(Framework.PANEL, "panel", _panel),
    _Kind(Framework.CHAINLIT, "chainlit", _chainlit),
    _Kind(Framework.SHINY, "shiny", _shiny),
    _Kind(Framework.MARIMO, "marimo", _marimo),
    _Kind(Framework.SOLARA, "solara", _solara),
    _Kind(Framework.TAIPY, "taipy", _taipy),
)
