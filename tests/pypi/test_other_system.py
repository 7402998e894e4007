"""A package that is published for another system alone: pip freeze of a Windows machine brings pywin32."""

from types import SimpleNamespace
from typing import Any

import pytest

from okamochi.pypi.missing_wheels import missing_wheels
from okamochi.pypi.requirement_line import read_line
from okamochi.pypi.uv_errors import Explained
from okamochi.system.process import Completed

# as uv 0.13 says it
REFUSED = """error: No solution found when resolving dependencies
  cause: Because {name}==311 has no wheels with a matching platform tag (e.g., `manylinux_2_40_x86_64`) and
         you require {name}==311, we can conclude that your requirements are unsatisfiable.

hint: Wheels are available for `{name}` (v311) on the following platforms: {platforms}
"""


@pytest.mark.parametrize(
    ("name", "platforms", "told"),
    [
        ("pywin32", "`win32`, `win_amd64`, `win_arm64`", 'write pywin32==311; sys_platform == "win32"'),
        ("pyobjc", "`macosx_11_0_arm64`", 'write pyobjc==311; sys_platform == "darwin"'),
        ("shared", "`win_amd64`, `macosx_11_0_arm64`", ""),
    ],
)
def test_it_is_told_and_how_to_write_the_line(name: str, platforms: str, told: str, monkeypatch: Any) -> None:
    """The advice was to build a wheel oneself, and nobody can."""
    monkeypatch.setattr("okamochi.pypi.missing_wheels.version_with_wheel", lambda *_: "")
    said = REFUSED.format(name=name, platforms=platforms).encode()
    uv: Any = SimpleNamespace(world=SimpleNamespace(offline=False))
    target: Any = SimpleNamespace(title="cp313")
    lines = (read_line(f"{name}==311", path="requirements.txt", line=2),)
    error = missing_wheels(uv, Explained(Completed((), 1, b"", said)), lines, target, lambda _: None)
    assert error is not None and error.where == "requirements.txt:2"
    assert ("is published for" in str(error)) == bool(told)
    assert told in error.hint and (bool(told) or "pip wheel" in error.hint)
