"""A file that is missing, and of which the project has an example: config-example.yml for config.yml."""

import posixpath
import re
from pathlib import Path

from okamochi.model.example_names import of_example
from okamochi.model.plan import APP_ROOT
from okamochi.workflows.mending.failed import Failed

__all__ = ["example_of_module", "hint", "told_of_example"]

NAMED = re.compile(rf"(?<![\w./-])(?:{APP_ROOT}/|\./)?((?:[\w-]+/)*[\w-]*\.?[\w-]+\.\w+)")
# /app/shop/../config.yaml
DETOUR = re.compile(r"(?<=/)[\w-][\w.-]*/\.\./")
MOST_NAMES = 20


def hint(failed: Failed) -> str:
    """Where it names a file or a module that is not there, and one beside it is called an example of it."""
    root = failed.planned.root
    if failed.missed:
        return example_of_module(failed.missed, failed.planned.plan.application.import_root, root)
    named = dict.fromkeys(NAMED.findall(DETOUR.sub("", failed.verdict.said))[:MOST_NAMES])
    return next((told for one in named if (told := told_of_example(one, root))), "")


def example_of_module(module: str, import_root: str, root: Path) -> str:
    """The hint where the project has an example of a module that it misses: shop.config, and
    shop/config_sample.py; "" where it has none."""
    places = dict.fromkeys((import_root, "", "src"))
    names = (posixpath.join(place, f"{module.replace('.', '/')}.py") for place in places)
    return next((told for named in names if (told := told_of_example(named, root))), "")


def told_of_example(named: str, root: Path) -> str:
    wanted = root / named
    if wanted.exists() or not wanted.parent.is_dir():
        return ""
    beside = sorted(one.name for one in wanted.parent.iterdir() if one.is_file())
    example = next((one for one in beside if of_example(one) == wanted.name), "")
    if not example:
        return ""
    return (
        f"the project has {Path(named).with_name(example)}: copy it to {named} and fill it in; where "
        f'.gitignore names that, [tool.okamochi] exclude = ["!{named}"] takes it into the image all '
        "the same. A value that nobody may read belongs into a variable"
    )
