"""Which stages of a Dockerfile are no Python, and what they make."""

import re
from collections.abc import Iterator

from okamochi.containerfiles.dockerfile import Instruction, Stage, shipped
from okamochi.detect.adoption.rows import Row, Verdict

__all__ = ["PYTHON_BASE", "asset_rows", "is_of_python", "other_stages", "stage_copied"]

PYTHON_BASE = re.compile(r"(?:[\w.-]+(?::\d+)?/)*(?:python(?::|@|$)|uv:[\w.-]*python)|\$")
INSTALLS = re.compile(r"\b(?:pip3?|poetry|pipenv|pdm|uv)\s+(?:pip\s+)?(?:install|sync|wheel|export)\b")


def other_stages(stages: tuple[Stage, ...]) -> frozenset[str]:
    """Names of the stages whose base is neither Python's nor that of what is shipped."""
    return frozenset(
        one.name for one in stages if one.name and not is_of_python(one) and one.base != shipped(stages).base
    )


def is_of_python(stage: Stage) -> bool:
    """By its base, or because packages are installed in it."""
    named = PYTHON_BASE.match(stage.base) is not None or "python" in stage.base
    return named or any(INSTALLS.search(one.rest) for one in stage.all("RUN"))


def stage_copied(one: Instruction, stages: tuple[Stage, ...]) -> Stage | None:
    """What a COPY --from names; None for an image, or nothing."""
    name = one.flag("from").lower()
    return next((stage for stage in stages if name and stage.name == name), None)


def asset_rows(path: str, stages: tuple[Stage, ...], final: Stage) -> Iterator[Row]:
    """What another stage makes that is no Python: okamochi packs what lies in the folder, and builds none."""
    for one in final.all("COPY"):
        made = stage_copied(one, stages)
        if made is None or made.name not in other_stages(stages):
            continue
        yield Row(
            Verdict.CHANGE,
            "assets",
            f"{path}:{one.line}",
            f"copies what the stage {made.name} makes ({made.base})",
            "what lies in the folder is packed",
            "run that build before okamochi's, into a folder that .gitignore does not name",
        )
