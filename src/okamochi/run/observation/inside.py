"""Runs programs of ours inside a container, with nothing of them in the image."""

import json
from pathlib import Path

import msgspec

from okamochi.errors import EngineError
from okamochi.model.kit_programs import PYTHON
from okamochi.model.observation import Inside, SeenProcess
from okamochi.run.engine import Engine

__all__ = ["look_inside", "processes_inside", "run_inside"]

PROGRAM = Path(__file__).with_name("program.py")


def look_inside(engine: Engine, name: str, *, write: tuple[str, ...], skip: tuple[str, ...]) -> Inside:
    """What is seen in the container `name`; making a file is tried in the folders `write`, and those of
    `skip` are no part of the image. EngineError when the program does not run."""
    return seen_by_program(engine, name, {"write": write, "skip": skip})


def processes_inside(engine: Engine, name: str) -> tuple[SeenProcess, ...]:
    """Only these, quickly. EngineError as above."""
    return seen_by_program(engine, name, {"processes": True}).processes


def seen_by_program(engine: Engine, name: str, task: dict[str, object]) -> Inside:
    text = run_inside(engine, name, PROGRAM.read_text("utf-8"), json.dumps(task))
    try:
        return msgspec.json.decode(text.rpartition("\n")[2], type=Inside)
    except msgspec.DecodeError as problem:
        raise EngineError(
            "what was seen inside cannot be read",
            where=name,
            hint="okamochi logs may tell more",
            details=tuple(text.splitlines()[-5:]),
        ) from problem


def run_inside(engine: Engine, name: str, program: str, *arguments: str) -> str:
    """What a program of ours prints that runs inside as the container's user. EngineError when it fails."""
    worked, said = engine.check(name, (PYTHON, "-I", "-B", "-c", program, *arguments))
    if not worked:
        raise EngineError(
            "a program could not be run in the container",
            where=name,
            hint="okamochi logs shows what the app itself says",
            details=tuple(said.splitlines()[-5:]),
        )
    return said
