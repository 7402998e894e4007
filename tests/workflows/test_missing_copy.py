"""A file that the author copies from an example is named where the app fails for it."""

from pathlib import Path

import pytest

from okamochi.errors import UnhealthyError
from okamochi.workflows.mending.missing_copy import example_of_module, tell_example


@pytest.mark.parametrize(
    ("message", "wanted", "example"),
    [
        ("FileNotFoundError: config.yml not found at /app/config.yml.", "config.yml", "config-example.yml"),
        ("the app opens /app/conf/app.ini, which is not in the image", "conf/app.ini", "conf/app.ini.sample"),
        ("[Errno 2] No such file or directory: 'settings.toml'", "settings.toml", "example.settings.toml"),
        ("[Errno 2] No such file or directory: './settings.toml'", "settings.toml", "settings.default.toml"),
        (
            "an import fails: cannot import name 'jobs' from 'shop' (/app/shop/__init__.py)",
            "shop/jobs.py",
            "shop/sample-jobs.py",
        ),
    ],
)
def test_the_hint_names_the_example_and_the_copy(
    tmp_path: Path, message: str, wanted: str, example: str
) -> None:
    (tmp_path / example).parent.mkdir(exist_ok=True)
    (tmp_path / example).touch()
    failure = UnhealthyError(message, where="", hint="see the log")
    tell_example(failure, tmp_path)
    assert f"the project has {example}: copy it to {wanted} " in failure.hint
    (tmp_path / wanted).touch()
    other = UnhealthyError(message, where="", hint="see the log")
    tell_example(other, tmp_path)
    assert other.hint == "see the log"


@pytest.mark.parametrize("there", ["config.json", "sampler.yml", "other-example.yml", "config-example.json"])
def test_what_is_no_example_of_the_missing_file_changes_no_hint(tmp_path: Path, there: str) -> None:
    (tmp_path / there).touch()
    failure = UnhealthyError("the app opens /app/config.yml, which is not in the image", where="", hint="x")
    tell_example(failure, tmp_path)
    assert failure.hint == "x"


def test_of_a_module_that_is_missed_the_example_beside_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/keys_sample.py").touch()
    assert "copy it to shop/keys.py" in example_of_module("shop.keys", "", tmp_path)
    assert "copy it to shop/keys.py" in example_of_module("keys", "shop", tmp_path)
    assert example_of_module("shop.other", "", tmp_path) == example_of_module("keys", "", tmp_path) == ""


def test_a_path_over_a_detour_names_the_file_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "config.template.yaml").write_text("")
    message = "the app opens /app/shop/../config.yaml, which is not in the image"
    failure = UnhealthyError(message, where="", hint="see the log")
    tell_example(failure, tmp_path)
    assert failure.hint.startswith("the project has config.template.yaml: copy it to config.yaml")
