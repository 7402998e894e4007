"""Makes the app's folder importable as a package, under the name of this file's folder: the folder above, in
which the author's Python finds it, has no counterpart in an image.

OKAMOCHI_PACKAGE is the folder. What is imported is its __init__.py, with its own path and its own parts.
"""

from __future__ import annotations

import importlib.util
import os
import sys

_folder = os.environ.get("OKAMOCHI_PACKAGE", "/app")
_spec = importlib.util.spec_from_file_location(
    __name__,
    _folder + "/__init__.py",
    submodule_search_locations=[_folder],
)
if _spec is None or _spec.loader is None:
    raise ImportError("okamochi: " + _folder + " holds no package", name=__name__)
_module = importlib.util.module_from_spec(_spec)
sys.modules[__name__] = _module  # the import gives what is found here (importlib._bootstrap._load_unlocked)
_spec.loader.exec_module(_module)
