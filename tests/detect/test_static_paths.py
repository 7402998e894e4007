"""Paths that expressions give, read without running them."""

import ast

from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.sources import Sources
from okamochi.detect.source.static_paths import KnownPath, path_reader
from okamochi.system.project_files import MemoryProject

MANY = {f"library/part{number}.py": "to = 'elsewhere'\ntotal = to\n" for number in range(3)}


def test_a_key_of_the_configuration_is_looked_for_only_where_there_is_one() -> None:
    files = {**MANY, "app.py": "app.config['to'] = '/srv/out'\n", "use.py": "open(app.config['to'])\n"}
    sources = Sources(MemoryProject(files))
    assert read("app.config['to']", sources) == KnownPath("/srv/out")
    assert not any(sources.module(path).is_parsed for path in MANY)


def test_a_key_in_capitals_may_stand_in_a_class() -> None:
    sources = Sources(MemoryProject({"settings.py": "class Base:\n    UPLOADS = '/srv/in'\n", "use.py": ""}))
    assert read("app.config['UPLOADS']", sources) == KnownPath("/srv/in")


def read(expression: str, sources: Sources) -> KnownPath | None:
    return path_reader(FlaskObjects(sources)).read(
        ast.parse(expression, mode="eval").body, sources.module("use.py")
    )
