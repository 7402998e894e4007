"""What tools/install.py makes of the host's settings and of the lock."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


install = load("install")

LOCK = """\
rich==14.0 \\
    --hash=sha256:aa
    # via okamochi
uv==0.9 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via okamochi
uvicorn==1.0 \\
    --hash=sha256:dd
"""


def test_one_requirement_of_a_lock_comes_with_its_hashes_and_nothing_else() -> None:
    entry = install.lock_entry(LOCK, "uv")
    assert entry == "uv==0.9 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n"


def test_an_environment_variable_beats_the_file_as_in_pip() -> None:
    listing = ":env:.index-url='https://env.example/simple'\nglobal.index-url='https://file.example/simple'\n"
    assert install.pip_settings(listing) == {"index-url": "https://env.example/simple"}


def test_what_pip_was_told_is_said_to_uv() -> None:
    pip = {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "https://more.example/simple",
        "cert": "/etc/ca.pem",
        "proxy": "http://proxy.example:3128",
        "trusted-host": "a.example b.example",
    }
    settings = install.uv_settings(pip, {})
    assert settings == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://more.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INSECURE_HOST": "a.example b.example",
        "SSL_CERT_FILE": "/etc/ca.pem",
        "ALL_PROXY": "http://proxy.example:3128",
    }


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_uv_was_told_itself_stays(name: str) -> None:
    settings = install.uv_settings(
        {"index-url": "https://pip.example/simple"}, {name: "https://uv.example/simple"}
    )
    assert "UV_DEFAULT_INDEX" not in settings


def test_places_that_are_missing_are_not_said_to_uv_since_it_would_stop_there(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    pip = {"find-links": f"{missing} {tmp_path}", "extra-index-url": f"file://{missing}"}
    settings = install.uv_settings(pip, {})
    assert settings["UV_FIND_LINKS"] == str(tmp_path)
    assert "UV_INDEX" not in settings


def test_uvs_own_find_links_lose_the_folders_that_are_missing(tmp_path: Path) -> None:
    environment = {"UV_FIND_LINKS": f"{tmp_path},{tmp_path / 'missing'}", "HOME": "/root"}
    assert install.without_missing_links(environment) == {"UV_FIND_LINKS": str(tmp_path), "HOME": "/root"}


def test_the_build_backend_comes_from_the_lock_when_the_lock_has_it(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "dev.txt").write_text(
        "hatchling==1 \\\n    --hash=sha256:aa\neditables==1\n"
    )
    locked, editable = install.steps(tmp_path, ("pip", "install"))
    assert "--require-hashes" in locked
    assert "--no-build-isolation" in editable


def test_the_lock_of_this_repository_pins_uv_and_the_build_backend() -> None:
    lock = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    assert all(
        install.lock_entry(lock, name).count("--hash=") > 0 for name in ("uv", "hatchling", "editables")
    )


def test_uv_keeps_no_cache_where_the_home_takes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert install.without_a_cache({"HOME": str(tmp_path / "new")}) == {}
    monkeypatch.setattr(install.os, "access", lambda place, _: Path(place) != Path("/"))
    assert install.without_a_cache({"HOME": "/nowhere"}) == {"UV_NO_CACHE": "1"}
    assert install.without_a_cache({"HOME": "/nowhere", "XDG_CACHE_HOME": str(tmp_path)}) == {}
    assert install.without_a_cache({"HOME": "/nowhere", "UV_CACHE_DIR": "/c"}) == {}
