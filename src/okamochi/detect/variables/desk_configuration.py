"""What is right at the desk and stays on in production unless a variable says otherwise: debug mode, and the
configuration that `os.getenv("FLASK_CONFIG", "development")` takes where the project has one for production.
"""

import ast
import re
from collections.abc import Iterator

from okamochi.detect.source.python_source import Module
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import text_of
from okamochi.model.evidence import Evidence
from okamochi.model.process import EnvironmentVariable
from okamochi.system.patterns import regex

__all__ = ["left_at_the_desk"]

DEBUG = regex(r"(DJANGO_|APP_|FLASK_|QUART_)?DEBUG")
OFF = regex(r"^[ \t]*DEBUG\s*=\s*False\b", re.MULTILINE)
ON = frozenset(["1", "true", "yes", "on"])
DESK = frozenset(["dev", "develop", "development", "local", "debug", "default"])
PRODUCTION = ("production", "prod")
# what was built, and chooses nothing: HEROKU_SLUG_COMMIT
OF_A_BUILD = regex(r"(\w*_)?(COMMIT|RELEASE|REVISION|SHA|TAG|VERSION)")


def left_at_the_desk(sources: Sources, variable: EnvironmentVariable) -> tuple[str, tuple[Evidence, ...]]:
    """A warning about the default of a variable, with what else says so; "" when there is none to give."""
    if DEBUG.fullmatch(variable.name) is not None and (variable.default or "").lower() in ON:
        if any(OFF.search(module.text) for module in sources.mentioning("DEBUG")):
            return "", ()  # what the default stands behind, perhaps
        return f"Warning: debug mode is on unless {variable.name} says otherwise", ()
    better = configuration_for_production(sources, variable)
    if better is None:
        return "", ()
    name, evidence = better
    return f"Warning: for production the project has another: {variable.name}={name}", (evidence,)


def configuration_for_production(
    sources: Sources, variable: EnvironmentVariable
) -> tuple[str, Evidence] | None:
    """What the variable has to be for the configuration that the project has for production, and where that
    stands; None when the default is no other configuration of the same table."""
    default = variable.default or ""
    if default.lower() not in DESK or OF_A_BUILD.fullmatch(variable.name) is not None:
        return None
    for module in sources.mentioning(*(f"{quote}{name}{quote}" for name in PRODUCTION for quote in "'\"")):
        for keys in tables(module):
            for name in PRODUCTION:
                best = keys.get(name)
                if best is not None and default in keys and ast.dump(keys[default]) != ast.dump(best):
                    reason = f"{name!r} is the configuration {ast.unparse(best)}"
                    return name, Evidence(path=module.path, line=best.lineno, reason=reason)
    return None


def tables(module: Module) -> Iterator[dict[str, ast.expr]]:
    """Module-level dicts from texts to classes, objects made of them, or their import paths."""
    for statement in module.tree.body:
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if not isinstance(value, ast.Dict):
            continue
        pairs = list(zip(value.keys, value.values, strict=True))
        texts = {name: one for key, one in pairs if (name := text_of(key))}
        if len(texts) == len(pairs) and all(is_configuration(one) for one in texts.values()):
            yield texts


def is_configuration(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str) and "." in value.value
    return isinstance(value, ast.Name | ast.Attribute) or (
        isinstance(value, ast.Call) and not value.args and not value.keywords
    )
