"""What a module's text imports."""

from typing import Any, cast

import pytest

from okamochi.pypi.module_graph import WheelModule, imports_in

NOWHERE = cast(Any, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a.b as c, d\n", {"a.b", "d"}),
        ("    import late  # why\n", {"late"}),
        ("from x.himport import y\n", {"x.himport", "x.himport.y"}),
        ("from a import (\n    b,\n    c,\n)\n", {"a", "a.b", "a.c"}),
        ("from . import near\nfrom .deep import er\n", {"pkg", "pkg.near", "pkg.deep", "pkg.deep.er"}),
        ("if True: x = 1; important = reimport\n", set()),
        ("x = importlib.import_module('plug.in')\n", {"plug.in"}),
        ('x = import_module( f"half{x}")\n', {"half"}),
        ("text = 'an import of goods'\n# import nothing\n", set()),
        ("try:\n\timport tabbed\nexcept ImportError: pass\n", {"tabbed"}),
    ],
)
def test_import_statements_are_found_by_their_text(text: str, expected: set[str]) -> None:
    module = WheelModule("pkg.module", "pkg/module.py", NOWHERE, is_package=False)
    assert set(imports_in(module, text.encode())) == expected
