"""The app that is set up below the main guard is set up where a server loads it, or that is told."""

import pytest

from tests.detect.plans import planned

HEAD = (
    "from flask import Flask\nfrom flask_wtf.csrf import CSRFProtect\n"
    "csrf = CSRFProtect()\napp = Flask(__name__)\n"
)
FACTORY = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
GUARD = 'if __name__ == "__main__":\n'


def told(files: dict[str, str]) -> list[tuple[str, int | None, str]]:
    found = [one for one in planned(files).decisions if "below if __name__" in one.summary]
    return [(one.path, one.line, one.reason) for decision in found for one in decision.evidence]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("app.config.from_object('config.Development')", "calls app.config.from_object()"),
        ("app.config.update(MAIL_SERVER='mail')", "calls app.config.update()"),
        ("csrf.init_app(app)", "calls csrf.init_app()"),
        ("app.register_blueprint(shop)", "calls app.register_blueprint()"),
        ("app.secret_key = 'sesame-open'", "sets app.secret_key"),
        ("app.config['SESSION_TYPE'] = 'filesystem'", "sets app.config['SESSION_TYPE']"),
        ("app.jinja_env.globals.update(zip=zip)", "calls app.jinja_env.globals.update()"),
        ("app.jinja_env.filters['yen'] = yen", "sets app.jinja_env.filters['yen']"),
        ("api.add_resource(Items, '/items')", "calls api.add_resource()"),
    ],
)
def test_what_sets_the_app_up_is_told_by_its_line_without_its_values(line: str, reason: str) -> None:
    source = f"{HEAD}{GUARD}    {line}\n    app.run(debug=True)\n"
    assert told({"app.py": source}) == [("app.py", 6, reason)]
    above = f"{HEAD}{line}\n{GUARD}    app.run(debug=True)\n"
    assert told({"app.py": above}) == []


@pytest.mark.parametrize(
    "line",
    [
        "app.config['DEBUG'] = True",
        "toolbar.init_app(app)",
        "app.run(ssl_context='adhoc')",
        "other.config.from_object('config.Development')",
        "desk.init_app(window)",
    ],
)
def test_what_the_desk_alone_needs_is_not(line: str) -> None:
    assert told({"app.py": f"{HEAD}{GUARD}    {line}\n    app.run()\n"}) == []


def test_what_is_done_above_as_well_is_not() -> None:
    above = "app.config.from_object('config.Production')\n"
    assert told({"app.py": f"{HEAD}{above}{GUARD}    app.config.from_object('config.Desk')\n"}) == []


def test_an_app_that_the_guard_lets_the_factory_make_is_the_same() -> None:
    guard = f"{GUARD}    shop = create_app()\n    csrf.init_app(shop)\n    shop.run()\n"
    assert told({"app.py": FACTORY + guard}) == [("app.py", 6, "calls csrf.init_app()")]


def test_an_app_of_another_module_is_the_same_in_that_which_the_server_loads() -> None:
    start = f"from shop import create_app\napp = create_app()\n{GUARD}    app.secret_key = 'sesame'\n"
    assert told({"shop/__init__.py": FACTORY, "run.py": start}) == [("run.py", 4, "sets app.secret_key")]


MAIN = "def main():\n    with app.app_context():\n        app.config['MACHINE'] = 1\n    app.run()\n"


def test_what_a_function_does_that_the_guard_alone_calls_is_told() -> None:
    assert told({"app.py": f"{HEAD}{MAIN}{GUARD}    main()\n"}) == [
        ("app.py", HEAD.count("\n") + 3, "sets app.config['MACHINE']")
    ]


STATE = (
    "engine = None\ndef connect(path):\n    global engine\n    engine = path\n"
    "def peek(path):\n    return path\n"
)


@pytest.mark.parametrize(
    ("head", "lines", "expected"),
    [
        ("import store\n", "store.connect('shop.db')", "store.connect"),
        ("from data import store as base\n", "base.connect('shop.db')", "base.connect"),
        ("from store import connect\n", "connect('shop.db')", "connect"),
        ("import store\n", "store.peek('shop.db')", ""),
        (STATE, "connect('shop.db')", "connect"),
        ("import store\n", "import sys\nname = sys.argv[1]\nstore.connect(name)", ""),
        ("import store\n", "store.connect(input())", ""),
    ],
)
@pytest.mark.parametrize("function", [False, True])
def test_what_the_apps_functions_work_with_is_made_as_well(
    head: str, lines: str, expected: str, function: bool
) -> None:
    start = "".join(f"    {line}\n" for line in (*lines.split("\n"), "app.run(debug=True)"))
    guard = f"def main():\n{start}{GUARD}    main()\n" if function else f"{GUARD}{start}"
    files = {"store.py": STATE, "data/__init__.py": "", "data/store.py": STATE}
    found = variable({**files, "app.py": f"{HEAD}{head}{guard}"})
    assert found == (f"/app/app.py; {expected}" if expected else "")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("import joblib\nmodel = joblib.load('model.pkl')\napp.run()", "model"),
        ("import joblib\nmodel = joblib.load('model.pkl')\nprint(model)\napp.run()", ""),
        ("model = load(input())\napp.run()", ""),
        ("port = int('8000')\napp.run(port=port)", ""),
        ("served = app.run()", ""),
        ("model = 1\napp.run()", ""),
    ],
)
def test_a_value_that_nothing_there_reads_is_one_for_the_functions(lines: str, expected: str) -> None:
    found = variable({"app.py": HEAD + GUARD + "".join(f"    {one}\n" for one in lines.split("\n"))})
    assert found == (f"/app/app.py; {expected}" if expected else "")


@pytest.mark.parametrize(
    "source",
    [
        f"{MAIN}main()\n{GUARD}    main()\n",
        f"{MAIN}def other():\n    main()\n{GUARD}    main()\n",
        MAIN.replace("main():", "main():\n    app = make()") + f"{GUARD}    main()\n",
        f"{MAIN}{GUARD}    app.run()\n",
    ],
)
def test_what_others_call_as_well_or_does_it_to_another_app_is_not(source: str) -> None:
    assert told({"app.py": HEAD + source}) == []


HANDED = (
    "def initialize_app(flask_app):\n    flask_app.register_blueprint(shop)\n"
    f"def main():\n    initialize_app(app)\n    app.run()\n{GUARD}    main()\n"
)


def test_what_a_function_does_to_the_app_that_it_is_given_there_is_told() -> None:
    reason = "calls initialize_app(app), which calls flask_app.register_blueprint()"
    assert told({"app.py": HEAD + HANDED}) == [("app.py", HEAD.count("\n") + 4, reason)]
    straight = HANDED.replace("    main()\n", "    initialize_app(app)\n").replace("def main", "def other")
    assert told({"app.py": HEAD + straight.replace("    initialize_app(app)\n", "    pass\n", 1)}) != []


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": f"{HEAD}{HANDED}initialize_app(app)\n"},
        {"app.py": HEAD + HANDED, "wsgi.py": "from app import app, initialize_app\ninitialize_app(app)\n"},
        {"app.py": HEAD + HANDED.replace("flask_app.register_blueprint(shop)", "print(flask_app)")},
    ],
)
def test_where_others_call_it_or_it_sets_nothing_up_it_is_not(files: dict[str, str]) -> None:
    assert told(files) == []


def variable(files: dict[str, str]) -> str:
    return dict(planned(files).image_environment).get("OKAMOCHI_BELOW_MAIN", "")


def test_what_stands_in_the_module_that_the_server_loads_is_done_by_the_kit() -> None:
    body = "    from queue import Queue\n    app.secret_key = 'x'\n    csrf.init_app(app)\n    app.run()\n"
    plan = planned({"app.py": f"{HEAD}{GUARD}{body}"})
    values = dict(plan.image_environment)
    assert values["OKAMOCHI_BELOW_MAIN"] == "/app/app.py; app.secret_key; csrf.init_app"
    assert "/opt/okamochi/packages" in values["PYTHONPATH"].split(":")
    assert not [one for one in plan.decisions if "no server runs what stands below" in one.summary]


@pytest.mark.parametrize(
    "files",
    [
        {"app.py": f"{FACTORY}{GUARD}    shop = create_app()\n    shop.secret_key = 'x'\n    shop.run()\n"},
        {"app.py": f"{HEAD}{MAIN}{GUARD}    main()\n"},
        {"app.py": f"{HEAD}{GUARD}    app.run()\n"},
    ],
)
def test_what_the_kit_cannot_do_it_is_not_told_to(files: dict[str, str]) -> None:
    assert variable(files) == ""


def test_a_module_that_hangs_more_on_the_app_of_another_is_what_the_server_loads() -> None:
    """Named as they are, app.py would come first."""
    run = "from app import app, csrf\ncsrf.init_app(app)\n"
    files = {"app.py": f"{HEAD}{GUARD}    csrf.init_app(app)\n    app.run()\n", "serve.py": run}
    plan = planned(files)
    assert plan.application.object_reference == "serve:app"
    assert told(files) == []
    only_uses = run.replace("csrf.init_app(app)", "csrf.protect(app)")
    assert planned({**files, "serve.py": only_uses}).application.object_reference == "app:app"
