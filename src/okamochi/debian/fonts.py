"""Fonts for texts that the usual one (DejaVu: Latin, Greek, Cyrillic, and some more) has no letters for."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

__all__ = ["fonts_of"]


@dataclass(frozen=True, slots=True)
class Font:
    """`families` are its names as style sheets write them; `size_mb` is that of the unpacked package in
    trixie; `serif` is a second face beside the usual one. `reason` says why it is taken where nothing is
    said; "" for one that is only taken by name."""

    package: str
    size_mb: int
    language: str
    families: tuple[str, ...]
    serif: bool = False
    reason: str = ""


# fmt: off
FONTS: Final[tuple[Font, ...]] = (
    Font("fonts-ipaexfont-gothic", 6, "ja", ("IPAexGothic", "IPAexゴシック"),
         reason="made for documents, all of JIS X 0213, 6 MB (VL Gothic 8, Takao 12, Noto CJK 91)"),
    Font("fonts-ipaexfont-mincho", 8, "ja", ("IPAexMincho", "IPAex明朝"), serif=True),
    Font("fonts-ipafont-gothic", 12, "ja", ("IPAGothic", "IPAPGothic")),
    Font("fonts-ipafont-mincho", 15, "ja", ("IPAMincho", "IPAPMincho"), serif=True),
    Font("fonts-takao-gothic", 12, "ja", ("TakaoGothic", "TakaoPGothic", "TakaoExGothic")),
    Font("fonts-takao-mincho", 16, "ja", ("TakaoMincho", "TakaoPMincho", "TakaoExMincho"), serif=True),
    Font("fonts-vlgothic", 8, "ja", ("VL Gothic", "VL PGothic")),
    Font("fonts-morisawa-bizud-gothic", 18, "ja", ("BIZ UDGothic", "BIZ UDPGothic")),
    Font("fonts-noto-cjk", 91, "ja", ("Noto Sans CJK JP", "Noto Sans JP")),
    Font("fonts-wqy-microhei", 5, "zh", ("WenQuanYi Micro Hei",),
         reason="simplified and traditional, 5 MB (WenQuanYi Zen Hei 16, Noto CJK 91)"),
    Font("fonts-wqy-zenhei", 16, "zh", ("WenQuanYi Zen Hei",)),
    Font("fonts-noto-cjk", 91, "zh", ("Noto Sans CJK SC", "Noto Sans SC", "Noto Sans TC")),
    Font("fonts-nanum", 33, "ko", ("NanumGothic", "Nanum Gothic"),
         reason="sans and serif in 33 MB (Un fonts as large, Noto CJK 91)"),
    Font("fonts-nanum", 33, "ko", ("NanumMyeongjo", "Nanum Myeongjo"), serif=True),
    Font("fonts-noto-cjk", 91, "ko", ("Noto Sans CJK KR", "Noto Sans KR")),
)
# fmt: on


def fonts_of(language: str, text: str, named: Container[str] = ()) -> tuple[tuple[Font, str], ...]:
    """The fonts for a language, each with why: the smallest of those whose families `text`, the project's own
    style sheets, names; a serif one when it names one; else the usual one, unless the project asks for a
    package of fonts for that language by its name (`named`)."""
    asked = [
        (font, family)
        for font in FONTS
        if font.language == language
        for family in font.families
        if family in text
    ]
    chosen: dict[bool, tuple[Font, str]] = {}
    for font, family in sorted(asked, key=lambda one: one[0].size_mb):
        chosen.setdefault(font.serif, (font, f"the project names the family {family}"))
    has_one = any(font.language == language and font.package in named for font in FONTS)
    if False not in chosen and not has_one:
        usual = next((font for font in FONTS if font.language == language and font.reason), None)
        if usual is not None:
            chosen[False] = (usual, usual.reason)
    return tuple(chosen[serif] for serif in sorted(chosen))
