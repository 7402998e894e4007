"""A section that no file of configuration has, since the file is not there: ConfigParser reads on in silence.
https://docs.python.org/3/library/configparser.html#configparser.ConfigParser.read"""

import os
from collections.abc import Iterator
from pathlib import Path

from okamochi.model.example_names import of_example
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.hints.files.example import told_of_example

NO_SECTION = regex(r"NoSectionError: No section: '(?P<section>[^'\n]+)'")
DEEPEST, MOST_BYTES = 3, 200_000


def hint(failed: Failed) -> str:
    """Where the project has an example of a file that is not there, and the example has that section."""
    missed = NO_SECTION.search(failed.verdict.said) or NO_SECTION.search(failed.text)
    if missed is None:
        return ""
    root = failed.planned.root
    told = (told_of_example(named, root) for named in examples_with(f"[{missed['section']}]", root))
    return next((one for one in told if one), "")


def examples_with(header: str, root: Path) -> Iterator[str]:
    """What the examples are of that have this line, from the project's folder."""
    for folder, folders, names in os.walk(root):
        place = Path(folder).relative_to(root)
        inner = folders if len(place.parts) < DEEPEST else []
        folders[:] = sorted(one for one in inner if not one.startswith("."))
        for name in filter(of_example, sorted(names)):
            if header in lines_of(Path(folder, name)):
                yield (place / of_example(name)).as_posix()


def lines_of(path: Path) -> list[str]:
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        return []
    return [line.strip() for line in path.read_text("utf-8", "replace").splitlines()]
