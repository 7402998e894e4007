"""What okamochi's regular expressions leave to Python."""

import ast
import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "okamochi"
POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+")


def test_no_group_is_repeated_possessively() -> None:
    """Before Python 3.11.5 such a repeat does not step back out of a turn that failed in its middle: the same
    text was read otherwise there. (?>(?:...)*) does. https://github.com/python/cpython/issues/106052"""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if POSSESSIVE_GROUP.search(node.value):
                    found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
            elif isinstance(node, ast.JoinedStr):
                # what is filled in may be a group
                parts = zip(node.values, node.values[1:], strict=False)
                if any(
                    isinstance(one, ast.FormattedValue)
                    and str(getattr(after, "value", ""))[:2] in ("*+", "++")
                    for one, after in parts
                ):
                    found.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert found == []
