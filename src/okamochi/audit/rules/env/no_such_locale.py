"""A language is set that the image does not know.

Images of Debian have C.UTF-8 and no other locale; a name such as ja_JP.UTF-8 has to be generated. Without
that, perl, bash and apt warn at each start ("Setting locale failed", "cannot change locale"), and
`locale.setlocale(locale.LC_ALL, "")` ends in "unsupported locale setting". Python's own text is UTF-8 all
the same (measured with 3.11: standard output and file names).

Fix: `ENV LANG=C.UTF-8`. Formats of dates and numbers for a language come from Babel, which needs no locale
of the system; the time zone is TZ. Where `setlocale` has to work, install `locales` and run `locale-gen`.

Okamochi: LANG=C.UTF-8.

See: https://docs.python.org/3/library/os.html#utf8-mode, https://wiki.debian.org/Locale
"""

import re
from collections.abc import Iterator

from okamochi.audit.images import image_of
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.containerfiles.dockerfile import Stage
from okamochi.system.patterns import regex

__all__ = ["MADE", "languages"]

SEVERITY = Severity.WARNING
OF_LANGUAGE = regex(r"LANG|LANGUAGE|LC_\w+")
THERE = regex(r"(?:C|POSIX)(?:\..*)?", re.IGNORECASE)
MADE = regex(r"\blocale-gen\b|\blocaledef\b|\blocales-all\b|\blanguage-pack-|reconfigure\b.*\blocales\b")
# bases that have C.UTF-8 alone
PLAIN = frozenset(("python", "debian", "ubuntu", "pypy"))


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        stage = file.shipped
        image = image_of(stage.image)
        plain = image is not None and image.name.rpartition("/")[2] in PLAIN and image.libc != "musl"
        if file.desk or not plain or any(MADE.search(one.rest) for one in stage.all("RUN")):
            continue
        seen = set[int]()
        for name, value, line in languages(stage):
            if line not in seen:
                seen.add(line)
                yield Found(
                    path=file.path,
                    line=line,
                    message=f"{name}={value}, and no step makes that locale: programs warn at each start, "
                    "and locale.setlocale() fails",
                    hint=f"{name}=C.UTF-8",
                )


def languages(stage: Stage) -> Iterator[tuple[str, str, int]]:
    """Variables that ask for a locale which is to be generated, with the line of their instruction."""
    for name, (value, one) in stage.environment.items():
        if OF_LANGUAGE.fullmatch(name) and value and not THERE.fullmatch(value):
            yield name, value, one.line
