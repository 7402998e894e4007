"""The modules of a folder in which each file is one of a kind, and nothing lists them."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

__all__ = ["modules_of"]


def modules_of(package: str) -> tuple[ModuleType, ...]:
    """Sorted by their names."""
    names = sorted(one.name for one in iter_modules(import_module(package).__path__))
    return tuple(import_module(f"{package}.{name}") for name in names)
