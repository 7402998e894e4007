"""The base has a Python that the project says it does not run on.

`requires-python` in pyproject.toml, `python_version` in the Pipfile, `.python-version` and poetry's `python`
say for which Python the project is made and tested. On another one pip refuses to install the project
("requires a different Python"), Pipenv warns and goes on, and what is locked was chosen for the other.

Fix: one version in both places.

Okamochi: reads the same files, and builds on the Python that they ask for.

See: https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python
"""

from okamochi.audit.images import Image, image_of
from okamochi.audit.python_asked import python_asked
from okamochi.audit.rule import Finds, Found, Setup, Severity
from okamochi.audit.steps import makers, names_an_image
from okamochi.model.evidence import Evidence

SEVERITY = Severity.ERROR


def look(setup: Setup) -> Finds:
    for file in setup.dockerfiles:
        for stage in makers(file):
            image = image_of(stage.image)
            if image is None or not image.python or not names_an_image(stage):
                continue
            for asked in python_asked(setup, file):
                if not asked.allows(image.python):
                    yield Found(
                        path=file.path,
                        line=stage.own[0].line,
                        message=f"Python {image.python}, but {asked.path} says {asked.text}",
                        hint=f"FROM {image.name}:{asked.example}{variant(image)}, or the other version "
                        f"in {asked.path}",
                        also=(Evidence(path=asked.path, line=asked.line, reason=asked.text),),
                    )
                    break


def variant(image: Image) -> str:
    """What follows the version in its tag: "-slim"."""
    return f"-{image.tag.partition('-')[2]}" if "-" in image.tag and image.is_python else ""
