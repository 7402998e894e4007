"""Key files: a service account's JSON, a private key. What the code opens, by a variable's value or by a path
of its own, is a secret of the plan, given as a file and never part of the image.
"""

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping

import msgspec

from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.import_lines import imported_parts
from okamochi.detect.source.python_source import Module
from okamochi.detect.source.reachable import Reached
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.static_paths import PathReader, path_reader
from okamochi.detect.source.syntax import argument, opens_to_write, texts_below, walk
from okamochi.detect.variables.environment_read import Read
from okamochi.detect.variables.environment_reads import WORDS, reads_of
from okamochi.model.evidence import Decision, Evidence
from okamochi.model.kit_programs import SECRETS_MOUNT
from okamochi.model.plan import APP_ROOT
from okamochi.model.process import EnvironmentVariable, SecretFile, VariableKind
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

__all__ = ["KeyFiles", "key_files"]

# What opens one, and the name of the argument, the first one, that is the file:
# https://googleapis.dev/python/google-auth/latest/user-guide.html
# https://firebase.google.com/docs/admin/setup, https://docs.gspread.org/en/latest/oauth2.html
OPENERS: Mapping[str, str] = {
    "from_service_account_file": "filename",
    "from_service_account_json": "json_credentials_path",
    "from_json_keyfile_name": "filename",
    "from_client_secrets_file": "client_secrets_file",
    "flow_from_clientsecrets": "filename",
    "load_credentials_from_file": "filename",
    "service_account": "filename",
    "Certificate": "cert",
}
OWNERS = {
    "service_account": "gspread.service_account",
    "Certificate": "firebase_admin.credentials.Certificate",
}
READERS = frozenset(["open", "read_text", "read_bytes"])
# https://cloud.google.com/docs/authentication/application-default-credentials
OF_GOOGLE = "GOOGLE_APPLICATION_CREDENTIALS"
LIBRARIES = regex(r"\b(?:google(?:\.(?:cloud|auth)| import (?:cloud|auth))|firebase_admin|vertexai)\b")
# texts: a secret of the plan is no binary file
KEY_NAME = regex(
    r"(?i)(?!.*(?:public|\bpub\b|cert|ca[-_.]|chain|bundle))"
    r"(?:.+\.(?:pem|key|p8)|.*(?:private_?key|signing_?key|credentials|service_?account)_(?:path|file))"
)
# a variable that leads to one, be it a public one: in the container it is a file that somebody gives
KEY_VARIABLE = regex(r"(?:[A-Z0-9]+_)*KEY_(?:PATH|FILE)")
WORD = regex(
    r"from_service_account|keyfile_name|client_?secrets|firebase_admin|gspread|load_credentials_from_file"
    r"|GOOGLE_APPLICATION_CREDENTIALS|(?i:(?:\.(?:pem|key|p8)|(?:key|credentials|account)_(?:path|file))[\"'])"
)


# what stands in one may be left out, or not be run at all
GUARDED = (ast.If, ast.Try, ast.ClassDef, ast.AsyncFunctionDef)


class KeyFiles(msgspec.Struct, frozen=True):
    """The plan's variables with those of key files, and links in the image."""

    environment: tuple[EnvironmentVariable, ...]
    files: tuple[SecretFile, ...] = ()
    decisions: tuple[Decision, ...] = ()

    @property
    def excluded(self) -> tuple[str, ...]:
        return tuple(
            re.sub(r"([\\*?\[\] !#])", r"\\\1", one.path.removeprefix(APP_ROOT)) for one in self.files
        )


class Opened(msgspec.Struct, frozen=True):
    """One place that opens a key file: by the value of `variable`, by `path` in the image, or by that where
    the other is not set. `must`: the app does not start without."""

    variable: str
    path: str
    must: bool
    evidence: Evidence


def key_files(
    objects: FlaskObjects, reached: Reached, environment: tuple[EnvironmentVariable, ...]
) -> KeyFiles:
    """What the modules that the server loads open of such files."""
    places = tuple(_opened(objects, reached))
    known = {one.name: one for one in environment}
    decisions: list[Decision] = []
    files: dict[str, SecretFile] = {}
    for one in places:
        name = one.variable or _name_of(one.path)
        before = known.get(name)
        if before is None or not before.holds_path:
            decisions.append(_decision(name, one))
        known[name] = EnvironmentVariable(
            name=name,
            kind=VariableKind.SECRET,
            required=one.must or (before is not None and before.required),
            as_file=not one.variable,
            holds_path=True,
        )
        if one.path:
            files[one.path] = SecretFile(path=one.path, name=name)
    every = tuple(known[name] for name in sorted(known))
    return KeyFiles(every, tuple(files[path] for path in sorted(files)), tuple(decisions))


def _opened(objects: FlaskObjects, reached: Reached) -> Iterator[Opened]:
    finder = _Finder(objects, reached, path_reader(objects))
    library: Evidence | None = None
    found = False
    for path in reached.paths:
        text = objects.sources.text(path)
        if library is None and LIBRARIES.search(text) is not None:
            library = _library(path, objects.sources)
        if WORD.search(text) is None:
            continue
        module = objects.sources.module(path)
        for line, expression in _arguments(module):
            one = None if _is_made(expression, module) else finder.opened(line, expression, module)
            if one is not None:
                found = True
                yield one
    if library is not None and not found:
        yield Opened(OF_GOOGLE, "", False, library)


def _library(path: str, sources: Sources) -> Evidence | None:
    """The import of one that looks for the variable itself."""
    for node in sources.imports(path):
        named = reversed(imported_parts(node))
        found = next((name for name in named if LIBRARIES.match(name) is not None), None)
        if found is not None:
            return Evidence(path=path, line=node.lineno, reason=f"{found} looks for it")
    return None


def _arguments(module: Module) -> Iterator[tuple[int, ast.expr]]:
    """Each place that opens a key file, by its line, with what names the file."""
    for call in module.of(ast.Call):
        argument = _argument(call, module)
        if argument is not None:
            yield call.lineno, argument
    for statement in module.of(ast.Assign):
        match statement.targets:
            case [ast.Subscript(slice=ast.Constant(value=str(key)))] if key == OF_GOOGLE:
                yield statement.lineno, statement.value
            case _:
                continue


def _argument(call: ast.Call, module: Module) -> ast.expr | None:
    name = last_name(call.func)
    first = call.args[0] if call.args else None
    if name in OPENERS:
        if module.imports.full(call.func) != OWNERS.get(name, module.imports.full(call.func)):
            return None
        return argument(call, 0, OPENERS[name])
    if name == "setdefault" and len(call.args) == 2:
        named = isinstance(first, ast.Constant) and first.value == OF_GOOGLE
        return call.args[1] if named else None
    if name == "open":
        opened = call.func.value if isinstance(call.func, ast.Attribute) and not call.args else first
        return opened if _has_key_name(opened, module) and not opens_to_write(call, 1) else None
    if name in READERS and isinstance(call.func, ast.Attribute):
        return call.func.value if _has_key_name(call.func.value, module) else None
    return None


def _is_made(expression: ast.expr, module: Module) -> bool:
    """Whether the module writes the file as well, under the same words: the app makes a key of its own."""
    words = ast.dump(expression)
    for call in module.of(ast.Call):
        match call:
            case ast.Call(func=ast.Name(id="open"), args=[first, *_]) if opens_to_write(call, 1):
                written = first
            case ast.Call(func=ast.Attribute(value=owner, attr="write_text" | "write_bytes")):
                written = owner
            case ast.Call(func=ast.Attribute(value=owner, attr="open")) if opens_to_write(call, 0):
                written = owner
            case _:
                continue
        if ast.dump(written) == words:
            return True
    return False


def _has_key_name(expression: ast.expr | None, module: Module) -> bool:
    """Whether a text in what names the file, or in what the module assigns to that name, ends as keys do."""
    looked_in = [expression] if expression is not None else []
    if isinstance(expression, ast.Name):
        looked_in += [
            one.value
            for one in module.of(ast.Assign)
            if any(isinstance(target, ast.Name) and target.id == expression.id for target in one.targets)
        ]
    texts = (text for one in looked_in for text in texts_below(one))
    return any((KEY_NAME.fullmatch(text) or KEY_VARIABLE.fullmatch(text)) is not None for text in texts)


class _Finder(msgspec.Struct, frozen=True):
    objects: FlaskObjects
    reached: Reached
    paths: PathReader

    def opened(self, line: int, expression: ast.expr, module: Module) -> Opened | None:
        variable = self.variable(expression, module)
        known = self.paths.read(expression, module)
        path = posixpath.join(APP_ROOT, known.text) if known is not None and known.whole else ""
        path = posixpath.normpath(path) if path.startswith(f"{APP_ROOT}/") else ""
        path = "" if path.startswith(f"{APP_ROOT}/~") else path  # HOME, which is empty at each start
        if not variable and not path:
            return None
        named = variable or path.removeprefix(f"{APP_ROOT}/")
        evidence = Evidence(path=module.path, line=line, reason=f"opens the key file {named}")
        return Opened(variable, path, self.is_needed(line, module), evidence)

    def variable(self, expression: ast.expr, module: Module) -> str:
        """The environment's, which the expression reads, or what it names was assigned from."""
        reads = reads_of(module, self.objects.sources)
        last = expression.end_lineno or expression.lineno
        inside = any(isinstance(node, ast.Constant | ast.Call) for node in walk(expression))
        if inside:
            return next((one.name for one in reads if expression.lineno <= one.line <= last), "")
        match expression:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self.assigned_from(name, reads)
            case _:
                return ""

    def assigned_from(self, name: str, reads: tuple[Read, ...]) -> str:
        of_others = (
            one
            for module in self.objects.sources.mentioning(*WORDS)
            for one in reads_of(module, self.objects.sources)
        )
        return next((one.name for one in (*reads, *of_others) if one.used_as == name), "")

    def is_needed(self, line: int, module: Module) -> bool:
        """Whether the place is reached while the server loads the app, whatever is asked before."""
        for statement in module.tree.body:
            if statement.lineno <= line <= (statement.end_lineno or line):
                if not isinstance(statement, ast.FunctionDef):
                    return not isinstance(statement, (*GUARDED, ast.With))
                guarded = any(
                    isinstance(inner, GUARDED) and inner.lineno < line <= (inner.end_lineno or line)
                    for inner in walk(statement)
                )
                return not guarded and self.reached.runs(statement.name, self.objects)
        return False


def _name_of(path: str) -> str:
    """SERVICE_ACCOUNT_JSON of service-account.json."""
    name = re.sub(r"\W+", "_", posixpath.basename(path)).strip("_").upper()
    return name if name.isidentifier() else f"KEY_{name}"


def _decision(name: str, one: Opened) -> Decision:
    where = (
        f"{one.path} in the image is a link to {SECRETS_MOUNT}/{name}"
        if not one.variable
        else f"in the container it is {SECRETS_MOUNT}/{name}"
    )
    need = "required" if one.must else "optional"
    return Decision.detected(
        f"environment.{name}",
        f"{name} is {need}, a key file: its value is the path of the file on this machine; {where}",
        (one.evidence,),
    )
