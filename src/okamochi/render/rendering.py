"""What a renderer gives: files as bytes, and what the target cannot express."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Protocol

import msgspec

from okamochi.model.finding import Finding
from okamochi.model.lock import Lock
from okamochi.model.plan import Plan

__all__ = ["Language", "RenderedFile", "Renderer", "Rendering", "sayer"]


class Language(StrEnum):
    """Of the comments in rendered files."""

    ENGLISH = "en"
    JAPANESE = "ja"


def sayer(words: Mapping[str, tuple[str, str]]) -> Callable[[str, Language], str]:
    """What gives the text of a key, of a module's English and Japanese `words`."""
    return lambda key, language: words[key][language is Language.JAPANESE]


class RenderedFile(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is relative to the output folder; `content` ends with a line break."""

    path: str
    content: bytes
    executable: bool = False


class Rendering(msgspec.Struct, frozen=True, kw_only=True):
    """Files sorted by path. What the target cannot say is in `findings`, never dropped."""

    files: tuple[RenderedFile, ...]
    findings: tuple[Finding, ...] = ()


class Renderer(Protocol):
    """A target: pure, the same plan gives the same bytes."""

    @property
    def target(self) -> str: ...

    def render(self, plan: Plan, language: Language, lock: Lock | None = None) -> Rendering: ...
