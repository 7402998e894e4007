"""The health request."""

import pytest

from okamochi.errors import UsageError
from okamochi.model.correction import Correction, CorrectionKind, corrected
from okamochi.model.kit_programs import health_environment
from okamochi.model.process import HttpProbe, Probe, TcpProbe
from tests.detect.plans import FLASK_APP, decision, planned

VIEW = "def view(): return 'ok'\n"


def probe(source: str, **others: str) -> Probe | None:
    return planned({"app.py": FLASK_APP + source, **others}).web.probe


@pytest.mark.parametrize(
    ("source", "path"),
    [
        (f"@app.route('/health')\n{VIEW}", "/health"),
        (f"@app.get('/ping')\n{VIEW}", "/ping"),
        (f"@app.route('/healthz', methods=['GET', 'HEAD'])\n{VIEW}", "/healthz"),
        (f"{VIEW}app.add_url_rule('/livez', view_func=view)\n", "/livez"),
        (f"@app.route('/ping')\n@app.route('/healthz')\n{VIEW}", "/healthz"),
        (f"@app.route('/_health/')\n{VIEW}", "/_health/"),
        (f"@app.get('/internal/v2/healthz')\n{VIEW}", "/internal/v2/healthz"),
        (FLASK_APP + "@app \\\n    .route('/health')\ndef health(): return ''\n", "/health"),
        (FLASK_APP + "@(app.route)('/health')\ndef health(): return ''\n", "/health"),
    ],
)
def test_a_health_route_is_found(source: str, path: str) -> None:
    assert probe(source) == HttpProbe(path=path)


@pytest.mark.parametrize(
    "source",
    [
        "",
        f"@app.post('/health')\n{VIEW}",
        f"@app.route('/health', methods=['POST'])\n{VIEW}",
        f"@app.route('/health/<name>')\n{VIEW}",
        f"@app.route('/health-insurance')\n{VIEW}",
    ],
)
def test_without_one_a_connection_is_enough(source: str) -> None:
    assert probe(source) == TcpProbe()


def test_a_route_behind_a_login_is_not_used_and_the_plan_says_so() -> None:
    plan = planned({"app.py": FLASK_APP + f"@app.route('/health')\n@login_required\n{VIEW}"})
    assert plan.web.probe == TcpProbe()
    assert "login_required" in decision(plan, "processes.web.probe").evidence[0].reason


BLUEPRINT = "from flask import Blueprint\nbp = Blueprint('m', __name__{})\n@bp.route('/health')\n" + VIEW


@pytest.mark.parametrize(
    ("made", "registered", "path"),
    [
        ("", "app.register_blueprint(bp)", "/health"),
        (", url_prefix='/api'", "app.register_blueprint(bp)", "/api/health"),
        (", url_prefix='/api'", "app.register_blueprint(bp, url_prefix='/v1')", "/v1/health"),
        (", url_prefix='/'", "app.register_blueprint(bp)", "/health"),
        (", url_prefix='/m'", "for one in (bp,):\n    app.register_blueprint(one)", "/m/health"),
    ],
)
def test_blueprint_prefixes_are_added(made: str, registered: str, path: str) -> None:
    found = probe(f"from monitor import bp\n{registered}\n", **{"monitor.py": BLUEPRINT.format(made)})
    assert found == HttpProbe(path=path)


def test_a_blueprint_of_a_submodule_that_a_factory_imports_late_is_found() -> None:
    files = {
        "shop/__init__.py": "from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n"
        "    from . import monitor\n    app.register_blueprint(monitor.bp)\n    return app\n",
        "shop/monitor.py": BLUEPRINT.format(""),
    }
    assert planned(files).web.probe == HttpProbe(path="/health")


def test_a_blueprint_that_nobody_registers_serves_nothing() -> None:
    assert probe("import monitor\n", **{"monitor.py": BLUEPRINT.format("")}) == TcpProbe()


def test_the_setting_rules() -> None:
    assert planned({"app.py": FLASK_APP}, health="/up").web.probe == HttpProbe(path="/up")
    assert (
        planned({"app.py": FLASK_APP + f"@app.get('/healthz')\n{VIEW}"}, health="tcp").web.probe == TcpProbe()
    )
    for wrong in ("up", "/two words", "/line\nbreak"):
        with pytest.raises(UsageError):
            planned({"app.py": FLASK_APP}, health=wrong)


def test_a_path_beyond_ascii_is_asked_for_as_browsers_do() -> None:
    encoded = HttpProbe(path="/%E5%BA%97/health")
    assert probe(f"@app.get('/店/health')\n{VIEW}") == encoded
    assert planned({"app.py": FLASK_APP}, health="/店/health").web.probe == encoded
    assert planned({"app.py": FLASK_APP}, health="/a%20b?x=1").web.probe == HttpProbe(path="/a%20b?x=1")


def test_a_server_name_is_sent_as_host() -> None:
    source = f"app.config['SERVER_NAME'] = 'shop.example.com'\n@app.get('/healthz')\n{VIEW}"
    assert probe(source) == HttpProbe(path="/healthz", host="shop.example.com")


def test_without_a_health_route_its_pages_are_asked_for_with_that_host_as_well() -> None:
    """With another Host, Flask 1 and 2 answer each page with 404, which would pass for an app that works."""
    app = FLASK_APP + f"app.config['SERVER_NAME'] = 'shop.example.com'\n@app.get('/')\n{VIEW}"
    plan = planned({"app.py": app})
    assert plan.web.probe == TcpProbe(host="shop.example.com")
    assert "SERVER_NAME is shop.example.com" in str(decision(plan, "processes.web.probe").evidence)
    assert health_environment(plan.web)["OKAMOCHI_HEALTH_HOST"] == "shop.example.com"
    seen = Correction(kind=CorrectionKind.HEALTH, value="/ping", reason="the proof saw it")
    assert corrected(plan, (seen,)).web.probe == HttpProbe(path="/ping", host="shop.example.com")
    far = Correction(kind=CorrectionKind.HEALTH, value="/店/ping", reason="the proof saw it")
    assert corrected(plan, (far,)).web.probe == HttpProbe(path="/%E5%BA%97/ping", host="shop.example.com")


def test_an_application_that_loads_none_of_the_routes_is_warned_about() -> None:
    files = {
        "core/__init__.py": "from flask import Flask\napp = Flask(__name__)\n",
        "core/views.py": f"from core import app\n@app.route('/')\n{VIEW}",
        "start.py": "def main():\n    import core.views\n    core.app.run()\n",
    }
    warned = decision(planned(files), "processes.web.probe")
    assert "loads none of the project's 1 route" in warned.summary
    assert (warned.evidence[0].path, warned.evidence[0].line) == ("core/views.py", 2)
    files["core/__init__.py"] += (
        "import importlib\nfor name in ['views']:\n    importlib.import_module(f'core.{name}')\n"
    )
    assert "Warning" not in decision(planned(files), "processes.web.probe").summary
