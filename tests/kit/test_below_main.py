"""What sets an app up below its main guard is done where a server imports the module, and nothing else is."""

import os
import subprocess
import sys
from pathlib import Path

import okamochi.kit

APP = """\
class App:
    done = []
    def run(self, **_):
        self.done.append("run")
app = App()
def init_app(app):
    app.done.append("init_app")
if __name__ == "__main__":
    import json as names
    from queue import Queue
    print("a line for the desk")
    value = names.loads("7")
    other = Queue()
    app.secret_key = value
    app.config = {}
    tools = type("Tools", (), {"init_app": staticmethod(init_app)})
    tools.init_app(app)
    app.run(debug=True)
"""


def run(folder: Path, program: str, told: str, app: str = APP) -> str:
    content = dict(okamochi.kit.package_files("", below_main=True))["packages/sitecustomize.py"]
    packages = folder / "packages"
    packages.mkdir(exist_ok=True)
    (packages / "sitecustomize.py").write_bytes(content)
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "shop" / "server.py").write_text(app)
    environ = {**os.environ, "PYTHONPATH": str(packages), "OKAMOCHI_BELOW_MAIN": told}
    argv = (sys.executable, *(("-c", program) if not program.endswith(".py") else (program,)))
    done = subprocess.run(argv, env=environ, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def told_of(folder: Path, *beginnings: str) -> str:
    return "; ".join((str(folder.resolve() / "shop" / "server.py"), *beginnings))


def test_the_statements_that_are_named_are_done_with_what_they_need(tmp_path: Path) -> None:
    program = "import shop.server as s; print(s.app.done, s.app.secret_key, hasattr(s, 'other'), s.__file__)"
    said = run(tmp_path, program, told_of(tmp_path, "tools.init_app", "app.secret_key"))
    assert said == f"['init_app'] 7 False {tmp_path / 'shop' / 'server.py'}\n"


IN_MAIN = """\
state = []
def main():
    place = "shop.db"
    state.append(place)
    print("serves")
def other():
    state.append("other")
if __name__ == "__main__":
    print("a line for the desk")
    main()
    other()
"""


def test_the_statements_of_a_function_that_is_called_with_nothing_are_done_as_well(tmp_path: Path) -> None:
    program = "import shop.server as s; print(s.state)"
    said = run(tmp_path, program, told_of(tmp_path, "state.append"), app=IN_MAIN)
    assert said == "['shop.db', 'other']\n"
    assert run(tmp_path, program, told_of(tmp_path, "other"), app=IN_MAIN) == "['other']\n"


def test_a_program_and_other_modules_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(APP)
    told = told_of(tmp_path, "tools.init_app")
    assert run(tmp_path, "import server; print(server.app.done)", told) == "[]\n"
    assert run(tmp_path, "shop/server.py", told) == "a line for the desk\n"


def test_an_app_that_is_set_up_above_has_no_such_file() -> None:
    assert okamochi.kit.package_files("", below_main=False) == ()
