from pathlib import Path

from wheel_making import make_world

from okamochi.pypi.index_options import IndexOptions
from okamochi.pypi.pip_settings import PipSettings, read_pip_settings
from okamochi.pypi.uv_environment import uv_environment
from okamochi.pypi.uv_program import ProjectIndexes, started

NOWHERE = Path("/nonexistent")


def settings(environ, root=NOWHERE):
    return read_pip_settings(environ, host_root=root)


def uv(environ, *, pip=None, project=None):
    return uv_environment(
        environ,
        pip=pip or PipSettings(),
        project=project or IndexOptions(),
        cache_folder=Path("/cache/uv"),
    )


def test_later_configuration_files_win_and_variables_win_over_all(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/pip.conf").write_text("[global]\nindex-url = https://global.example/\ntimeout = 60\n")
    user = tmp_path / "config/pip/pip.conf"
    user.parent.mkdir(parents=True)
    user.write_text("[global]\nindex-url = https://user.example/\n[install]\ntrusted-host = a b\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    found = settings(environ, tmp_path)
    assert (found.indexes.index_url, found.timeout) == ("https://user.example/", "60")
    assert found.indexes.trusted_hosts == ("a", "b")
    found = settings(environ | {"PIP_INDEX_URL": "https://variable.example/"}, tmp_path)
    assert found.indexes.index_url == "https://variable.example/"


def test_a_config_file_of_null_hides_all_files_but_not_the_variables(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/pip.conf").write_text("[global]\nindex-url = https://global.example/\n")
    environ = {"PIP_CONFIG_FILE": "/dev/null", "PIP_NO_INDEX": "true"}
    found = settings(environ, tmp_path)
    assert found.indexes == IndexOptions(no_index=True)


def test_values_of_several_lines_are_lists_and_missing_folders_are_left_out_with_a_note(tmp_path):
    there = tmp_path / "simple"
    there.mkdir()
    conf = tmp_path / "pip.conf"
    conf.write_text(
        f"[global]\nextra-index-url =\n    file://{there}\n    file:///no/such/index\n"
        "    https://other.example/simple\nfind-links = /no/such/folder\n"
    )
    found = settings({"PIP_CONFIG_FILE": str(conf)})
    assert found.indexes.extra_index_urls == (f"file://{there}", "https://other.example/simple")
    assert found.indexes.find_links == ()
    assert len(found.notes) == 2 and "/no/such/folder" in found.notes[1]


def test_what_is_left_out_is_told_once_in_a_run_that_starts_uv_twice(tmp_path):
    world = make_world(tmp_path, {"PIP_FIND_LINKS": "/no/such/folder", "PIP_CONFIG_FILE": "/dev/null"})
    for _ in range(2):
        with started(world, ProjectIndexes()):
            pass
    assert [note for note in world.reporter.notes if "/no/such/folder" in note] == [
        "pip's find-links names /no/such/folder, which does not exist here: left out"
    ]


def test_a_broken_configuration_file_counts_as_none(tmp_path):
    conf = tmp_path / "pip.conf"
    conf.write_bytes(b"index-url = \xff\xfe")
    assert settings({"PIP_CONFIG_FILE": str(conf)}) == PipSettings()


def test_pip_indexes_become_uv_indexes_with_pips_rule_of_equal_indexes():
    pip = PipSettings(
        indexes=IndexOptions(index_url="https://a/", extra_index_urls=("https://b/",), find_links=("/w",))
    )
    found = uv({}, pip=pip)
    assert found["UV_DEFAULT_INDEX"] == "https://a/"
    assert found["UV_INDEX"] == "https://b/"
    assert found["UV_FIND_LINKS"] == "/w"
    assert found["UV_INDEX_STRATEGY"] == "unsafe-best-match"


def test_folders_with_commas_and_blanks_stay_one_word_of_uvs_lists():
    pip = PipSettings(
        indexes=IndexOptions(
            extra_index_urls=("/my index/simple", "https://a/x y,z"),
            find_links=("/w", "/a,b c", "https://a/1,2"),
        )
    )
    found = uv({}, pip=pip)
    assert found["UV_INDEX"].split(" ") == ["file:///my%20index/simple", "https://a/x%20y%2Cz"]
    assert found["UV_FIND_LINKS"].split(",") == ["/w", "file:///a%2Cb%20c", "https://a/1%2C2"]


def test_uv_settings_win_over_pips_and_keep_uvs_own_rule():
    pip = PipSettings(indexes=IndexOptions(index_url="https://pip/"))
    found = uv({"UV_INDEX_URL": "https://uv/", "UV_INDEX": "https://more/"}, pip=pip)
    assert "UV_DEFAULT_INDEX" not in found
    assert (found["UV_INDEX_URL"], found["UV_INDEX"]) == ("https://uv/", "https://more/")
    assert "UV_INDEX_STRATEGY" not in found


def test_an_index_in_the_users_uv_toml_hides_pips(tmp_path):
    (tmp_path / "uv").mkdir()
    (tmp_path / "uv/uv.toml").write_text('[[index]]\nurl = "https://uv/"\ndefault = true\n')
    pip = PipSettings(indexes=IndexOptions(index_url="https://pip/"))
    assert "UV_DEFAULT_INDEX" not in uv({"XDG_CONFIG_HOME": str(tmp_path)}, pip=pip)


def test_a_requirement_files_index_rules_over_the_hosts():
    found = uv({"UV_DEFAULT_INDEX": "https://host/"}, project=IndexOptions(index_url="https://file/"))
    assert found["UV_DEFAULT_INDEX"] == "https://file/"


def test_nothing_else_of_the_host_can_choose_versions_or_pythons():
    environ = {
        "UV_PYTHON": "3.9",
        "UV_RESOLUTION": "lowest",
        "UV_PRERELEASE": "allow",
        "UV_CONSTRAINT": "/tmp/x",
        "PYTHONPATH": "/tmp/evil",
        "VIRTUAL_ENV": "/tmp/venv",
        "UV_TARGET": "/tmp",
        "UV_INDEX_PRIVATE_PASSWORD": "pw",
        "HTTPS_PROXY": "http://proxy:3128",
        "NETRC": "/home/me/.netrc",
    }
    found = uv(environ)
    assert {"UV_INDEX_PRIVATE_PASSWORD", "HTTPS_PROXY", "NETRC"} <= found.keys()
    assert not {"UV_PYTHON", "UV_RESOLUTION", "UV_PRERELEASE", "UV_CONSTRAINT", "PYTHONPATH"} & found.keys()
    assert not {"VIRTUAL_ENV", "UV_TARGET"} & found.keys()
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
    assert found["UV_CACHE_DIR"] == "/cache/uv"


def test_the_first_certificate_bundle_that_exists_is_uvs(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("x")
    found = uv({"SSL_CERT_FILE": "/no/such.pem", "REQUESTS_CA_BUNDLE": str(bundle)})
    assert found["SSL_CERT_FILE"] == str(bundle)
    assert uv({}, pip=PipSettings(certificates=str(bundle)))["SSL_CERT_FILE"] == str(bundle)


def test_pips_proxy_serves_unless_the_environment_names_one():
    pip = PipSettings(proxy="http://pip-proxy:3128")
    assert uv({}, pip=pip)["ALL_PROXY"] == "http://pip-proxy:3128"
    assert "ALL_PROXY" not in uv({"https_proxy": "http://other:1"}, pip=pip)
