"""Whether a function runs while the app is loaded is asked from the function upwards."""

import pytest

from okamochi.detect.source.flask_objects import FlaskObjects
from okamochi.detect.source.reachable import reached_from
from okamochi.detect.source.sources import Sources
from okamochi.system.project_files import MemoryProject

FILES = {
    "app.py": "from lib import helper, Thing\nThing()\n\ndef make():\n    factory_only()\n",
    "lib.py": """
def helper():
    pass
class Thing:
    value = in_class_body()
    def __init__(self):
        self.begin()
    def begin(self):
        deep()
    def later(self):
        never()
def never_called():
    unreached()
if __name__ == "__main__":
    by_hand()
""",
    "unrelated.py": "never()\n",
}


@pytest.mark.parametrize(
    ("name", "factory", "runs"),
    [
        ("begin", "", True),
        ("deep", "", True),
        ("in_class_body", "", True),
        ("never", "", False),
        ("unreached", "", False),
        ("by_hand", "", False),
        ("factory_only", "", False),
        ("factory_only", "make", True),
        ("make", "make", True),
    ],
)
def test_runs_while_loading(name: str, factory: str, runs: bool) -> None:
    objects = FlaskObjects(Sources(MemoryProject(FILES)))
    assert reached_from("app.py", factory, objects).runs(name, objects) is runs


def test_circles_of_calls_end() -> None:
    files = {"app.py": "import other\ndef a():\n    b()\ndef b():\n    a()\n", "other.py": ""}
    objects = FlaskObjects(Sources(MemoryProject(files)))
    assert not reached_from("app.py", "", objects).runs("a", objects)
