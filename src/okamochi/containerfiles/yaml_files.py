"""YAML of strangers: files that other tools write by hand-sized amounts, and nothing that only costs time."""

from functools import lru_cache

from okamochi.system.data_text import NoDataError, yaml_data

__all__ = ["yaml_of"]


@lru_cache(maxsize=8)
def yaml_of(text: str) -> object:
    """What the text says; None when it is no YAML, or more of it than a person writes. Nobody changes it:
    several detectors ask for the same file."""
    if not text.strip():
        return None  # most ask for files that are not there, and the library takes long to import
    try:
        return yaml_data(text)
    except NoDataError:
        return None
