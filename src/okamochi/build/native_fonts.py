"""Fonts for the languages of the project's own texts, when something in the image renders text."""

import re
from collections.abc import Container, Iterable, Iterator

from okamochi.debian.fonts import fonts_of
from okamochi.model.native import NativeNeed, NeedKind
from okamochi.system.project_files import ProjectFiles
from okamochi.system.words import word_tuple

__all__ = ["font_needs"]

# Libraries that lay text out; matplotlib, Pillow and ReportLab bring what they draw with.
RENDERING = ("libpango", "libfontconfig", "libwkhtmltox", "librsvg")
RENDERERS = frozenset(
    {"chromium", "convert", "inkscape", "libreoffice", "magick", "rsvg-convert", "soffice", "wkhtmltopdf"}
)
TEXTS = word_tuple("**/*.html **/*.htm **/*.j2 **/*.jinja **/*.jinja2 **/*.css **/*.svg **/*.py **/*.po")
ASIDE = re.compile(r"(?:^|/)(?:tests?|docs?|node_modules|vendor)/|(?:^|/)test_[^/]*$")
OWN_FONTS = ("**/*.ttf", "**/*.otf", "**/*.ttc")
MOST_FILES = 400
LARGE_FONT_BYTES = 1_000_000
LIMIT_BYTES = 300_000
LANGUAGES = (
    ("ja", re.compile(r"[\u3041-\u30fa]|lang=[\"']?ja\b|LC_MESSAGES/ja\b|Language: ja\b")),
    ("ko", re.compile(r"[\uac00-\ud7a3]|lang=[\"']?ko\b|Language: ko\b")),
    ("zh", re.compile(r"lang=[\"']?zh\b|Language: zh\b")),
)
HAN = re.compile(r"[\u4e00-\u9fff]{2}")


def font_needs(
    project: ProjectFiles, needs: Iterable[NativeNeed], named: Container[str] = ()
) -> Iterator[tuple[str, NativeNeed]]:
    """Packages of fonts, each with the place that shows why it is needed. `named` are packages that the
    project's own files ask for."""
    if not any(renders_text(need) for need in needs) or has_own_fonts(project):
        return
    texts = dict(texts_of(project))
    sheets = style_sheets(texts)
    for language, path, line in languages_in(texts):
        for font, reason in fonts_of(language, sheets, named):
            need = NativeNeed(
                kind=NeedKind.FONT,
                names=(language,),
                path=path,
                line=line,
                reason=f"has text in the language {language}, and text is rendered: {reason}",
            )
            yield font.package, need


def renders_text(need: NativeNeed) -> bool:
    if need.kind is NeedKind.PROGRAM:
        return need.names[0] in RENDERERS
    return any(name.startswith(RENDERING) for name in need.names)


def has_own_fonts(project: ProjectFiles) -> bool:
    """One of the size that fonts for these languages have."""
    found = (path for pattern in OWN_FONTS for path in project.files(pattern))
    return any(
        len(project.read_bytes(path, limit_bytes=100_000_000) or b"") > LARGE_FONT_BYTES for path in found
    )


def texts_of(project: ProjectFiles) -> Iterator[tuple[str, str]]:
    paths = [path for pattern in TEXTS for path in project.files(pattern) if not ASIDE.search(path)]
    for path in paths[:MOST_FILES]:
        content = project.read_bytes(path, limit_bytes=LIMIT_BYTES)
        if content is not None:
            yield path, content.decode("utf-8", "replace")


def style_sheets(texts: dict[str, str]) -> str:
    """What names families of fonts: pages to be printed (@page) if there are any, since those are what is
    rendered here; browsers render the rest with their own."""
    printed = [text for text in texts.values() if "@page" in text]
    return "\n".join(printed or texts.values())


def languages_in(texts: dict[str, str]) -> list[tuple[str, str, int]]:
    """Each with the first place that shows it. Han characters are Chinese if nothing is Japanese."""
    found: dict[str, tuple[str, str, int]] = {}
    for path, text in texts.items():
        for language, pattern in LANGUAGES:
            if language not in found and (place := pattern.search(text)):
                found[language] = (language, path, line_at(text, place.start()))
    if not found:
        for path, text in texts.items():
            if place := HAN.search(text):
                return [("zh", path, line_at(text, place.start()))]
    return [found[language] for language in sorted(found)]


def line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
