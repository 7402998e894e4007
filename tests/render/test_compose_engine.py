"""What an engine does otherwise than docker, as an override."""

from ruamel.yaml import YAML

from okamochi.model.plan import Plan
from okamochi.render.compose import render_compose
from okamochi.render.compose_engine import render_compose_engine
from tests.detect.plans import planned

SOURCE = "import os\nfrom flask import Flask\napp = Flask(__name__)\nurl = os.environ['DATABASE_URL']\n"
PLAN = planned({"requirements.txt": "flask\npsycopg\n", "app.py": SOURCE})


def services(plan: Plan = PLAN, **otherwise: object) -> dict[str, dict[str, object]]:
    file = render_compose_engine(plan, **otherwise)  # type: ignore[arg-type]
    assert file is not None
    return dict(YAML(typ="safe", pure=True).load(file.content)["services"])


def test_where_nothing_is_otherwise_there_is_no_file() -> None:
    assert render_compose_engine(PLAN) is None


def test_what_the_engine_refuses_to_limit_is_without_limits_in_every_service() -> None:
    found = services(unlimited=("pids", "memory"))
    assert set(found) == {"web", "db", "secrets"}
    for one in found.values():
        assert one == {
            "deploy": {"resources": {"limits": {"memory": "0", "pids": -1}, "reservations": {"memory": "0"}}}
        }


def test_where_files_are_labelled_no_container_is_kept_from_its_own() -> None:
    assert {tuple(one["security_opt"]) for one in services(labelled=True).values()} == {("label=disable",)}  # type: ignore[arg-type]


def test_the_processes_have_the_source_of_the_user_under_the_users_number() -> None:
    assert services(own_user=True) == {"web": {"userns_mode": "keep-id"}}


def test_folders_that_the_engine_would_let_the_processes_write_are_closed() -> None:
    found = services(closed=("/run", "/var/tmp"))
    assert found == {"web": {"tmpfs": ["/run:ro,size=64k,mode=755", "/var/tmp:ro,size=64k,mode=755"]}}
    both = services(closed=("/run",), labelled=True)["web"]
    assert both["tmpfs"] == ["/run:ro,size=64k,mode=755"] and both["security_opt"] == ["label=disable"]


def test_what_stays_has_the_engine_s_policy_and_what_ends_keeps_its_own() -> None:
    migrates = SOURCE + "from flask_migrate import Migrate\nMigrate(app, None)\n"
    files = {
        "requirements.txt": "flask\npsycopg\nflask-migrate\n",
        **dict.fromkeys(("migrations/env.py", "migrations/versions/1.py"), ""),
    }
    plan = planned({**files, "app.py": migrates})
    assert {one.name for one in plan.processes} == {"web", "release"}
    assert services(plan, restart="always") == {"web": {"restart": "always"}, "db": {"restart": "always"}}


def test_production_s_override_names_no_service_that_stands_in_at_the_desk_alone() -> None:
    sends = SOURCE + "server = os.environ['MAIL_SERVER']\n"
    plan = planned({"requirements.txt": "flask\npsycopg\n", "app.py": sends})
    assert [one.name for one in plan.development_services] == ["mail"]
    file = next(one for one in render_compose(plan).files if one.path == "compose.yaml")
    started = YAML(typ="safe", pure=True).load(file.content)["services"]
    assert set(services(plan, unlimited=("pids",))) == set(started)
    assert "mail" in services(plan, unlimited=("pids",), at_the_desk=True)
