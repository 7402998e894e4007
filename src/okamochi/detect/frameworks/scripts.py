"""Scripts that a framework's own program runs: Streamlit, Panel, Bokeh, Chainlit, Shiny, marimo, Solara; and
those that start Gradio or Taipy themselves."""

import ast
import posixpath
import re
from collections.abc import Callable, Iterator

import msgspec

from okamochi.detect.base import Detected
from okamochi.detect.serving.web_applications import STAND_IN, Candidate, place_of
from okamochi.detect.source.import_lines import imported_parts
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import walk
from okamochi.model.evidence import Evidence
from okamochi.model.plan import Framework, ServerInterface

__all__ = ["candidate_of_a_script", "script_applications", "script_candidate"]

GUIS = frozenset(["taipy.Gui", "taipy.gui.Gui"])
CURDOC = ("bokeh.io.curdoc", "bokeh.plotting.curdoc", "bokeh.io.doc.curdoc")
FIRST_NAMES = ("streamlit_app", "app", "main", "home", "index", "dashboard", "run")


class _Kind(msgspec.Struct, frozen=True):
    """`word` is in the text of every such script. It shows itself by a call of a method or of `calls` (full
    names), by an object that it makes of one of the classes `made`, by a decorator (of the function
    `decorated`, "" for any), or by importing a module; else by what `line_of` finds, 0 for nothing."""

    framework: Framework
    word: str
    line_of: Callable[[Module], int] | None = None
    methods: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    decorator: str = ""
    decorated: str = ""
    module: str = ""

    def line_in(self, module: Module) -> int:
        return self.line_of(module) if self.line_of is not None else next(self._lines(module), 0)

    def _lines(self, module: Module) -> Iterator[int]:
        full = module.imports.full
        if self.methods and not _import_line(module, self.word):
            return
        for call in module.of(ast.Call):
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if method and (method in self.methods or full(call.func) in self.calls):
                yield call.lineno
        for node in module.of(ast.Assign):
            if isinstance(node.value, ast.Call) and full(node.value.func) in self.made:
                yield node.lineno
        for function in module.of(ast.FunctionDef, ast.AsyncFunctionDef) if self.decorator else ():
            for one in function.decorator_list if self.decorated in ("", function.name) else ():
                if re.fullmatch(self.decorator, full(one.func if isinstance(one, ast.Call) else one)):
                    yield one.lineno
        for imported in module.of(ast.Import, ast.ImportFrom):
            named = imported.module if isinstance(imported, ast.ImportFrom) else imported.names[0].name
            if self.module and (named or "").startswith(self.module):
                yield imported.lineno


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
    # a harness such as app_debug.py imports the app itself
    own = (one for one in modules if STAND_IN.fullmatch(posixpath.basename(one.path)) is None)
    imported = {path for module in own for path in _imports(sources, module)}
    for module in modules:
        line = kind.line_in(module)
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
    for node in sources.imports(module.path):
        for name in imported_parts(node):
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


def _bokeh(module: Module) -> int:
    """`curdoc().add_root(page)`; a document that a function is handed is a server's within the program."""
    added = (one for one in module.of(ast.Call) if isinstance(one.func, ast.Attribute))
    lines = (one.lineno for one in added if ast.unparse(one.func).endswith(".add_root"))
    return next(lines, 0) if module.call_of(*CURDOC) else 0


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
    _Kind(Framework.GRADIO, "gradio", methods=frozenset(["launch"])),
    _Kind(Framework.PANEL, "panel", methods=frozenset(["servable"]), calls=frozenset(["panel.serve"])),
    # what is shown is added to the document of the session:
    # https://docs.bokeh.org/en/latest/docs/user_guide/server/app.html
    _Kind(Framework.BOKEH, "bokeh", _bokeh),
    # @cl.on_message, before 0.7 @langchain_factory: https://docs.chainlit.io/api-reference/lifecycle-hooks/on-message
    _Kind(Framework.CHAINLIT, "chainlit", decorator=r"chainlit\..*"),
    # Core makes an object; Express is a script from top to bottom, for which it is enough to import it.
    # https://shiny.posit.co/py/docs/express-vs-core.html
    _Kind(Framework.SHINY, "shiny", made=frozenset(["shiny.App", "shiny._app.App"]), module="shiny.express"),
    # a notebook: https://docs.marimo.io/guides/apps/
    _Kind(Framework.MARIMO, "marimo", made=frozenset(["marimo.App"])),
    # the component that a page is made of: https://solara.dev/documentation/api/utilities/component
    _Kind(Framework.SOLARA, "solara", decorator=r"solara\.component", decorated="Page"),
    _Kind(Framework.TAIPY, "taipy", _taipy),
)
