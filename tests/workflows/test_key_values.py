"""Key files that are given: their content is a secret, their variable holds the path inside the container."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from okamochi.errors import UsageError
from okamochi.kit.secret_files import read_secret
from okamochi.render.compose import render_compose
from okamochi.render.ecs import EcsRenderer
from okamochi.render.kubernetes import KubernetesRenderer
from okamochi.render.process_environment import secret_files_environment
from okamochi.render.rendering import Language, Rendering
from okamochi.render.swarm import SwarmRenderer
from okamochi.run.proof.made_up_key import made_up_key
from okamochi.run.proof.trial import key_paths
from okamochi.run.spec import RunSpec
from okamochi.run.state import AppState
from okamochi.system.world import World
from okamochi.workflows.plan import plan_project
from okamochi.workflows.starting.env_values import Reading, Values, read_values
from okamochi.workflows.starting.stack import with_given
from tests.detect.plans import FLASK_APP
from tests.pypi.wheel_making import make_world

KEY = json.dumps({"type": "service_account", "private_key": "hunter2-key"})
OPENS = "from google.oauth2.service_account import Credentials\nimport os\n"
BY_VARIABLE = f"{OPENS}{FLASK_APP}c = Credentials.from_service_account_file(os.environ['KEY_PATH'])\n"
BY_PATH = f"{OPENS}{FLASK_APP}c = Credentials.from_service_account_file('bot.json')\n"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, {})


def values(
    world: World,
    folder: Path,
    files: Mapping[str, str],
    reading: Reading = Reading(),  # noqa: B008
) -> tuple[Values, AppState]:
    project = folder / "shop"
    for path, text in {"requirements.txt": "flask\n", **files}.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text)
    env_file = project / ".env" if ".env" in files else None
    state = AppState.of(folder / "state", "shop")
    plan = plan_project(project, world).plan
    return read_values(plan, env_file, state, world, project=project, reading=reading), state


def test_a_path_of_this_machine_becomes_a_secret_and_its_variable_the_path_inside(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/a.json").write_text(KEY)
    found, state = values(world, tmp_path, {"app.py": BY_VARIABLE, ".env": "KEY_PATH=../keys/a.json\n"})
    assert found == Values((), ("KEY_PATH",), ("KEY_PATH",))
    assert state.secrets() == {"KEY_PATH": KEY}
    plan = plan_project(tmp_path / "shop", world).plan
    spec = RunSpec(
        name="a",
        app="shop",
        image_reference="a",
        process=plan.web,
        secret_names=("KEY_PATH", "TOKEN"),
        secret_paths=found.secret_paths,
    )
    environment = dict(spec.full_environment)
    assert environment["KEY_PATH"] == "/run/secrets/KEY_PATH"
    assert environment["OKAMOCHI_SECRET_FILES"] == "TOKEN" and "KEY_PATH_FILE" not in environment
    told = secret_files_environment(plan, ("KEY_PATH", "TOKEN"))
    assert told["KEY_PATH"] == "/run/secrets/KEY_PATH" and told["OKAMOCHI_SECRET_FILES"] == "TOKEN"


def test_the_content_itself_may_stand_in_the_variable(world: World, tmp_path: Path) -> None:
    found, state = values(world, tmp_path, {"app.py": BY_VARIABLE, ".env": f"KEY_PATH='{KEY}'\n"})
    assert found.secret_paths == ("KEY_PATH",) and state.secrets() == {"KEY_PATH": KEY}


def test_a_path_that_names_nothing_is_refused_with_what_to_write(world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="KEY_PATH names no file of this machine") as caught:
        values(world, tmp_path, {"app.py": BY_VARIABLE, ".env": "KEY_PATH=/nowhere/a.json\n"})
    assert "the path of the key file" in caught.value.hint


def test_a_key_of_the_project_that_would_be_in_the_image_is_refused(world: World, tmp_path: Path) -> None:
    files = {"app.py": BY_VARIABLE, ".env": "KEY_PATH=keys/a.json\n", "keys/a.json": KEY}
    with pytest.raises(UsageError, match="would be in the image") as caught:
        values(world, tmp_path, files)
    assert 'exclude = ["/keys/a.json"]' in caught.value.hint
    assert values(world, tmp_path, files, Reading(at_the_desk=True))[0].secret_paths == ("KEY_PATH",)
    assert values(world, tmp_path, {**files, ".gitignore": "keys/\n"})[0].secret_paths == ("KEY_PATH",)


def test_the_projects_own_file_is_taken_where_the_code_opens_it(world: World, tmp_path: Path) -> None:
    found, state = values(world, tmp_path, {"app.py": BY_PATH, "bot.json": KEY})
    assert found.secret_paths == ("BOT_JSON",) and state.secrets()["BOT_JSON"] == KEY
    (tmp_path / "shop/bot.json").unlink()
    with pytest.raises(UsageError, match="needs values for BOT_JSON"):
        values(world, tmp_path, {"app.py": BY_PATH})


@pytest.mark.parametrize(
    ("content", "expected"),
    [(KEY, ("LEDGER",)), ("-----BEGIN RSA PRIVATE KEY-----", ("LEDGER",)), ('{"a": 1}', ()), ("a,b", ())],
)
def test_another_variable_is_one_of_a_key_file_where_its_value_names_one(
    world: World, tmp_path: Path, content: str, expected: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text(content)
    found, _ = values(world, tmp_path, {"app.py": FLASK_APP, ".env": f"LEDGER={tmp_path}/file\n"})
    assert found.secret_paths == expected
    assert ("LEDGER" in dict(found.plain)) is not bool(expected)


def test_the_stack_hands_on_the_path(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(KEY)
    env = f"LEDGER={tmp_path}/a.json\n"
    found, _ = values(world, tmp_path, {"app.py": FLASK_APP, ".env": env})
    plan = with_given(plan_project(tmp_path / "shop", world).plan, found)
    assert plan.key_names == {"LEDGER"}
    compose = next(one for one in render_compose(plan).files if one.path == "compose.yaml").content.decode()
    assert "LEDGER: /run/secrets/LEDGER" in compose and "LEDGER_FILE" not in compose


def test_kubernetes_mounts_it_and_ecs_says_that_it_cannot(world: World, tmp_path: Path) -> None:
    values(world, tmp_path, {"app.py": BY_PATH, "bot.json": KEY})
    plan = plan_project(tmp_path / "shop", world).plan
    pods = {
        one.path: one.content.decode() for one in KubernetesRenderer().render(plan, Language.ENGLISH).files
    }
    assert "name: BOT_JSON\n              value: /run/secrets/BOT_JSON" in pods["kubernetes/web.yaml"]
    assert "secrets/BOT_JSON" in pods["kubernetes/kustomization.yaml"]
    ecs = EcsRenderer().render(plan, Language.ENGLISH).findings
    assert [one.field for one in ecs if one.rule == "ecs/secret-as-file"] == ["environment.BOT_JSON"]


MAY_BE = f"""{FLASK_APP}
import os
def key():
    return open(os.environ.get("SIGNING_KEY_FILE") or "a.pem").read()
"""


def test_what_the_app_starts_without_is_mounted_where_it_is_given(world: World, tmp_path: Path) -> None:
    values(world, tmp_path, {"app.py": MAY_BE})
    plan = plan_project(tmp_path / "shop", world).plan
    assert plan.key_names == {"SIGNING_KEY_FILE"}
    kubernetes = KubernetesRenderer().render(plan, Language.ENGLISH)
    web = yaml_of(kubernetes, "kubernetes/web.yaml")
    pod = web["spec"]["template"]["spec"]
    told = {one["name"]: one["value"] for one in pod["containers"][0]["env"]}
    assert told["OKAMOCHI_KEY_FILES"] == "SIGNING_KEY_FILE=/run/secrets/SIGNING_KEY_FILE"
    assert "SIGNING_KEY_FILE" not in told
    (mount,) = [one for one in pod["containers"][0]["volumeMounts"] if one["mountPath"] == "/run/secrets"]
    (volume,) = [one for one in pod["volumes"] if one["name"] == mount["name"]]
    assert volume["projected"]["sources"] == [{"secret": {"name": "shop-keys", "optional": True}}]
    (hint,) = [one.hint for one in kubernetes.findings if one.rule == "kubernetes/key-files"]
    assert "create secret generic shop-keys --from-file=SIGNING_KEY_FILE=FILE" in hint
    compose = yaml_of(render_compose(plan), "compose.yaml")["services"]
    assert compose["secrets"]["command"] == ["app/SIGNING_KEY_FILE??"]
    assert "SIGNING_KEY_FILE" not in compose["web"]["environment"]
    assert compose["web"]["environment"]["OKAMOCHI_KEY_FILES"] == told["OKAMOCHI_KEY_FILES"]
    assert any("/run/secrets:ro" in one for one in compose["web"]["volumes"])
    assert compose["web"]["depends_on"]["secrets"]["condition"] == "service_completed_successfully"
    for renderer, rule in ((SwarmRenderer(), "swarm/key-file"), (EcsRenderer(), "ecs/key-file")):
        found = renderer.render(plan, Language.ENGLISH)
        assert [one.field for one in found.findings if one.rule == rule] == ["environment.SIGNING_KEY_FILE"]
        assert not any(one.path.endswith("secrets.sh") for one in found.files)


def test_what_is_given_stands_beside_what_must_be(world: World, tmp_path: Path) -> None:
    reads = MAY_BE.replace("import os", "import os\napp.secret_key = os.environ['SECRET_KEY']")
    values(world, tmp_path, {"app.py": reads})
    plan = plan_project(tmp_path / "shop", world).plan
    pod = yaml_of(KubernetesRenderer().render(plan, Language.ENGLISH), "kubernetes/web.yaml")
    (volume,) = [one for one in pod["spec"]["template"]["spec"]["volumes"] if "projected" in one]
    assert volume["projected"]["sources"] == [
        {"secret": {"name": "shop-secrets", "optional": False}},
        {"secret": {"name": "shop-keys", "optional": True}},
    ]


def yaml_of(rendering: Rendering, path: str) -> Any:
    text = next(one for one in rendering.files if one.path == path).content.decode()
    return next(iter(YAML(typ="safe").load_all(text)))


def test_a_proof_has_a_key_of_its_own_making(world: World, tmp_path: Path) -> None:
    values(world, tmp_path, {"app.py": BY_PATH, "bot.json": KEY})
    plan = plan_project(tmp_path / "shop", world).plan
    assert key_paths(plan, {}) == {"BOT_JSON": "/run/secrets/BOT_JSON"}
    made = json.loads(made_up_key("BOT_JSON"))
    assert made["private_key"].startswith("-----BEGIN PRIVATE KEY-----\nMII")
    assert made["private_key"] != json.loads(made_up_key("BOT_JSON"))["private_key"]
    assert made_up_key("JWT_PEM").startswith("-----BEGIN PRIVATE KEY-----")


def test_a_value_of_several_lines_is_kept_so_that_its_reader_gets_all_of_it(
    world: World, tmp_path: Path
) -> None:
    source = f"import os\n{FLASK_APP}key = os.environ['PRIVATE_KEY']\n"
    pem = "-----BEGIN PRIVATE KEY-----\nMIIEv\n-----END PRIVATE KEY-----\n"
    found, state = values(world, tmp_path, {"app.py": source, ".env": f'PRIVATE_KEY="{pem}"\n'})
    assert found.secret_names == ("PRIVATE_KEY",) and found.secret_paths == ()
    assert read_secret("PRIVATE_KEY", str(state.secrets_folder / "PRIVATE_KEY")) == pem
    known = found.known(state)
    assert known["PRIVATE_KEY"].rstrip() == pem.rstrip()
