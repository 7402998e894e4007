"""A file that the author copies from an example is named where the app fails for it."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from okamochi.run.proof.answer import Outcome, Verdict
from okamochi.run.traces import Cause
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints.files import missing_section
from okamochi.workflows.mending.hints.files.example import hint
from okamochi.workflows.plan import PlannedProject


def told(message: str, root: Path) -> str:
    return told_for(Verdict(outcome=Outcome.FAILED, cause=Cause(message, "see the log")), root)


def told_for(verdict: Verdict, root: Path, import_root: str = "") -> str:
    plan = SimpleNamespace(application=SimpleNamespace(import_root=import_root))
    return hint(Failed(verdict, None, cast(PlannedProject, SimpleNamespace(plan=plan, root=root))))


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
    assert f"the project has {example}: copy it to {wanted} " in told(message, tmp_path)
    (tmp_path / wanted).touch()
    assert told(message, tmp_path) == ""


@pytest.mark.parametrize("there", ["config.json", "sampler.yml", "other-example.yml", "config-example.json"])
def test_what_is_no_example_of_the_missing_file_changes_no_hint(tmp_path: Path, there: str) -> None:
    (tmp_path / there).touch()
    assert told("the app opens /app/config.yml, which is not in the image", tmp_path) == ""


def test_of_a_module_that_is_missed_the_example_beside_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/keys_sample.py").touch()

    def of_module(name: str, import_root: str) -> str:
        return told_for(Verdict(outcome=Outcome.MISSING_MODULE, subject=name), tmp_path, import_root)

    assert "copy it to shop/keys.py" in of_module("shop.keys", "")
    assert "copy it to shop/keys.py" in of_module("keys", "shop")
    assert of_module("shop.other", "") == of_module("keys", "") == ""


def test_a_path_over_a_detour_names_the_file_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "config.template.yaml").write_text("")
    message = "the app opens /app/shop/../config.yaml, which is not in the image"
    assert told(message, tmp_path).startswith("the project has config.template.yaml: copy it to config.yaml")


def test_a_section_that_only_the_example_has_names_the_example(tmp_path: Path) -> None:
    """ConfigParser reads on where a file is not there: the error names the section alone."""
    example = tmp_path / "config/config.cfg.default"
    example.parent.mkdir()
    message = "the app raises configparser.NoSectionError: No section: 'Server'"
    verdict = Verdict(outcome=Outcome.FAILED, cause=Cause(message, "see the log"))
    failed = Failed(verdict, None, cast(PlannedProject, SimpleNamespace(root=tmp_path)))
    example.write_text("[Client]\nhost = localhost\n")
    assert missing_section.hint(failed) == ""
    example.write_text("; who listens\n[Server]\nhost = localhost\n")
    told = "the project has config/config.cfg.default: copy it to config/config.cfg "
    assert told in missing_section.hint(failed)
    (tmp_path / "config/config.cfg").touch()
    assert missing_section.hint(failed) == ""
