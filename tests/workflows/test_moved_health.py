"""A health route that a router of the app puts behind a path of its own."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.run.proof.answer import Answer, Route, verdict_of
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.corrections import correction_for
from okamochi.workflows.plan import plan_project

APP = """\
from litestar import Litestar, Router, get

@get("/live")
def live() -> str:
    return "yes"

app = Litestar([Router(path="/health", route_handlers=[live])])
"""


@pytest.mark.parametrize(
    ("paths", "moved"),
    [
        (("/", "/health/live"), "/health/live"),
        (("/health/live", "/live"), ""),
        (("/health/live/",), "/health/live/"),
        (("/a/live", "/b/live"), ""),
        (("/{name}/live",), ""),
        (("/alive",), ""),
    ],
)
def test_the_only_route_that_ends_so_is_asked_for(paths: tuple[str, ...], moved: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text("litestar\n")
    planned = plan_project(tmp_path, World.real({}, SilentReporter(), cache_root=tmp_path / "cache"))
    answer = Answer(outcome="proved", routes=tuple(Route(path=path, methods=("GET",)) for path in paths))

    def found(said: Answer) -> Correction | None:
        return correction_for(verdict_of(said), said, planned)

    correction = found(answer)
    assert (correction.value if correction is not None else "") == moved
    assert correction is None or correction.kind is CorrectionKind.HEALTH
    written = replace(answer, routes=tuple(replace(one, methods=("POST",)) for one in answer.routes))
    assert found(written) is None
