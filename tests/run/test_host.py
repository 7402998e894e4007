"""The host engine's parts: the stand-in environment without isolation, and the launcher's own promises."""

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from okamochi.model.kit_programs import with_secrets
from okamochi.oci.image import Image
from okamochi.oci.reference import Reference
from okamochi.run.host.engine import HostEngine
from okamochi.run.host.isolation import Isolation, launcher_argv
from okamochi.run.host.launcher import confinement
from okamochi.run.host.records import Records, belongs_to, is_alive
from okamochi.run.host.shim import (
    fill,
    images_environment,
    library_folders,
    loading,
    relink,
    shim_at,
    write_finders,
    write_scripts,
)
from okamochi.run.host.unpack import unpack_layers
from okamochi.run.ports import TakenPort
from okamochi.run.spec import SERVICE_LABEL, ContainerState, RunSpec, aside_name
from okamochi.run.wait import Patience, start_healthy
from okamochi.system.subprocess_runner import SubprocessRunner

VOLUMES = (("/app/data", "/srv/data"), ("/files", "/srv/my files"))


@pytest.fixture(scope="module")
def root(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("root")
    unpack_layers(image.layers, path)
    return path


@pytest.mark.parametrize(
    ("value", "rewritten"),
    [
        ("sqlite:////app/data/app.db", "sqlite:////srv/data/app.db"),
        ("/app/shop:/opt/venv/bin:/usr/bin", "F/app/shop:F/venv/bin:/usr/bin"),
        ("/files", "/srv/my files"),
        ("/tmp/.cache", "F/tmp/.cache"),
        ("/run/secrets/KEY", "/state/secrets/KEY"),
        ("https://shop.example/app/login", "https://shop.example/app/login"),
        ("/application", "/application"),
        ("my/app", "my/app"),
    ],
)
def test_paths_of_the_image_become_paths_of_the_host(value: str, rewritten: str) -> None:
    shim = shim_at(Path("F"), Path("/r"), volumes=VOLUMES, secrets_folder="/state/secrets", app_root="/app")
    assert shim.rewritten(value) == rewritten


def test_a_console_script_starts_its_python_and_is_one_for_it(tmp_path: Path) -> None:
    folder, root = tmp_path / "it's here", tmp_path / "root"
    for path, text in {
        folder / "bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
        root / "opt/venv/bin/tell": "#!/opt/venv/bin/python\nimport sys\nprint(sys.argv[1:])\n",
        root / "opt/venv/bin/other": "#!/bin/sh\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    write_scripts(folder, root)
    script = folder / "bin/tell"
    by_itself = subprocess.run((script, "a b", "c"), capture_output=True, text=True, check=True)
    assert by_itself.stdout == "['a b', 'c']\n"
    # as the kit's heartbeat does with a worker's
    run = f"import runpy, sys; sys.argv = ['tell', 'x']; runpy.run_path({str(script)!r}, run_name='__main__')"
    inside = subprocess.run((sys.executable, "-c", run), capture_output=True, text=True, check=True)
    assert inside.stdout == "['x']\n"
    assert not (folder / "bin/other").exists()


def test_libraries_of_the_image_are_found_by_name(tmp_path: Path) -> None:
    libraries = tmp_path / "root/usr/lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    for name in ("libbowl.so.5", "libbowl.so.5.17"):
        (libraries / name).write_bytes(Path(sys.executable).resolve().read_bytes()[:64])
    (tmp_path / "bin").mkdir()
    write_finders(tmp_path, tmp_path / "root")
    program = "from ctypes.util import find_library as f; print(f('bowl'), f('nothing-like-it'))"
    environ = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin"}
    asked = subprocess.run(
        (sys.executable, "-c", program), env=environ, capture_output=True, text=True, check=True
    )
    assert asked.stdout == "libbowl.so.5 None\n"


def test_folders_of_libraries_are_told_by_the_image_alone(tmp_path: Path) -> None:
    settings, root = tmp_path / "root/etc/ld.so.conf.d", tmp_path / "root"
    for folder in (settings, root / "opt/own", root / "opt/other"):
        folder.mkdir(parents=True)
    (tmp_path / "outside").write_text("/opt/other\n")
    (settings / "a.conf").symlink_to(tmp_path / "outside")
    (settings / "b.conf").symlink_to("nowhere")
    (settings / "c.conf").write_text("/opt/own\n# a word\n")
    assert library_folders(root) == (root / "opt/own",)


def test_without_isolation_the_images_python_believes_in_its_environment(root: Path, tmp_path: Path) -> None:
    volumes = (("/app/data", str(tmp_path / "volume")),)
    (tmp_path / "volume").mkdir()
    shim = shim_at(tmp_path / "with space", root, volumes=volumes, secrets_folder="", app_root="/app")
    fill(shim, volumes=volumes, app_root="/app", environment=images_environment)
    program = "import subprocess, sys; print(sys.prefix, sys.base_prefix); print(sys.path[-1], flush=True); "
    program += "subprocess.run([sys.executable, '-c', 'import sys, json; print(sys.executable)'], check=True)"
    completed = subprocess.run(
        shim.argv(("/opt/venv/bin/python", "-c", program)),
        env=shim.environment((("PATH", "/opt/venv/bin"),)),
        capture_output=True,
        text=True,
        check=True,
    )
    folder = tmp_path / "with space"
    lines = completed.stdout.splitlines()
    # not the folder of the app: what lies below sys.prefix has its instance folder elsewhere
    # https://flask.palletsprojects.com/en/stable/config/#instance-folders
    assert lines[0].startswith(f"{folder}/venv {root}/")
    assert lines[1] == f"{folder}/venv/lib/{Path(sys.executable).resolve().name}/site-packages"
    assert lines[2] == f"{folder}/venv/bin/python"
    assert (folder / "app/data").readlink() == tmp_path / "volume"


def test_without_isolation_the_desk_runs_the_source_itself_and_covers_nothing_of_it(
    host_engine: HostEngine, image: Image, spec: RunSpec, tmp_path: Path
) -> None:
    vars(host_engine)["_isolation"] = Isolation((), ("everything",))
    host_engine.load(image, Reference.parse(spec.image_reference))
    source = tmp_path / "source"
    (source / "data").mkdir(parents=True)
    (source / "data/mine").write_text("the developer's own")
    program = "import os; print(os.getcwd(), os.listdir('data'))"
    process = msgspec.structs.replace(spec.process, argv=("/opt/venv/bin/python", "-c", program))
    desk = msgspec.structs.replace(spec, process=process, binds=((str(source), "/app"),))
    assert host_engine.run_once(desk).text == f"{source} ['mine']"
    assert (source / "data/mine").read_text() == "the developer's own"
    assert not (source / "data").is_symlink()


def test_without_isolation_the_whole_app_runs_all_the_same(
    host_engine: HostEngine, image: Image, spec: RunSpec, capfd: pytest.CaptureFixture[str]
) -> None:
    # as on a machine that allows no namespaces: the answer is kept where the engine keeps it
    vars(host_engine)["_isolation"] = Isolation((), ("everything",))
    host_engine.load(image, Reference.parse(spec.image_reference))
    start_healthy(host_engine, spec, Patience(limit_seconds=30))
    try:
        program = "import os; print(os.environ['SECRET_KEY'], open('data/first').read(), os.getcwd())"
        capfd.readouterr()
        assert host_engine.exec(spec.name, with_secrets(("python", "-c", program))) == 0
        assert capfd.readouterr().out.startswith("from-a-file from the image ")
        assert host_engine.check(spec.name, spec.healthcheck)[0]
    finally:
        host_engine.stop(spec.name, grace_seconds=30)
    assert host_engine.inspect(spec.name).exit_code == 0
    host_engine.remove(spec.name)


def test_an_apps_own_servers_have_their_names_in_its_containers(
    host_engine: HostEngine, image: Image, spec: RunSpec
) -> None:
    if not host_engine._isolation.rooted:
        pytest.skip("without a root of its own a library of the servers' packages answers (test_servers)")
    server = msgspec.structs.replace(
        spec, name=f"{spec.name}-db", bind_address="127.9.8.7", labels=((SERVICE_LABEL, "db"),)
    )
    folder = Records(host_engine.state_root).make_folder(server)
    (folder / "spec.json").write_bytes(msgspec.json.encode(server))
    host_engine.load(image, Reference.parse(spec.image_reference))
    asks = "from socket import gethostbyname as at; print(at('db'), at('localhost'))"
    argv = ("/opt/venv/bin/python", "-c", asks)
    asking = msgspec.structs.replace(spec, process=msgspec.structs.replace(spec.process, argv=argv))
    assert host_engine.run_once(asking).text == "127.9.8.7 127.0.0.1"
    host_engine.remove(server.name)
    assert "127.9.8.7" not in host_engine.run_once(asking).text


def test_without_isolation_links_into_volumes_and_secrets_lead_to_those_of_the_host(tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "keys").mkdir(parents=True)
    links = {
        "keys/a.json": "/run/secrets/A_JSON",
        "shop.db": "/var/lib/app-files/shop.db",
        "own": "keys/a.json",
    }
    for path, target in links.items():
        (app / path).symlink_to(target)
    volumes = (("/var/lib/app-files", "/state/files"),)
    relink(
        app, shim_at(tmp_path, tmp_path, volumes=volumes, secrets_folder="/state/secrets", app_root="/app")
    )
    assert {path: str((app / path).readlink()) for path in links} == {
        "keys/a.json": "/state/secrets/A_JSON",
        "shop.db": "/state/files/shop.db",
        "own": "keys/a.json",
    }


def description(folder: Path, program: str) -> Path:
    launch = {
        "namespaces": {},
        "argv": [sys.executable, "-I", "-c", program],
        "env": {},
        "cwd": str(folder),
        "limits": [],
        "cores": 1,
        "switch_user": False,
        "status": str(folder / "status.json"),
        "log": str(folder / "log"),
    }
    path = folder / "launch.json"
    path.write_text(json.dumps(launch))
    return path


def status(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "status.json").read_text())
    return found


def ended(folder: Path) -> dict[str, object]:
    for _ in range(1200):
        if "exit_code" in status(folder):
            return status(folder)
        time.sleep(0.05)
    raise AssertionError("the keeper wrote no exit code")


def test_the_keeper_stays_behind_keeps_the_log_and_the_exit_code(tmp_path: Path) -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"
    completed = SubprocessRunner().run(launcher_argv("supervise", description(tmp_path, program)))
    assert completed.returncode == 0
    assert ended(tmp_path)["exit_code"] == 7
    assert sorted((tmp_path / "log").read_text().split()) == ["err", "out"]


def test_when_the_keeper_is_killed_the_app_does_not_outlive_it(tmp_path: Path) -> None:
    path = description(tmp_path, "import time; time.sleep(60)")
    SubprocessRunner().run(launcher_argv("supervise", path))
    found = status(tmp_path)
    assert is_alive(found)
    os.kill(int(str(found["keeper"])), signal.SIGKILL)
    for _ in range(1200):
        if not is_alive(found):
            return
        time.sleep(0.05)
    raise AssertionError("the app is still alive")


def test_the_log_stays_small(tmp_path: Path) -> None:
    program = "import sys; line = 'x' * 1023 + '\\n'; [sys.stdout.write(line) for _ in range(25_000)]"
    SubprocessRunner().run(launcher_argv("supervise", description(tmp_path, program)))
    ended(tmp_path)
    sizes = [(tmp_path / name).stat().st_size for name in ("log", "log.1")]
    assert max(sizes) <= 10 * 1024 * 1024


def test_a_start_that_fails_is_told(tmp_path: Path) -> None:
    path = description(tmp_path, "")
    broken = json.loads(path.read_text()) | {"argv": ["/no/such/program"]}
    path.write_text(json.dumps(broken))
    SubprocessRunner().run(launcher_argv("supervise", path))
    assert ended(tmp_path)["exit_code"] == 125
    assert "cannot start the app" in (tmp_path / "log").read_text()


@pytest.mark.filterwarnings("error::DeprecationWarning")
def test_a_command_is_confined_by_what_coming_pythons_have_too() -> None:
    assert callable(confinement({"confined": {"reads": ["/usr"], "writes": []}}))


def test_what_comes_back_is_not_started_where_somebody_else_answers_by_now(
    host_engine: HostEngine, image: Image, reference: Reference, spec: RunSpec
) -> None:
    host_engine.load(image, reference)
    start_healthy(host_engine, spec, Patience(limit_seconds=30))
    host_engine.set_aside(spec.name, grace_seconds=5)
    with (
        socket.create_server(("127.0.0.1", spec.published_port)),
        pytest.raises(TakenPort, match=f"port {spec.published_port} is taken by"),
    ):
        host_engine.bring_back(spec.name)
    host_engine.bring_back(spec.name)
    try:
        assert host_engine.inspect(spec.name).state is ContainerState.RUNNING
        assert host_engine.inspect(aside_name(spec.name)).state is ContainerState.ABSENT
    finally:
        host_engine.remove(spec.name)


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers every page as an app would."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


def test_the_answers_of_somebody_who_took_the_port_meanwhile_are_not_the_apps(
    host_engine: HostEngine, image: Image, reference: Reference, spec: RunSpec
) -> None:
    host_engine.load(image, reference)
    start_healthy(host_engine, spec, Patience(limit_seconds=30))
    assert host_engine.stranger_at(spec.name, spec.published_port) == ""
    host_engine.remove(spec.name)
    with http.server.ThreadingHTTPServer(("127.0.0.1", spec.published_port), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        taken = rf"port {spec.published_port} is taken by .+ \(process {os.getpid()}\)"
        with pytest.raises(TakenPort, match=taken):
            start_healthy(host_engine, spec, Patience(limit_seconds=30))
        server.shutdown()
    assert host_engine.inspect(spec.name).state is ContainerState.ABSENT


def test_descendants_of_the_apps_own_process_are_part_of_it() -> None:
    with subprocess.Popen(("sleep", "30"), start_new_session=True) as child:
        try:
            assert belongs_to(child.pid, os.getpid())
            assert belongs_to(child.pid, child.pid)
            assert not belongs_to(os.getpid(), child.pid)
        finally:
            child.kill()


@pytest.mark.parametrize("knows", [True, False])
def test_an_old_loader_is_told_by_a_link_what_the_program_takes_itself_for(
    tmp_path: Path, knows: bool
) -> None:
    root, shown = tmp_path / "root", tmp_path / "bin/python"
    for path in (root / "lib64/ld-linux-x86-64.so.2", root / "usr/bin/python3.9"):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"an option is --argv0" if knows else b"--library-path")
    shown.parent.mkdir()
    for _ in range(2):
        words = loading(root, root / "usr/bin/python3.9", str(shown))
    if knows:
        assert words[3:] == ("--argv0", str(shown), str(root / "usr/bin/python3.9"))
    else:
        assert words[3:] == (f"{shown}.image",)
        assert Path(words[3]).resolve() == root / "usr/bin/python3.9"
