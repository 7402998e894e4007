"""Dynaconf takes its settings of development unless a variable says otherwise; Flask itself is in production.

https://www.dynaconf.com/flask/ and https://www.dynaconf.com/configuration/#env_switcher
"""

import ast
import re
from collections.abc import Iterable, Iterator

from okamochi.detect.source.sources import Sources
from okamochi.detect.source.syntax import is_true, text_of
from okamochi.model.evidence import Decision, Evidence
from okamochi.pypi.python_values import last_name
from okamochi.system.patterns import regex

__all__ = ["dynaconf_environment"]

FILES = tuple(
    f"{folder}settings.{kind}"
    for folder in ("", "config/")
    for kind in ("toml", "yaml", "yml", "json", "ini")
)
OF_PRODUCTION = regex(r'^(?:\[production[\].]|production:|[ \t]*"production"[ \t]*:)', re.MULTILINE)


def dynaconf_environment(
    sources: Sources, paths: Iterable[str]
) -> tuple[tuple[tuple[str, str], ...], tuple[Decision, ...]]:
    """The variable that chooses the settings of production, where a file has them."""
    using = sorted(path for path in paths if "Dynaconf" in sources.text(path))
    place = _settings_of_production(sources) if using else None
    if place is None:
        return (), ()
    for path in using:
        for line, name in _switchers(sources, path):
            made = Evidence(
                path=path, line=line, reason=f"Dynaconf takes what {name} names, else development"
            )
            summary = f"{name} is 'production', unless you give another"
            return ((name, "production"),), (
                Decision.detected(f"image_environment.{name}", summary, (made, place)),
            )
    return (), ()


def _settings_of_production(sources: Sources) -> Evidence | None:
    for path in FILES:
        text = sources.project.read_text(path) or ""
        found = OF_PRODUCTION.search(text)
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            return Evidence(path=path, line=line, reason="has settings of production")
    return None


def _switchers(sources: Sources, path: str) -> Iterator[tuple[int, str]]:
    """The line and the variable by which each object of Dynaconf chooses among environments."""
    for call in sources.module(path).of(ast.Call):
        made = last_name(call.func)
        given = {(one.arg or "").upper(): one.value for one in call.keywords}
        layers = given.get("ENVIRONMENTS")
        if (
            made == "FlaskDynaconf"
            and "DYNACONF_INSTANCE" not in given
            and (layers is None or is_true(layers))
        ):
            usual = f"{text_of(given.get('ENVVAR_PREFIX')) or 'FLASK'}_ENV"
        elif made in ("Dynaconf", "LazySettings") and is_true(layers):
            usual = "ENV_FOR_DYNACONF"
        else:
            continue
        yield call.lineno, text_of(given.get("ENV_SWITCHER")) or usual
