"""The module okamochi_object of the desk: `application` is what OKAMOCHI_OBJECT names ("pkg.mod:app.server").

The flask command takes names and calls, no attributes of names.
"""

import importlib
import os
from typing import Any


def __getattr__(name: str) -> Any:
    if name != "application":
        raise AttributeError(name)
    module, _, path = os.environ["OKAMOCHI_OBJECT"].partition(":")
    found: Any = importlib.import_module(module)
    for part in path.replace("()", "").split("."):
        found = getattr(found, part)
    return found() if path.endswith("()") else found
