"""A locale is generated, and no code of the project asks for one.

Python reads and writes UTF-8 under C.UTF-8, which each image has; names of months, formats of numbers and
sorting by a language come from Babel or ICU, which bring their own. A locale of the system changes
something only after `locale.setlocale()`. The package `locales` brings some 16 MB, and what runs before the
step warns ("Setting locale failed") where the variable is set above it.

Fix: `ENV LANG=C.UTF-8`, and no `locales`.

Okamochi: LANG=C.UTF-8, and nothing to generate.

See: https://docs.python.org/3/library/os.html#utf8-mode
"""

from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.rules.env.no_such_locale import MADE, languages
from okamochi.model.evidence import Evidence

SEVERITY = Severity.NOTE


def look(setup: Setup) -> Finds:
    if any("setlocale" in file.text for file in setup.python_files):
        return
    for file in setup.dockerfiles:
        made = next((one for one in file.shipped.all("RUN") if MADE.search(one.rest)), None)
        if file.desk or made is None:
            continue
        above = next((line for _, _, line in languages(file.shipped) if line < made.line), 0)
        before = Evidence(path=file.path, line=above, reason="set before the locale is there")
        yield Found(
            path=file.path,
            line=made.line,
            message="a locale is made, and no code calls locale.setlocale(): Python is UTF-8 without it",
            hint="ENV LANG=C.UTF-8, and no locales",
            also=(before,) if above else (),
        )
