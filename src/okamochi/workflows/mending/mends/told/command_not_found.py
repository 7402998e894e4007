"""Before 2.1 `flask` looks for the commands of packages, such as db, by pkg_resources, and goes on without
them, and without a word, where that is not installed.
https://flask.palletsprojects.com/en/stable/changes/#version-2-1-0"""

import re

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.import_failures import SUITED_SETUPTOOLS
from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed, Mended

NO_COMMAND = regex(r"^Error: No such command ['\"]?(?P<name>[\w-]+)", re.MULTILINE)


def mend(failed: Failed) -> Mended:
    command = NO_COMMAND.search(failed.log)
    version = re.match(r"(\d+)\.(\d+)", failed.installed.get("flask", ""))
    if command is None or version is None or "setuptools" in failed.installed:
        return None
    if (int(version[1]), int(version[2])) >= (2, 1):
        return None
    found = f"flask {failed.installed['flask']} finds its command {command['name']}"
    reason = f"{found} by pkg_resources, which is missing"
    return (Correction.of(CorrectionKind.REQUIREMENT, SUITED_SETUPTOOLS, reason),)
