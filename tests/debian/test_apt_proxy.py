from pathlib import Path

from msgspec.structs import replace

from okamochi.debian.apt_proxy import through_apt_proxy
from tests.debian.conftest import MakeWorld


def with_proxy(folder: Path) -> Path:
    (folder / "apt.conf").write_text('Acquire::http::Proxy "http://proxy.example:3128";\n')
    return folder


def test_downloads_go_through_apts_proxy(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world()
    proxied = through_apt_proxy(world, with_proxy(tmp_path))
    assert proxied.environ["http_proxy"] == "http://proxy.example:3128"
    assert proxied.transport is not world.transport
    assert proxied.cache is world.cache


def test_a_proxy_of_the_environment_comes_first(make_world: MakeWorld, tmp_path: Path) -> None:
    world = replace(make_world(), environ={"HTTP_PROXY": "http://other.example"})
    assert through_apt_proxy(world, with_proxy(tmp_path)) is world


def test_without_a_proxy_nothing_changes(make_world: MakeWorld, tmp_path: Path) -> None:
    world = make_world()
    assert through_apt_proxy(world, tmp_path) is world
