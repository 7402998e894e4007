"""The folder of the app as a package: what stands for the folder above it, run in a Python of its own."""

import os
import subprocess
import sys
from pathlib import Path

import okamochi.kit

PROGRAM = """\
import importlib.util, sys
import shop.web.pages
print(shop.__name__, shop.__file__, shop.web.pages.value, shop.models is sys.modules["shop.models"])
print(importlib.util.find_spec("shop").submodule_search_locations)
"""


def test_the_apps_folder_is_imported_under_the_name_with_its_own_paths(tmp_path: Path) -> None:
    app, packages = tmp_path / "app", tmp_path / "packages" / "shop"
    (app / "web").mkdir(parents=True)
    packages.mkdir(parents=True)
    (app / "__init__.py").write_text("from . import models\nfrom shop.models import Item\n")
    (app / "models.py").write_text("Item = 3\n")
    (app / "web" / "__init__.py").write_text("")
    (app / "web" / "pages.py").write_text("from ..models import Item\nvalue = Item\n")
    content = dict(okamochi.kit.package_files("shop", below_main=False))["packages/shop/__init__.py"]
    (packages / "__init__.py").write_bytes(content)
    environ = {**os.environ, "PYTHONPATH": str(packages.parent), "OKAMOCHI_PACKAGE": str(app)}
    done = subprocess.run(
        (sys.executable, "-c", PROGRAM), env=environ, cwd=app, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [f"shop {app}/__init__.py 3 True", f"['{app}']"], done.stderr


def test_an_app_that_is_no_package_has_no_such_file() -> None:
    assert okamochi.kit.package_files("", below_main=False) == ()
