"""A health route that a router of the app puts behind a path of its own."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from okamochi.model.correction import Correction, CorrectionKind
from okamochi.model.process import HttpProbe, TcpProbe
from okamochi.run.proof.answer import Answer, Page, Route, verdict_of
from okamochi.system.progress import SilentReporter
from okamochi.system.world import World
from okamochi.workflows.mending.corrections import correction_for
from okamochi.workflows.mending.failed import Failed
from okamochi.workflows.mending.kept_corrections import with_correction
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
        return correction_for(Failed(verdict_of(said), said, planned))

    correction = found(answer)
    assert (correction.value if correction is not None else "") == moved
    assert correction is None or correction.kind is CorrectionKind.HEALTH
    written = replace(answer, routes=tuple(replace(one, methods=("POST",)) for one in answer.routes))
    assert found(written) is None


@pytest.mark.parametrize(
    ("pages", "taken"),
    [
        ((("/live", 401), ("/", 401)), "tcp"),
        ((("/live", 403), ("/status", 200)), "/status"),
        ((("/live", 401), ("/", 200)), "tcp"),
        ((("/live", 200),), ""),
        ((("/live", 500),), ""),
    ],
)
def test_one_that_wants_somebody_who_is_logged_in_is_not_asked(
    pages: tuple[tuple[str, int], ...], taken: str, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "requirements.txt").write_text("litestar\n")
    planned = plan_project(tmp_path, World.real({}, SilentReporter(), cache_root=tmp_path / "cache"))
    seen = tuple(Page(path=path, status=status) for path, status in pages)
    answer = Answer(outcome="proved", routes=(Route(path="/live", methods=("GET",)),), pages=seen)
    correction = correction_for(Failed(verdict_of(answer), answer, planned))
    assert (correction.value if correction is not None else "") == taken
    if correction is None:
        return
    assert "401" in correction.reason or "403" in correction.reason
    probe = with_correction(planned, correction).plan.web.probe
    assert probe == (TcpProbe() if taken == "tcp" else HttpProbe(path=taken))
    assert correction_for(Failed(verdict_of(answer), answer, with_correction(planned, correction))) is None
