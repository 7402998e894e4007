"""The questions that okamochi.lock answers, as digests: a half of it fits while its question is the same."""

import hashlib

import msgspec

from okamochi.pypi.meaning import meaning
from okamochi.system.project_files import MemoryProject
from okamochi.workflows.plan import PlannedProject

__all__ = ["UV_FILES", "base_inputs", "wheel_inputs"]

UV_FILES = frozenset({"pyproject.toml", "uv.toml"})


def base_inputs(planned: PlannedProject) -> str:
    plan = planned.plan
    return digest_of((plan.python_version, plan.base))


def wheel_inputs(planned: PlannedProject) -> str:
    plan = planned.plan
    # the project itself asks for nothing beyond what its files ask for
    others = tuple(package for package in plan.dependencies.local if package.path)
    dependencies = msgspec.structs.replace(plan.dependencies, local=others)
    question = (plan.python_version, plan.base.suite, *meaning(planned.project, dependencies))
    settings = uv_settings(planned)
    return digest_of((*question, settings) if settings else question)


def uv_settings(planned: PlannedProject) -> tuple[object, ...]:
    """What uv.toml and [tool.uv] of the project say to the resolution; empty when they say nothing. Folders
    are as the project writes them, so that a lock fits wherever the project lies."""
    found = {path: planned.project.read_text(path) for path in UV_FILES}
    texts = {path: text for path, text in found.items() if text is not None}
    if not any("uv" in (path + text) or "\\" in text for path, text in texts.items()):
        return ()
    from okamochi.pypi.project_sources import read_project_sources

    sources = read_project_sources(MemoryProject(texts), planned.plan.dependencies.inline)
    return tuple(part for part in (sources.settings, sources.sources) if part)


def digest_of(question: object) -> str:
    return hashlib.sha256(msgspec.json.encode(question)).hexdigest()
