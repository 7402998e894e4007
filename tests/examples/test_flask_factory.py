"""examples/flask-factory, served: hardening, data, secrets."""

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.examples.conftest import ALL_ENGINES, Serving, answering, served
from tests.lacks import require_namespaces

pytestmark = pytest.mark.network

GREETING = "お届けものです"


@pytest.fixture(scope="module", params=ALL_ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return answering(str(request.param))


@pytest.fixture(scope="module")
def greeting_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("env") / "greeting.env"
    place.write_text(f"GREETING={GREETING}\n")
    return place


@pytest.fixture(scope="module")
def serving(
    private_program: Program, make_example: Callable[[str], Path], engine: str, greeting_file: Path
) -> Iterator[Serving]:
    root = make_example("flask-factory")
    yield from served(private_program, root, engine, "--env-file", greeting_file)


def write(serving: Serving, text: str) -> None:
    browser = serving.browser()
    page = browser.submit("/", {"name": "試験", "text": text}, token="token", to="/messages")
    assert page.status == 200 and text in page.text


def test_the_page_greets_as_the_environment_file_says_and_health_answers(serving: Serving) -> None:
    assert GREETING in serving.browser().get("/").text
    assert serving.browser().get("/healthz").status == 200
    assert serving.browser().get("/static/parcel.css").status == 200


def test_the_secret_was_generated_once_and_is_private(serving: Serving) -> None:
    assert "SECRET_KEY: generated once" in serving.stderr
    (secret,) = serving.secrets_folder.iterdir()
    assert (secret.name, len(secret.read_text()) >= 32) == ("SECRET_KEY", True)
    assert stat.S_IMODE(serving.secrets_folder.parent.stat().st_mode) == 0o700
    assert secret.read_text() not in serving.program.ok("logs", serving.root).stdout
    assert serving.inside()["secret"] == len(secret.read_text())


def test_inside_only_tmp_and_volumes_can_be_written_and_nobody_is_root(serving: Serving) -> None:
    if serving.engine == "host":
        require_namespaces()  # else only file permissions keep the app in its place
    inside = serving.inside()
    assert (inside["uid"], inside["gid"]) == (10001, 10001)
    assert inside["capabilities"] == 0
    assert inside["shells"] == []
    assert inside["home"] == "/tmp"
    writable = {folder for folder, refusal in inside["writing"].items() if not refusal}
    assert writable == {"/tmp"}
    assert inside["instance"] == ""


def test_nobody_gains_privileges(serving: Serving) -> None:
    assert serving.inside()["no_new_privileges"] == "1"


def test_the_engine_was_told_to_harden(serving: Serving) -> None:
    if serving.engine == "host":
        pytest.skip("there is no container to inspect")
    found = serving.inspected()
    host = found["HostConfig"]
    assert found["Config"]["User"] == "10001:10001"
    assert host["ReadonlyRootfs"] is True
    assert not host["Privileged"]
    assert "ALL" in host["CapDrop"] or len(host["CapDrop"]) > 5
    assert any("no-new-privileges" in option for option in host["SecurityOpt"])
    assert 0 < host["Memory"] <= 2**30
    assert host["NanoCpus"] > 0 or host["CpuQuota"] > 0
    assert 0 < host["PidsLimit"] <= 1024
    (bindings,) = host["PortBindings"].values()
    assert [binding["HostIp"] for binding in bindings] == ["127.0.0.1"]
    assert "/var/run/docker.sock" not in str(found["Mounts"])
    secret = (serving.secrets_folder / "SECRET_KEY").read_text()
    assert secret not in str(found), "a secret shows in inspect"


def test_data_and_sessions_survive_down_and_up_and_data_goes_with_its_volumes(
    serving: Serving, greeting_file: Path
) -> None:
    write(serving, "この伝言は残る")
    browser = serving.browser()
    token = token_of(browser.get("/").text)
    secret = (serving.secrets_folder / "SECRET_KEY").read_text()
    serving.down()
    assert serving.program.ok("ps", serving.root).stdout == ""
    serving.up("--env-file", greeting_file)
    assert (serving.secrets_folder / "SECRET_KEY").read_text() == secret
    assert "generated" not in serving.stderr
    assert "この伝言は残る" in serving.browser().get("/").text
    browser.base = serving.url
    assert token_of(browser.get("/").text) == token, "the session is not good any more"

    serving.down("--volumes")
    serving.up("--env-file", greeting_file)
    assert "この伝言は残る" not in serving.browser().get("/").text


def token_of(page: str) -> str:
    found = re.search(r'name="token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]
