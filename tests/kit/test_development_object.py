"""The desk's module that loads what OKAMOCHI_OBJECT names, without the command's own arguments."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from okamochi.kit import development_object

APP = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--model", default="small")
args = parser.parse_args()

class Served:
    server = "server of " + args.model

app = Served()

def create_app(name, debug=False):
    return (name, debug, args.model)
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "served_here.py").write_text(APP)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "served_here", raising=False)
    monkeypatch.setattr(sys, "argv", ["flask", "run", "--port", "8000"])


def application(monkeypatch: pytest.MonkeyPatch, reference: str) -> Any:
    monkeypatch.setenv("OKAMOCHI_OBJECT", reference)
    return importlib.reload(development_object).application


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("served_here:app.server", "server of small"),
        ("served_here:create_app('shop', debug=True)", ("shop", True, "small")),
    ],
)
def test_an_app_that_parses_arguments_sees_none_of_the_desks(
    monkeypatch: pytest.MonkeyPatch, reference: str, expected: Any
) -> None:
    development_object.__dict__.pop("application", None)
    assert application(monkeypatch, reference) == expected
    assert sys.argv == ["flask", "run", "--port", "8000"]


def test_an_app_that_cannot_be_loaded_leaves_the_arguments_to_the_reloader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "served_here.py").write_text("raise RuntimeError('not yet')\n")
    development_object.__dict__.pop("application", None)
    with pytest.raises(RuntimeError, match="not yet"):
        application(monkeypatch, "served_here:app")
    assert sys.argv == ["flask", "run", "--port", "8000"]
