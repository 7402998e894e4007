"""What decides the layers below the app is all in their key: what the kit holds, above all."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from msgspec.structs import replace

from okamochi.build.kit_files import kit_entries
from okamochi.model.plan import Plan
from okamochi.workflows.layers.assemble import foundation_key
from tests.detect.plans import FLASK_APP, planned
from tests.pypi.wheel_making import make_world


def key_of(plan: Plan, tmp_path: Path) -> str:
    world = make_world(tmp_path, {})
    session = SimpleNamespace(world=world, planned=SimpleNamespace(plan=plan), local=lambda: ())
    return foundation_key(cast("Any", session), cast("Any", ("locked",)), 5)


def test_an_app_that_is_a_package_does_not_get_the_kit_of_one_that_is_none(tmp_path: Path) -> None:
    plain = planned({"app.py": FLASK_APP})
    shop = replace(plain, application=replace(plain.application, package="shop"))
    store = replace(plain, application=replace(plain.application, package="store"))
    plans = (plain, shop, store)
    assert len({tuple(one.path for one in kit_entries(plan)) for plan in plans}) == 3
    assert len({key_of(plan, tmp_path) for plan in plans}) == 3
    assert key_of(plain, tmp_path) == key_of(plain, tmp_path)
