"""The key that signs sessions is made anew whenever the app is imported.

Each worker process of a server imports the app by itself, and each container does: a session that one
has signed is worth nothing at the next, users are logged out at random, and all are after each restart.
(gunicorn with --preload imports once; two containers still differ.)

Fix: read it from the environment, and fail without it: `SECRET_KEY = os.environ["SECRET_KEY"]`.

See: https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY
"""

import ast
import re
from collections.abc import Iterator

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.system.patterns import regex
from okamochi.system.python_text import syntax_tree

SEVERITY = Severity.WARNING
KEY = regex(r"(?:\w+_)?SECRET_KEY|JWT_SECRET|SESSION_SECRET", re.IGNORECASE)
FACTORY = regex(r"(?:create|make|build|get)_app\w*|init_app")
RANDOM = regex(
    r"\b(?:urandom|token_(?:hex|urlsafe|bytes)|uuid[14]|get_random_secret_key|getrandbits|generate_key)\("
)
FROM_OUTSIDE = regex(r"environ|getenv|config\(|env\(|\.get\(|read_text|open\(")
OF_TESTS = regex(r"(?i)test|\w+_?tests?(?:ing)?(?:config|settings)?$")
TESTS = regex(r"(?:.*/)?(?:tests?|conftest|test_\w+|\w+_test|examples?|docs?|scripts?)(?:/.*|\.py)")


def look(setup: Setup) -> Finds:
    given = {one.name for container in setup.production for one in container.environment if one.value}
    for file in setup.python_files:
        path, text = file.path, file.text
        if "secret" not in text.lower() or TESTS.fullmatch(path) or RANDOM.search(text) is None:
            continue
        for name, value in assignments(text):
            words = ast.unparse(value)
            if RANDOM.search(words) is None:
                continue
            otherwise = FROM_OUTSIDE.search(words) is not None
            if otherwise and any(one in words for one in given):
                continue
            unless = ", unless it is set" if otherwise else ""
            yield Found(
                path=path,
                line=value.lineno,
                message=f"{name} differs in each worker and after each start{unless}: sessions are lost",
                hint=f'{name} = os.environ["{name.upper()}"]',
            )


def assignments(text: str) -> Iterator[tuple[str, ast.expr]]:
    """Of names, attributes and keys that are called like a key that signs. What stands below an `if` or
    `except` is a way out that may never be taken."""
    tree = syntax_tree(text)
    for one in always_run(tree) if tree is not None else ():
        target, value = target_of(one)
        name = name_of(target) if target is not None else ""
        if value is not None and KEY.fullmatch(name):
            yield name, value


def always_run(block: ast.Module | ast.ClassDef | ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a module, of its classes, and of the function that makes the app."""
    for one in block.body:
        if isinstance(one, ast.ClassDef) and OF_TESTS.match(one.name):
            continue
        yield one
        if isinstance(one, ast.ClassDef) or (
            isinstance(one, ast.FunctionDef) and FACTORY.fullmatch(one.name)
        ):
            yield from always_run(one)


def target_of(one: ast.stmt) -> tuple[ast.expr | None, ast.expr | None]:
    if isinstance(one, ast.Assign) and len(one.targets) == 1:
        return one.targets[0], one.value
    if isinstance(one, ast.AnnAssign):
        return one.target, one.value
    return None, None


def name_of(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        # in small letters it is some value, of a script that makes keys for instance
        return target.id if target.id.isupper() else ""
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return ""
