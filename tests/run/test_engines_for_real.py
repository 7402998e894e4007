"""The same life on every engine: start, serve, exec, stop, remove."""

import json
import time
import urllib.request

import msgspec
import pytest

from okamochi.errors import EngineError, UnhealthyError
from okamochi.model.kit_programs import with_secrets
from okamochi.oci.image import Image
from okamochi.oci.reference import Reference
from okamochi.run.engine import Engine
from okamochi.run.spec import ContainerState, RunSpec
from okamochi.run.wait import Patience, start_healthy

QUICK = Patience(limit_seconds=30)
PYTHON = "/opt/venv/bin/python"


def page(url: str) -> dict[str, object]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: dict[str, object] = json.loads(answer.read())
        return found


def test_an_app_lives_a_whole_life(engine: Engine, spec: RunSpec, capfd: pytest.CaptureFixture[str]) -> None:
    healthy = start_healthy(engine, spec, QUICK)
    assert healthy.page_status == 200

    facts = page(healthy.url)
    assert facts["secret"] == "from-a-file"
    assert facts["word"] == "two\nlines"

    running = engine.inspect(spec.name)
    assert (running.state, running.app, running.restarts) == (ContainerState.RUNNING, spec.app, 0)
    assert running.address == f"127.0.0.1:{spec.published_port}"
    assert [found.name for found in engine.containers(spec.app)] == [spec.name]
    assert "serving" in engine.logs(spec.name)

    content, said = engine.check(spec.name, spec.healthcheck)
    assert content, said
    assert said.endswith("answers HTTP (HEAD / answered 501)")

    program = "import os; print(os.environ['SECRET_KEY'], open('/tmp/x', 'w').write('abc'))"
    capfd.readouterr()
    assert engine.exec(spec.name, with_secrets((PYTHON, "-c", program))) == 0
    assert engine.exec(spec.name, (PYTHON, "-c", "raise SystemExit(7)")) == 7
    assert "from-a-file 3" in capfd.readouterr().out

    engine.stop(spec.name, grace_seconds=5)
    assert engine.inspect(spec.name).state is ContainerState.EXITED
    engine.remove(spec.name)
    assert engine.inspect(spec.name).state is ContainerState.ABSENT
    engine.remove(spec.name)


def test_values_of_several_lines_reach_the_app_unharmed(
    engine: Engine, spec: RunSpec, capfd: pytest.CaptureFixture[str]
) -> None:
    value = "-----BEGIN\na=\"b\" $c 'd' #e \\\n-----END\n"
    start_healthy(engine, msgspec.structs.replace(spec, environment=(("WORD", value),)), QUICK)
    capfd.readouterr()
    assert engine.exec(spec.name, (PYTHON, "-c", "import os; print(ascii(os.environ['WORD']))")) == 0
    assert ascii(value) in capfd.readouterr().out


def test_volumes_start_with_the_images_content_and_outlive_containers(
    engine: Engine, spec: RunSpec, capfd: pytest.CaptureFixture[str]
) -> None:
    start_healthy(engine, spec, QUICK)
    write = "import os; p = os.environ['DATABASE_URL'][10:]; open(p, 'a').write('kept')"
    assert engine.exec(spec.name, (PYTHON, "-c", write)) == 0
    engine.remove(spec.name)
    start_healthy(engine, spec, QUICK)
    read = (
        "import os; p = os.environ['DATABASE_URL'][10:]; print(open(p).read()); os.chdir(os.path.dirname(p))"
    )
    capfd.readouterr()
    assert engine.exec(spec.name, (PYTHON, "-c", read + "; print(open('first').read())")) == 0
    assert capfd.readouterr().out.split("\n")[:2] == ["kept", "from the image"]
    engine.remove(spec.name)
    assert len(engine.remove_volumes(spec.app)) == 1
    assert engine.remove_volumes(spec.app) == ()


def test_the_root_is_read_only_and_the_user_is_nobody_special(
    engine: Engine, spec: RunSpec, capfd: pytest.CaptureFixture[str]
) -> None:
    if engine.facts().missing and "no root file system" in " ".join(engine.facts().missing):
        pytest.skip("this machine gives the host engine no isolation")
    start_healthy(engine, spec, QUICK)
    program = """
import os
status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
print(os.getuid(), os.getgid(), int(status["CapEff"], 16), status["NoNewPrivs"].strip())
for path in ("/app/x", "/opt/x", "/run/secrets/x", "/x"):
    try:
        open(path, "w")
    except OSError as error:
        print(path, error.strerror)
"""
    capfd.readouterr()
    assert engine.exec(spec.name, (PYTHON, "-c", program)) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "10001 10001 0 1"
    assert [line.split(" ", 1)[0] for line in lines[1:5]] == ["/app/x", "/opt/x", "/run/secrets/x", "/x"]
    assert all("Read-only" in line or "Permission" in line for line in lines[1:5])


def test_an_app_that_ends_is_told_at_once_with_its_log(engine: Engine, spec: RunSpec) -> None:
    begin = time.monotonic()
    with pytest.raises(UnhealthyError) as caught:
        start_healthy(engine, msgspec.structs.replace(spec, environment=(("WORD", "crash"),)), QUICK)
    assert time.monotonic() - begin < 25
    assert any("I will not" in line for line in caught.value.details)
    assert engine.inspect(spec.name).state is ContainerState.ABSENT


def test_a_missing_variable_is_recognised(engine: Engine, spec: RunSpec) -> None:
    with pytest.raises(UnhealthyError, match="the required variable INVOICE_TOKEN is missing") as caught:
        start_healthy(engine, msgspec.structs.replace(spec, environment=(("WORD", "missing"),)), QUICK)
    assert caught.value.where.endswith("/app/serve.py:14")


def test_a_page_that_answers_500_is_not_healthy(engine: Engine, spec: RunSpec) -> None:
    broken = msgspec.structs.replace(spec, environment=(("WORD", "broken"),))
    with pytest.raises(UnhealthyError, match="GET / answered 500"):
        # podman's own socket holds the port until the firewall knows it: who asks then gets no answer
        start_healthy(engine, broken, Patience(limit_seconds=8, request_seconds=3))


def test_starting_again_replaces_the_container(engine: Engine, spec: RunSpec) -> None:
    start_healthy(engine, spec, QUICK)
    changed = msgspec.structs.replace(spec, environment=(("WORD", "second"),))
    assert page(start_healthy(engine, changed, QUICK).url)["word"] == "second"
    assert len(engine.containers(spec.app)) == 1


def test_loading_again_and_asking_for_unknown_images(
    engine: Engine, spec: RunSpec, image: Image, reference: Reference
) -> None:
    engine.load(image, reference)
    assert engine.has(spec.image_reference)
    assert not engine.has("okamochi-test-run:nobody-made-this")
    unknown = msgspec.structs.replace(spec, image_reference="okamochi-test-run:nobody-made-this")
    with pytest.raises(EngineError):
        engine.start(unknown)


def test_an_image_goes_when_no_container_is_of_it(
    engine: Engine, spec: RunSpec, image: Image, reference: Reference
) -> None:
    """On the host engine it lies in the cache, whose limit takes care of it."""
    spare = Reference.parse("okamochi-test-run:spare")
    engine.load(image, spare)
    engine.remove_image(str(spare))
    engine.remove_image(str(spare))
    assert engine.has(str(spare)) == (engine.name == "host")
    assert engine.has(spec.image_reference)


def test_a_name_by_which_a_container_was_started_stays_though_its_image_has_another(
    engine: Engine, spec: RunSpec, image: Image, reference: Reference
) -> None:
    if engine.name == "host":
        return  # nothing is removed there
    shared = Reference.parse("okamochi-test-run:shared")
    engine.load(image, shared)
    engine.start(msgspec.structs.replace(spec, image_reference=str(shared)))
    with pytest.raises(EngineError, match=spec.name):
        engine.remove_image(str(shared))
    engine.remove(spec.name)
    engine.remove_image(str(shared))
    assert not engine.has(str(shared)) and engine.has(spec.image_reference)
