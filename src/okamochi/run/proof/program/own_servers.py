"""Programs that are their own server are run as they are; scripts of Streamlit and Panel as a visit would."""

from __future__ import annotations

import importlib
import re
import runpy
import sys
from pathlib import Path

from okamochi.run.proof.program.later_imports import broken_page
from okamochi.run.proof.program.shapes import Answer, Task

SCRIPT_SECONDS = 40


def own_server(task: Task) -> Answer:
    if task["framework"] == "streamlit" and task["script"]:
        return streamlit_script(task["script"])
    if task["framework"] == "panel" and task["script"]:
        runpy.run_path(task["script"], run_name="panel_app")
        return {"outcome": "proved", "type": "panel script", "routes": []}
    argv = task["argv"]
    program = argv[0]
    if Path(program).name.startswith("python"):
        return python_program(argv[1:])
    sys.argv = list(argv)
    runpy.run_path(program, run_name="__main__")
    return {"outcome": "ended", "type": "program", "routes": []}


def python_program(arguments: list[str]) -> Answer:
    """What `python FILE ...` or `python -m MODULE ...` does."""
    while arguments and arguments[0] in ("-u", "-B", "-I", "-O", "-E", "-s"):
        arguments = arguments[1:]
    if arguments[:1] == ["-m"]:
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(arguments)
        sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")
    return {"outcome": "ended", "type": "program", "routes": []}


def streamlit_script(script: str) -> Answer:
    """Runs the page as a visit would; the server alone answers also for a page that is a traceback."""
    try:
        AppTest = importlib.import_module("streamlit.testing.v1").AppTest
    except ImportError:
        return {"outcome": "unknown", "type": "streamlit script", "routes": []}
    try:
        test = AppTest.from_file(script, default_timeout=SCRIPT_SECONDS).run()
    except RuntimeError as error:
        if "timed out" not in str(error):
            raise
        return {"outcome": "unknown", "type": "streamlit script", "message": str(error), "routes": []}
    if test.exception:
        first = test.exception[0]
        text = "\n".join(str(line) for line in getattr(first, "stack_trace", ()) or ())
        message = str(getattr(first, "message", "") or first.value)
        missing = re.match(r"No module named '([^']+)'", message)
        return {
            "outcome": "failed",
            "error": str(getattr(getattr(first, "proto", None), "type", "") or "Exception"),
            "message": message,
            "name": missing[1] if missing is not None else "",
            "text": text[-20000:],
        }
    return {
        "outcome": "proved",
        "type": "streamlit script",
        "routes": [],
        "broken": broken_page(Path(script)),
    }
