"""A template that the project has in another folder than the one in which Flask looks."""

import posixpath

from okamochi.system.patterns import regex
from okamochi.workflows.mending.failed import Failed

MISSING = regex(r"the template (?P<name>[\w./-]+) is not found")


def hint(failed: Failed) -> str:
    found = MISSING.search(failed.verdict.said)
    name = found["name"] if found is not None else ""
    there = failed.planned.project.files(f"**/{posixpath.basename(name)}") if name else ()
    elsewhere = [path for path in there if f"templates/{name}" not in path]
    if len(elsewhere) != 1 or len(there) != 1:
        return ""
    return (
        f"{elsewhere[0]} is there, but Flask looks in templates/ beside the module that makes the app, in "
        f"the very spelling: move it to templates/{name} there, or give the app its folder (template_folder)"
    )
